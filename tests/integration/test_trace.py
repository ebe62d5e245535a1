"""One trace from the request over the outbox and Kafka to what the handlers of other services make."""

import asyncio
import re
import secrets
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.city import APPEALS, NOTIFY, City

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

APPEAL = {
    "again": True,
    "channel": "web",
    "kind": "help",
    "title": "路灯不亮",
    "text": "厂区门口。",
    "enterprise": {"name": "甲"},
}


def new() -> tuple[str, str, str]:
    """A trace id, a span id, and both as a traceparent."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-01"


async def registered(city: City, traceparent: str | None) -> dict[str, Any]:
    headers = {} if traceparent is None else {"traceparent": traceparent}
    appeal: dict[str, Any] = await city.ok(None, "POST", "/intake/appeals", APPEAL, **headers)
    return appeal


async def stored(city: City, service: str, table: str, column: str, value: str) -> list[str]:
    """The traceparents that a table keeps beside a value."""
    query = sa.text(f"select traceparent from {table} where cast({column} as text) = :value")
    async with city.services[service].engine.connect() as conn:
        return list((await conn.execute(query, {"value": value})).scalars())


def traces(traceparents: Iterable[str]) -> set[str]:
    return {value.split("-")[1] for value in traceparents}


def spans(traceparents: Iterable[str]) -> set[str]:
    return {value.split("-")[2] for value in traceparents}


async def sent(city: City, topic: str, appeal: dict[str, Any]) -> list[str]:
    """The traceparents on the records of an appeal; each record has one."""
    values = []
    for record in await city.records(topic):
        if record.key == appeal["appeal_id"].encode():
            (value,) = [value for name, value in record.headers if name == "traceparent"]
            values.append(value.decode())
    return values


async def test_a_request_s_trace_is_on_its_events_and_on_the_messages_they_make(city: City) -> None:
    trace, span, traceparent = new()
    appeal = await registered(city, traceparent)
    await city.drained()
    outbox = await stored(city, "intake", "outbox", "key", appeal["appeal_id"])
    records = await sent(city, "intake.events", appeal)
    messages = await stored(city, "notify", "messages", "appeal_id", appeal["appeal_id"])
    await city.drained()
    notices = await sent(city, "notify.events", appeal)
    assert outbox == records
    assert messages
    assert notices
    assert traces([*outbox, *messages, *notices]) == {trace}
    assert span not in spans([*outbox, *messages, *notices])
    assert not spans(outbox) & spans(messages)
    assert set(notices) == set(messages)


async def test_what_a_unit_does_later_is_a_trace_of_its_own(city: City) -> None:
    first, _, traceparent = new()
    second, _, later = new()
    appeal = await registered(city, traceparent)
    await city.drained()
    (leg,) = await city.dispatch(appeal)
    path = f"/dispatch/appeals/{appeal['appeal_id']}/replies"
    await city.ok("roads", "POST", path, {"leg_id": leg, "text": "已回复"}, traceparent=later)
    await city.drained()
    rows = await stored(city, "dispatch", "outbox", "type", "appeal.responded.v1")
    assert traces(rows) == {second}
    messages = traces(await stored(city, "notify", "messages", "appeal_id", appeal["appeal_id"]))
    assert {first, second} < messages


async def test_requests_that_share_a_transaction_keep_their_traces(city: City) -> None:
    mine = [new() for _ in range(30)]
    appeals = await asyncio.gather(*(registered(city, traceparent) for _, _, traceparent in mine))
    await city.drained()
    for (trace, _, _), appeal in zip(mine, appeals, strict=True):
        assert traces(await stored(city, "intake", "outbox", "key", appeal["appeal_id"])) == {trace}
        assert traces(await stored(city, "notify", "messages", "appeal_id", appeal["appeal_id"])) == {trace}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        "hello",
        f"00-{'0' * 32}-{'1' * 16}-01",
        f"00-{'1' * 32}-{'0' * 16}-01",
        f"ff-{'1' * 32}-{'1' * 16}-01",
        f"00-{'1' * 31}-{'1' * 16}-01",
        f"00-{'g' * 32}-{'1' * 16}-01",
        f"00-{'1' * 32}-{'1' * 16}-01-more",
        "x" * 5000,
    ],
    ids=ascii,
)
async def test_a_trace_that_is_none_starts_a_new_one(city: City, wrong: str | None) -> None:
    appeal = await registered(city, wrong)
    (kept,) = await stored(city, "intake", "outbox", "key", appeal["appeal_id"])
    assert re.fullmatch(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]", kept)
    assert "1" * 31 not in kept


async def test_two_requests_without_a_trace_have_two(city: City) -> None:
    kept = [
        (await stored(city, "intake", "outbox", "key", (await registered(city, None))["appeal_id"]))[0]
        for _ in range(2)
    ]
    assert len(traces(kept)) == 2


async def test_a_refusal_names_the_trace_to_look_for(city: City) -> None:
    trace, _, traceparent = new()
    answer = await city.call(None, "POST", "/intake/appeals", {}, traceparent=traceparent)
    assert answer.json()["trace_id"] == trace


async def test_the_flags_of_a_trace_are_kept(city: City) -> None:
    trace, span, _ = new()
    appeal = await registered(city, f"00-{trace}-{span}-00")
    await city.drained()
    kept = await stored(city, "intake", "outbox", "key", appeal["appeal_id"])
    kept += await stored(city, "notify", "messages", "appeal_id", appeal["appeal_id"])
    assert {value.split("-")[3] for value in kept} == {"00"}
