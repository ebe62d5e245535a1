"""What a bank has over HTTP is as good as on Kafka: receipts, messages in order, nothing missed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from services.financing.banks.desk import queries
from shared.web.paging import cursor
from tests.banks import KafkaBank, ask, directory, report
from tests.city import City, refused

FEED = "/financing/bank/messages"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[City]:
    """Financing alone, on a broker of its own."""
    async with EmbeddedBroker(tmp_path) as broker, City(postgres, broker, services=(SERVICE,)) as city:
        await city.move_to("2026-11-09 09:00")
        yield city


def variants(leg: str) -> list[bytes]:
    """Reports with a mistake each, as a bank's program may send them."""
    good = report(leg, "contacted")
    text = json.dumps(good, ensure_ascii=False)
    wrong: list[dict[str, Any]] = [
        {"state": "approved"},
        {"state": "asked"},
        {"leg": "x"},
        {"leg": None},
        {"evidence": {}},
        {"evidence": {"by": "\u200b"}},
        {"amount": 500000, "state": "approved"},
        {"priority": "high"},
        {"report_id": "a b"},
        {"done_at": "昨天"},
    ]
    return [
        *(json.dumps(good | change, ensure_ascii=False).encode() for change in wrong),
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"a": NaN}',
        b"[" * 5_000,
        text.encode("gbk"),
        text.encode("utf-16"),
        text.replace('"state"', '"leg": "again", "state"').encode(),
    ]


