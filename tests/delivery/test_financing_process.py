"""Financing as a process: killed amid a bank's replies, and given what unpacks to more than its memory."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from aiokafka.structs import ConsumerRecord

from huying.local import bank_sim
from huying.local.cluster import ServiceProcess, process_environment
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.financing.banks.kafka.topics import receipts, replies
from shared.database.connection import Database
from shared.messaging.sizes import LARGEST_UNPACKED
from tests import batches
from tests.banks import KafkaBank, wish
from tests.city import City, empty

REQUESTS = 150
KILLS_AFTER_S = (0.0, 0.07, 0.15)
"""How long after a batch the next kill comes at most: at different places of the one after it."""


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Accounts and settings on the wall clock; no service runs in this process."""
    async with City(postgres, broker, services=(), clock="wall") as city:
        await empty(postgres, "financing")
        yield city


@pytest.fixture
async def financing(city: City, tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """Financing as a process of its own."""
    process = ServiceProcess(
        tmp_path, "financing", process_environment(city.settings("financing")), free_port()
    )
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
async def database(city: City) -> AsyncIterator[Database]:
    """Financing's database, looked at from outside."""
    own = Database(city.settings("financing").database, 2)
    yield own
    await own.dispose()


async def rows(database: Database, query: str) -> list[Any]:
    async with database.connect() as conn:
        return [tuple(row) for row in await conn.execute(sa.text(query))]


Call = Callable[[str, str, str, Any], Awaitable[Any]]
"""Sends a request to financing as an account: the account, the method, the path and the body."""


@pytest.fixture
async def call(city: City, financing: ServiceProcess) -> AsyncIterator[Call]:
    """Calls financing. The directory has one bank, on Kafka."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{financing.port}/financing", timeout=60) as http:

        async def send(by: str, method: str, path: str, body: Any) -> Any:
            key = {"authorization": f"Bearer {city.keys[by]}"}
            return (await http.request(method, path, json=body, headers=key)).raise_for_status().json()

        await city.broker.admit(["abc"])
        await send("office", "PUT", "/banks/abc", {"name": "示例银行", "ways": ["kafka"]})
        yield send


async def asked(call: Call, number: int) -> list[str]:
    """The legs of so many requests to the bank."""
    together = (call("operator", "POST", "/requests", wish("abc")) for _ in range(number))
    return [loan["legs"][0]["leg"] for loan in await asyncio.gather(*together)]


def place(record: ConsumerRecord) -> tuple[int, int]:
    """The reply that a receipt answers."""
    reply = orjson.loads(record.value)["reply"]
    return reply["partition"], reply["offset"]


def id_of(record: ConsumerRecord) -> str:
    return next(value.decode() for name, value in record.headers if name == "ce_id")


async def test_replies_amid_which_financing_is_killed_have_one_effect_and_one_receipt_each(
    city: City, financing: ServiceProcess, call: Call, database: Database
) -> None:
    legs = await asked(call, REQUESTS)
    plan = bank_sim.BankPlan("abc", faults={"duplicate": 0.5, "garbage": 0.3}, seed=3, speed=1e7)
    about = {"amount": "500000.00", "term_months": 12}
    wanted = {(leg, step.report["state"]) for leg in legs for step in plan.reports({"leg": leg, **about})}
    count = "select count(*) from reports"
    working = asyncio.create_task(bank_sim.on_kafka(plan, city.broker.as_client("bank-abc")))
    try:
        for kill, after_s in enumerate(KILLS_AFTER_S, 1):
            share = len(wanted) // (len(KILLS_AFTER_S) + 3)
            await until(database, count, kill * share)
            with contextlib.suppress(TimeoutError):  # a quick machine has read half of the next share by then
                await asyncio.wait_for(until(database, count, kill * share + share // 2), after_s)
            await financing.kill()
            ((so_far,),) = await rows(database, count)
            assert so_far < len(wanted), "it was through before it was killed"
            await financing.start()
        await until(database, count, len(wanted))
        sent = await city.records(replies("abc"))
        await until(database, "select count(*) from outbox where type = 'bank.receipt.v1'", len(sent))
        await until(database, "select count(*) = 0 from outbox where sent_at is null", True)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    sent = await city.records(replies("abc"))
    answered = await city.records(receipts("abc"))
    assert len({id_of(record) for record in answered}) == len(sent)
    assert {place(record) for record in answered} == {(reply.partition, reply.offset) for reply in sent}
    events = await rows(
        database,
        "select body::json->>'leg', body::json->>'state' from outbox where type = 'loan.reported.v1'",
    )
    assert sorted(events) == sorted(wanted)
    codes = {id_of(record): orjson.loads(record.value)["code"] for record in answered}
    assert {"accepted", "repeated", "malformed"} <= set(codes.values())
    malformed = sum(code == "malformed" for code in codes.values())
    assert await rows(database, "select count(*) from parked") == [(malformed,)]


def most_memory(process: ServiceProcess) -> int:
    """The most megabytes that the process has held in memory so far."""
    status = Path(f"/proc/{process.process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


@pytest.mark.slow
async def test_what_unpacks_to_more_than_the_memory_costs_its_place_alone(
    city: City, financing: ServiceProcess, call: Call, database: Database
) -> None:
    (leg,) = await asked(call, 1)
    fitting = [batches.packed_batch(0, bytes(LARGEST_UNPACKED - 100), by="zstd")] * 40
    bombs = [batches.bomb("zstd", 580), *fitting, batches.bomb("gzip", 400), batches.bomb("lz4", 200)]
    async with KafkaBank(city, "abc") as bank:
        assert (await bank.report(leg, "contacted"))["code"] == "accepted"
        before = most_memory(financing)
        assert await batches.put(city.broker.as_client(), replies("abc"), *bombs) == [0] * len(bombs)
        answers = (await bank.until("receipts", 1 + len(bombs)))[1:]
        assert {answer["body"]["code"] for answer in answers} == {"malformed"}
        assert (await bank.report(leg, "under_review"))["code"] == "accepted"
        grown = most_memory(financing) - before
    assert grown < 120, f"{grown} MB"
    parked = "select sum(length(body)), count(*) filter (where reason like '%do not unpack%') from parked"
    assert await rows(database, parked) == [(0, 3)]


async def until(database: Database, query: str, least: Any, seconds: float = 90) -> None:
    """Wait until the number that a query gives is as large."""
    end = time.monotonic() + seconds
    while (count := (await rows(database, query))[0][0]) < least:
        assert time.monotonic() < end, f"{query}: {count} of {least}"
        await asyncio.sleep(0.005)
