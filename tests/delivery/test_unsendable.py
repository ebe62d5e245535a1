"""A row of an outbox that no broker takes is laid aside with its reason, and the relay goes on."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import sqlalchemy as sa

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker
from shared.messaging.outbox import OutboxRow, publish
from shared.messaging.sizes import LARGEST_RECORD
from tests.city import City, local

ROOM = LARGEST_RECORD - len('{"filler":""}') - len("case")


async def say(city: City, topic: str, filler: int, service: str = "intake") -> UUID:
    """Put a message with so many bytes of filler into the service's outbox; returns its id."""
    body, context = orjson.dumps({"filler": "x" * filler}).decode(), city.services[service]
    message = OutboxRow(uuid4(), topic, "case", "appeal.received.v1", local("2026-11-09 09:00"), None, body)
    async with context.engine.begin() as conn:
        await publish(conn, [message])
    context.wake()
    return message.event_id


async def unsent(city: City, service: str) -> int:
    return int((await city.ok("ops", "GET", f"/{service}/flow"))["unsent"])


async def until_sent(city: City, service: str = "intake") -> None:
    async with asyncio.timeout(30):
        while await unsent(city, service):
            await asyncio.sleep(0.05)


async def laid_aside(city: City, service: str = "intake") -> list[Any]:
    items = (await city.ok("ops", "GET", f"/{service}/parked"))["items"]
    return [record for record in items if record["partition"] == -1]


async def ids(city: City, topic: str) -> list[str]:
    return [dict(record.headers)["ce_id"].decode() for record in await city.records(topic)]


@pytest.mark.parametrize(
    ("service", "topic"), [("intake", "intake.parked"), ("financing", "banks.abc.requests")]
)
@pytest.mark.parametrize("filler", [ROOM + 1, 1_400_000, 5_000_000])
async def test_a_row_too_large_to_send_is_laid_aside_and_all_behind_it_leave(
    city: City, broker: EmbeddedBroker | Kafka, service: str, topic: str, filler: int
) -> None:
    if isinstance(broker, Kafka):
        await broker.admit(["abc"])
    await city.move_to("2026-11-09 09:00")
    before = await laid_aside(city, service)
    large, largest = await say(city, topic, filler, service), await say(city, topic, ROOM, service)
    small = await say(city, topic, 1, service)
    appeal = await city.register()
    await until_sent(city, service)
    await city.drained()
    sent = await ids(city, topic)
    assert str(large) not in sent
    assert sent.index(str(largest)) < sent.index(str(small))
    assert (await city.case(appeal))["registration_number"] == appeal["registration_number"]
    (parked,) = [record for record in await laid_aside(city, service) if record not in before]
    assert (parked["topic"], len(parked["body"])) == (topic, filler + len('{"filler":""}'))
    assert str(LARGEST_RECORD) in parked["reason"]


async def test_a_row_that_was_laid_aside_is_sent_when_it_is_redriven_and_else_waits_again(
    city: City,
) -> None:
    await city.move_to("2026-11-09 09:00")
    before = await laid_aside(city)
    event_id = await say(city, "intake.parked", ROOM + 1)
    await until_sent(city)
    (parked,) = [record for record in await laid_aside(city) if record not in before]
    await city.ok("ops", "POST", f"/intake/parked/{parked['id']}/redrive")
    async with asyncio.timeout(30):  # as large as before: it lies aside once more
        while parked["id"] not in {record["id"] for record in await laid_aside(city)}:
            await asyncio.sleep(0.05)
    async with city.services["intake"].engine.begin() as conn:
        await conn.execute(
            sa.text("update outbox set body = '{}' where event_id = :event_id"), {"event_id": event_id}
        )
    await city.ok("ops", "POST", f"/intake/parked/{parked['id']}/redrive")
    await until_sent(city)
    assert str(event_id) in await ids(city, "intake.parked")
    assert parked["id"] not in {record["id"] for record in await laid_aside(city)}
