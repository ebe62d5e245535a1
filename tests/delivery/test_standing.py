"""Who tries one record or row for too long while broker and database answer makes its service unhealthy."""

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.financing.app import SERVICE as FINANCING
from services.intake.app import SERVICE as INTAKE
from shared import events
from tests.banks import KafkaBank, ask, directory
from tests.city import City

LIMIT_S = 0.3
STANDING = "huying_standing_seconds{"


class Stubborn:
    """A handler that raises the same error for every event, until it lets them pass."""

    def __init__(self) -> None:
        self.passes = False
        self.tries = 0

    def __call__(self, work: Any, event: events.AppealReceived) -> None:
        self.tries += 1
        if not self.passes:
            raise TimeoutError
        DISPATCH.handlers[events.AppealReceived](work, event)


@pytest.fixture
def stubborn() -> Stubborn:
    return Stubborn()


@pytest.fixture
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka, stubborn: Stubborn
) -> AsyncIterator[City]:
    """Intake, dispatch with the stubborn handler, and financing. They may stand for a moment only."""
    handlers = {**DISPATCH.handlers, events.AppealReceived: stubborn}
    services = (INTAKE, dataclasses.replace(DISPATCH, handlers=handlers), FINANCING)
    async with City(postgres, broker, services=services, standing_limit_s=LIMIT_S) as city:
        await city.create_topics_heard()
        city.set_clocks("2026-11-09 09:00")
        yield city


async def until_health(city: City, service: str, status: int, words: str = "") -> str:
    """Wait until `/health` answers this status, and says these words; returns what it says."""
    async with asyncio.timeout(60):
        while True:
            answer = await city.call(None, "GET", f"/{service}/health")
            if answer.status_code == status and words in answer.text:
                return answer.text
            await asyncio.sleep(0.02)


async def standing(city: City, service: str) -> list[str]:
    lines = (await city.call("ops", "GET", f"/{service}/metrics")).text.splitlines()
    return [line for line in lines if line.startswith(STANDING)]


async def register(city: City) -> dict[str, Any]:
    body: dict[str, Any] = {"channel": "hotline", "kind": "help", "title": "道路破损", "text": "请修复。"}
    body["enterprise"] = {"name": "示例制造有限公司", "contact_name": "王工", "phone": "13800000000"}
    answer: dict[str, Any] = await city.ok("operator", "POST", "/intake/appeals", body)
    return answer


async def until_dispatch_knows(city: City, appeal: dict[str, Any]) -> None:
    async with asyncio.timeout(60):
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        while (await city.call("office", "GET", path)).status_code != 200:
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def spoiled(city: City, service: str, spoil: str, mend: str) -> AsyncIterator[None]:
    """The service's database with something that fails, mended at the end."""
    async with city.services[service].engine.connect() as conn:
        await conn.execute(sa.text(spoil))
        try:
            yield
        finally:
            await conn.execute(sa.text(mend))


async def test_health_names_the_record_that_a_consumer_tries_again_and_again(
    city: City, stubborn: Stubborn
) -> None:
    await until_health(city, "dispatch", 200)
    appeal = await register(city)
    text = await until_health(city, "dispatch", 503, "(TimeoutError)")
    assert re.search(r"consumer has stood at intake.events/\d offset \d+ since 2", text)
    assert "任务 consumer 自 2" in text
    async with asyncio.timeout(60):
        while stubborn.tries < 3:
            await asyncio.sleep(0.02)
    await until_health(city, "dispatch", 503)
    assert (await city.call(None, "GET", "/dispatch/ready")).status_code == 200
    (line,) = await standing(city, "dispatch")
    assert 'partition="' in line
    assert 'service="dispatch",task="consumer",topic="intake.events"' in line
    assert float(line.rpartition(" ")[2]) > LIMIT_S
    await until_health(city, "intake", 200)
    stubborn.passes = True
    await until_health(city, "dispatch", 200)
    await until_dispatch_knows(city, appeal)
    assert await standing(city, "dispatch") == []


