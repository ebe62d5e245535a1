"""What the backbone promises, each promise by its name, on a real broker and a real PostgreSQL."""

import asyncio
from collections import defaultdict
from typing import Any
from uuid import uuid4

import orjson
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from huying.local.cluster import PARTITIONS
from shared import events
from shared.messaging import wire
from shared.service.service import ServiceContext
from tests.city import APPEALS, NOTIFY, City, PastCase, local

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

_LEFT_BY_AN_OLDER_VERSION = """
    insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
    values ('intake.events', 0, :offset, 'before', null, cast(:headers as jsonb), :body, :reason)
    """


async def records(city: City, topic: str) -> list[ConsumerRecord]:
    """Everything a topic holds, in the order of its partitions."""
    consumer = AIOKafkaConsumer(**city.broker.as_client().client(), auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
    await consumer.start()
    try:
        consumed: list[ConsumerRecord] = []
        while batch := await consumer.getmany(timeout_ms=700):
            consumed += [record for part in batch.values() for record in part]
        return consumed
    finally:
        await consumer.stop()


async def send(city: City, topic: str, *messages: tuple[wire.Headers, bytes]) -> None:
    """Put raw records on a topic, as somebody might who does not know our ways."""
    producer = AIOKafkaProducer(**city.broker.as_client().client())
    await producer.start()
    try:
        for headers, value in messages:
            await producer.send_and_wait(topic, value=value, headers=headers, partition=0)
    finally:
        await producer.stop()


def as_message(event: events.Event) -> tuple[wire.Headers, bytes]:
    headers = wire.headers(event.source, event.type, event.id, event.occurred_at, None)
    return headers, wire.body(event).encode()


async def count(service: ServiceContext, table: str) -> int:
    async with service.engine.connect() as conn:
        return int((await conn.execute(sa.text(f"select count(*) from {table}"))).scalar_one())


async def state(service: ServiceContext) -> str:
    """A digest of what the service knows of its cases."""
    table = "cases" if service.service.name == "escalation" else "appeals"
    query = f"select md5(string_agg(t::text, '' order by appeal_id)) from {table} t"
    async with service.engine.connect() as conn:
        return str((await conn.execute(sa.text(query))).scalar_one())


async def parked(city: City, service: str) -> list[Any]:
    return list((await city.ok("ops", "GET", f"/{service}/parked"))["items"])


async def until_parked(city: City, service: str, number: int) -> list[Any]:
    async with asyncio.timeout(60):
        while len(parked_messages := await parked(city, service)) < number:
            await asyncio.sleep(0.1)
    return parked_messages


async def test_in_order_per_case(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    cases = [PastCase(f"{i}", "2026-11-09 10:00", "2026-11-10 11:00") for i in range(200)]
    await city.import_cases(cases)
    await city.move_to("2026-11-11 09:00")
    sent = defaultdict(list)
    for record in await records(city, "dispatch.events"):
        headers = dict(record.headers)
        if headers["ce_type"] != wire.WATERMARK.encode():
            sent[record.key.decode()].append(headers["ce_id"].decode())
    async with city.services["dispatch"].engine.connect() as conn:
        rows = (await conn.execute(sa.text("select key, event_id, type from outbox order by seq"))).all()
        written = defaultdict(list)
        for row in rows:
            written[row.key].append(str(row.event_id))
    assert len({row.key for row in rows if row.type.startswith("appeal.")}) == 200
    assert dict(sent) == dict(written)


async def test_redelivered_once_effective(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    await city.import_cases([PastCase(f"{i}", "2026-11-09 10:00") for i in range(20)])
    await city.move_to("2026-12-04 09:00")
    before = {name: await count(context, "outbox") for name, context in city.services.items()}
    messages = await count(city.services["notify"], "messages")
    knowing = [city.services[name] for name in ("intake", "dispatch", "escalation", "notify")]
    known = [await state(context) for context in knowing]
    for topic in ("intake.events", "dispatch.events", "escalation.events"):
        again = [(list(record.headers), record.value) for record in await records(city, topic)]
        await send(city, topic, *again)
    await city.move_to("2026-12-05 09:00")
    assert {name: await count(context, "outbox") for name, context in city.services.items()} == before
    assert await count(city.services["notify"], "messages") == messages
    assert [await state(context) for context in knowing] == known
    assert len(await city.published("escalation", "card.issued.v1")) == 20


async def test_parked_with_reason_and_the_partition_goes_on(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    good = wire.headers("intake", "appeal.received.v1", uuid4(), local("2026-11-09 09:00"), None)
    unknown = wire.headers("intake", "appeal.received.v9", uuid4(), local("2026-11-09 09:00"), None)
    await send(
        city,
        "intake.events",
        ([], b"hello"),
        (unknown, b"{}"),
        (good, b"not json"),
        ([*good[:1], ("ce_id", b"\xff\xfe")], b"{}"),
    )
    parked_messages = await until_parked(city, "dispatch", 4)
    reasons = " | ".join(message["reason"] for message in parked_messages)
    for part in ("missing", "appeal.received.v9 is not in the catalogue", "cannot be read", "not UTF-8"):
        assert part in reasons
    appeal = await city.register()
    await city.dispatch(appeal)
    assert (
        await city.call("ops", "POST", f"/dispatch/parked/{parked_messages[0]['id']}/redrive")
    ).status_code == 409
    assert len(await records(city, "dispatch.parked")) == 4


async def test_what_fails_three_times_is_parked_and_can_be_redriven(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    case: dict[str, Any] = {"appeal_id": uuid4(), "registration_number": "BZ-20261109-00077"}
    withdrawn = events.AppealWithdrawn(occurred_at=local("2026-11-09 09:30"), reason="已解决", **case)
    received = events.AppealReceived(
        occurred_at=local("2026-11-09 09:10"),
        channel=events.Channel.WEB,
        kind=events.Kind.HELP,
        title="诉求",
        pack="bozhou-2024@1",
        **case,
    )
    await send(city, "intake.events", as_message(withdrawn))  # before the case it belongs to
    (message,) = await until_parked(city, "dispatch", 1)
    assert "failed 3 times" in message["reason"]
    await send(city, "intake.events", as_message(received))
    path = f"/dispatch/appeals/{case['appeal_id']}"
    async with asyncio.timeout(30):
        while (await city.call("office", "GET", path)).status_code != 200:
            await asyncio.sleep(0.1)
    await city.ok("ops", "POST", f"/dispatch/parked/{message['id']}/redrive")
    assert (await city.ok("office", "GET", path))["state"] == "withdrawn"
    assert await parked(city, "dispatch") == []


async def test_a_record_of_a_type_that_was_unknown_is_redriven_by_the_version_that_knows_it(
    city: City,
) -> None:
    await city.move_to("2026-11-09 09:00")
    received = events.AppealReceived(
        appeal_id=uuid4(),
        registration_number="BZ-20261109-00078",
        occurred_at=local("2026-11-09 09:10"),
        channel=events.Channel.WEB,
        kind=events.Kind.HELP,
        title="诉求",
        pack="bozhou-2024@1",
    )
    headers, body = as_message(received)
    still_unknown = [(name, b"appeal.x.v1" if name == "ce_type" else value) for name, value in headers]
    for offset, of_type in enumerate((still_unknown, headers)):
        values = {
            "offset": offset,
            "body": body,
            "reason": wire.unknown_type(dict(of_type)["ce_type"].decode()),
        }
        values["headers"] = orjson.dumps({name: value.decode() for name, value in of_type}).decode()
        async with city.services["dispatch"].engine.begin() as conn:
            await conn.execute(sa.text(_LEFT_BY_AN_OLDER_VERSION), values)
    assert len(await parked(city, "dispatch")) == 2
    await city.broker.replace()  # the consumer starts anew, as after an upgrade
    path = f"/dispatch/appeals/{received.appeal_id}"
    async with asyncio.timeout(60):
        while len(await parked(city, "dispatch")) == 2:
            await asyncio.sleep(0.1)
    assert (await city.ok("office", "GET", path))["registration_number"] == "BZ-20261109-00078"
    (left,) = await parked(city, "dispatch")
    assert "appeal.x.v1" in left["reason"]


async def test_broker_replaced_by_an_empty_one(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    await city.import_cases([PastCase(f"a{i}", "2026-11-09 10:00") for i in range(50)])
    await city.broker.replace()
    await city.create_topics_heard()
    appeal = await city.register()  # written to the outbox and relayed to the new broker
    await city.dispatch(appeal)
    await city.move_to("2026-11-20 09:00")
    assert len(await city.published("escalation", "card.issued.v1")) == 51
    assert len(await city.published("escalation", "appeal.lifted.v1")) == 51
    everything = await records(city, "intake.events")
    kept = {dict(record.headers)["ce_id"] for record in everything if record.key}
    assert len(kept) == await count(city.services["intake"], "outbox") == 51


async def test_postgres_killed_while_events_flow(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    await city.import_cases([PastCase(f"a{i}", "2026-11-09 10:00") for i in range(300)])
    city.set_clocks("2026-11-20 09:00")
    async with asyncio.timeout(60):
        while not await city.published("escalation", "card.issued.v1"):
            await asyncio.sleep(0.02)
    await city.postgres.kill()
    await city.postgres.start()
    await city.drained(120)
    assert len(await city.published("escalation", "card.issued.v1")) == 300
    assert await count(city.services["notify"], "parked") == 0