async def test_a_report_that_cannot_be_read_gets_the_same_receipt_over_http_as_on_kafka(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    loan = await ask(city, "bank-a")
    sent = variants(loan["legs"]["bank-a"])
    async with KafkaBank(city, "bank-a") as bank:
        for number, content in enumerate(sent, 1):
            await bank.say(content)
            on_kafka = (await bank.until("receipts", number))[-1]["body"]
            answer = await city.send("bank-a", "POST", "/financing/bank/reports", content)
            assert answer.status_code in (400, 422), content
            over_http = answer.json()["receipt"]
            moved = {"at": None, "reply": None}
            assert over_http | moved == on_kafka | moved, content
            assert (over_http["outcome"], over_http["code"]) == ("refused", "malformed")
    refusals = (await city.ok("bank-a", "GET", "/financing/bank/connection"))["refused"]
    assert len(refusals) == 20
    assert {item["integration"] for item in refusals[:2]} == {"kafka", "http"}


async def test_a_right_report_in_a_wrong_request_gets_no_receipt(city: City) -> None:
    await directory(city, bank_a=["desk"])
    loan = await ask(city, "bank-a")
    body = report(loan["legs"]["bank-a"], "contacted")
    problem = refused(
        await city.call("bank-a", "POST", "/financing/bank/reports?banana=1", body), 422, "query.banana"
    )
    assert "receipt" not in problem
    problem = refused(await city.call("office", "POST", "/financing/bank/reports", {}), 403)
    assert "receipt" not in problem
    assert (await city.ok("bank-a", "POST", "/financing/bank/reports", body))["code"] == "accepted"


async def test_messages_are_read_on_from_a_cursor_and_none_twice(city: City) -> None:
    await directory(city, bank_a=["desk"], bank_b=["desk"])
    assert await city.ok("bank-a", "GET", FEED) == {"items": [], "after": None, "more": False}
    loans = [await ask(city, "bank-a", "bank-b") for _ in range(3)]
    await city.drained()
    first = await city.ok("bank-a", "GET", f"{FEED}?limit=2")
    second = await city.ok("bank-a", "GET", f"{FEED}?after={first['after']}")
    assert (first["more"], second["more"]) == (True, False)
    items = first["items"] + second["items"]
    assert [item["leg"] for item in items] == [loan["legs"]["bank-a"] for loan in loans]
    assert {item["type"] for item in items} == {"bank.request.v1"}
    assert items[0]["data"]["enterprise"]["name"] == "示例制造有限公司"
    nothing = await city.ok("bank-a", "GET", f"{FEED}?after={second['after']}")
    assert nothing == {"items": [], "after": second["after"], "more": False}
    await city.ok("office", "POST", f"/financing/requests/{loans[1]['loan_id']}/withdrawals", {})
    await city.drained()
    third = await city.ok("bank-a", "GET", f"{FEED}?after={second['after']}")
    assert [(item["type"], item["leg"]) for item in third["items"]] == [
        ("bank.request_withdrawn.v1", loans[1]["legs"]["bank-a"])
    ]
    anew = await city.ok("bank-a", "GET", FEED)  # names and phones of a request are not given out after that
    of_withdrawn = [item["type"] for item in anew["items"] if item["leg"] == loans[1]["legs"]["bank-a"]]
    assert of_withdrawn == ["bank.request_withdrawn.v1"]
    theirs = await city.ok("bank-b", "GET", FEED)  # it had not left yet, so it is not told of at all
    assert [item["leg"] for item in theirs["items"]] == [
        loans[0]["legs"]["bank-b"],
        loans[2]["legs"]["bank-b"],
    ]


async def test_what_a_desk_reads_from_a_cursor_has_left(city: City) -> None:
    await directory(city, bank_a=["desk"])
    await ask(city, "bank-a")
    await city.drained()
    assert (await city.ok("bank-a", "GET", "/financing/bank/connection"))["waiting"][0]["messages"] == 1
    await city.ok("bank-a", "GET", FEED)
    answer = await city.ok("bank-a", "GET", "/financing/bank/connection")
    assert answer["waiting"][0]["messages"] == 0
    assert answer["last_request"] is not None


@pytest.mark.parametrize(
    "after",
    ["x", "W10=", "WyJ4Il0=", "Wy0xXQ==", "WzEuNV0=", "WzEsMl0=", "W3RydWVd", "WzkyMjMzNzIwMzY4NTQ3NzU4MDhd"],
)
async def test_a_cursor_that_no_answer_gave_is_refused(city: City, after: str) -> None:
    refused(await city.call("bank-a", "GET", f"{FEED}?after={after}"), 422, "after")


INSERT = """
insert into bank_messages (bank, message_id, type, leg, occurred_at, body)
values ('bank-a', gen_random_uuid(), 'bank.reminder.v1', :leg, now() - :ago * interval '1 hour', '{}')
"""


async def read_on(city: City, after: str | None) -> tuple[list[str], str | None]:
    """The legs of the next messages, and the cursor after them."""
    answer = await city.ok("bank-a", "GET", FEED + (f"?after={after}" if after else ""))
    return [item["leg"] for item in answer["items"]], answer["after"]


async def test_a_message_that_is_written_late_is_not_passed_over(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    """In a transaction that ends late, or about a moment that the judge came to late."""
    async with (
        EmbeddedBroker(tmp_path) as broker,
        City(postgres, broker, services=(SERVICE,), clock="wall") as city,
    ):
        await directory(city, bank_a=["desk"])
        engine = city.services["financing"].engine
        async with engine.begin() as slow:
            await slow.execute(sa.text(INSERT), {"leg": "slow", "ago": 0})
            async with engine.begin() as quick:
                await quick.execute(sa.text(INSERT), {"leg": "quick", "ago": 0})
            legs, after = await read_on(city, None)
            assert legs == ["quick"]
        async with engine.begin() as judge:
            await judge.execute(sa.text(INSERT), {"leg": "due earlier", "ago": 5})
        legs, after = await read_on(city, after)
        assert legs == ["slow", "due earlier"]
        assert await read_on(city, after) == ([], after)
        assert (await read_on(city, None))[0] == ["quick", "slow", "due earlier"]


async def test_readers_at_the_same_time_see_one_order(city: City) -> None:
    await directory(city, bank_a=["desk"])
    for _ in range(5):
        await ask(city, "bank-a")
    await city.drained()
    orders = await asyncio.gather(*(read_on(city, None) for _ in range(8)))
    assert len(orders[0][0]) == 5
    assert orders == [orders[0]] * 8


BLOCKED = (
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)


async def test_who_reads_while_another_one_does_gives_no_place_twice(city: City) -> None:
    await directory(city, bank_a=["desk"])
    engine = city.services["financing"].engine

    async def legs(conn: Any) -> list[str]:
        return [row.leg for row in await queries.told_after(conn, "bank-a", 0, 10)]

    async def read() -> list[str]:
        async with engine.begin() as conn:
            return await legs(conn)

    async with AsyncExitStack() as slow, engine.connect() as looking:
        writing = await slow.enter_async_context(engine.begin())
        await writing.execute(sa.text(INSERT), {"leg": "slow", "ago": 0})
        async with engine.begin() as quick:
            await quick.execute(sa.text(INSERT), {"leg": "quick", "ago": 0})
        async with engine.begin() as first:
            assert await legs(first) == ["quick"]
            await slow.aclose()
            second = asyncio.create_task(read())
            async with asyncio.timeout(30):
                while not (await looking.execute(sa.text(BLOCKED))).scalar():
                    await asyncio.sleep(0.02)
        assert await second == ["quick", "slow"]


async def test_a_cursor_of_an_earlier_version_starts_again(city: City) -> None:
    await directory(city, bank_a=["desk"])
    await ask(city, "bank-a")
    await city.drained()
    assert len((await read_on(city, cursor(["2026-11-09T01:00:00+00:00", 7])))[0]) == 1