async def test_a_record_that_cannot_even_be_parked_is_named(city: City, stubborn: Stubborn) -> None:
    stubborn.passes = True
    add = "alter table parked add constraint full_up check (false) not valid"
    async with spoiled(city, "financing", add, "alter table parked drop constraint full_up"):
        await directory(city, abc=["kafka"])
        async with KafkaBank(city, "abc") as bank:
            await ask(city, "abc")
            await bank.say(b"not json")
            text = await until_health(city, "financing", 503, "(CheckViolationError)")
    assert "reader of abc has stood at banks.abc.replies/" in text
    await until_health(city, "financing", 200)
    (parked,) = (await city.ok("ops", "GET", "/financing/parked"))["items"]
    assert parked["topic"] == "banks.abc.replies"


async def test_a_transaction_that_hangs_is_named(city: City, stubborn: Stubborn) -> None:
    stubborn.passes = True
    async with city.services["dispatch"].engine.begin() as conn:
        await conn.execute(sa.text("lock table inbox in access exclusive mode"))
        appeal = await register(city)
        assert "consumer has stood at" in await until_health(city, "dispatch", 503)
    await until_health(city, "dispatch", 200)
    await until_dispatch_knows(city, appeal)


REFUSE = """
do $do$ begin
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'not this row' using errcode = '55006'; end $$;
create trigger refuse before update on outbox for each row execute function refuse();
end $do$
"""


async def until_relayed(city: City) -> None:
    async with asyncio.timeout(60):
        while city.services["intake"].relay.upto is None:
            await asyncio.sleep(0.05)


async def until_waiting(logs: list[Any], task: str, times: int) -> None:
    """Wait until a task has failed so often for what it needs."""
    async with asyncio.timeout(60):
        while sum(entry.get("work") == task for entry in logs) < times:
            await asyncio.sleep(0.02)


async def test_health_names_the_row_that_a_relay_tries_again_and_again_unless_the_broker_is_away(
    city: City, stubborn: Stubborn
) -> None:
    stubborn.passes = True
    await until_relayed(city)
    async with spoiled(city, "intake", REFUSE, "drop function refuse cascade"):
        appeal = await register(city)
        text = await until_health(city, "intake", 503)
        async with city.services["intake"].engine.connect() as conn:
            row = (await conn.execute(sa.text("select min(seq) from outbox where sent_at is null"))).scalar()
        assert f"relay has stood at outbox row {row} since 2" in text
        assert (await city.call(None, "GET", "/intake/ready")).status_code == 200
        (line,) = await standing(city, "intake")
        assert 'partition="",service="intake",task="relay",topic="outbox"' in line
        await city.broker.kill()
        try:
            await until_health(city, "intake", 200)
            with capture_logs() as logs:
                await until_waiting(logs, "relay", 2)
            await until_health(city, "intake", 200)
            assert await standing(city, "intake") == []
        finally:
            await city.broker.start()
        await until_health(city, "intake", 503)
    await until_health(city, "intake", 200)
    await until_dispatch_knows(city, appeal)


async def test_a_consumer_whose_database_was_away_has_not_stood_meanwhile(
    city: City, stubborn: Stubborn
) -> None:
    appeal = await register(city)
    await until_health(city, "dispatch", 503, "has stood at")
    dispatch = city.services["dispatch"]
    with capture_logs() as logs:
        await city.postgres.kill()
        try:
            text = (await city.call(None, "GET", "/dispatch/health")).text
            assert "has stood at" not in text
            async with asyncio.timeout(60):
                while not any(entry["event"] == "batch failed" for entry in logs):
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(60):
                while list(dispatch.standing._standing()):
                    await asyncio.sleep(0.02)
        finally:
            stubborn.passes = True
            await city.postgres.start()
    await until_dispatch_knows(city, appeal)
    await until_health(city, "dispatch", 200)
