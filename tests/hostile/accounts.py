"""Accounts for every record: each reader of its topic has handled it, parked it, or does not want it."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from aiokafka.structs import ConsumerRecord, RecordMetadata

from shared.messaging.encrypted import outbox_body
from shared.messaging.records import decode
from tests.city import City
from tests.hostile.pilots import BANK
from tests.hostile.records import Record

_PARKED = sa.text('select topic, partition, "offset" from parked')
_INBOX = sa.text("select event_id from inbox")
_RECEIPTS = sa.text("select event_id, body from outbox where topic = :topic")

Taken = Sequence[tuple[Record, RecordMetadata]]


async def unaccounted(city: City, taken: Taken) -> list[str]:
    """The records that a reader lost: neither handled nor parked nor, for a bank's, answered."""
    lost = await _unanswered(city, taken)
    for name in city.services:
        lost += await _lost_by(city, name, taken)
    return lost


async def _lost_by(city: City, name: str, taken: Taken) -> list[str]:
    service, latest_claim = city.services[name].service, city.services[name].clock.latest_claim()
    async with city.services[name].engine.connect() as conn:
        parked = {tuple(row) for row in (await conn.execute(_PARKED)).all()}
        known = set((await conn.execute(_INBOX)).scalars())
    lost = []
    for record, place in taken:
        if record.topic not in service.topics:
            continue
        received = decode(_as_read(record, place), latest_claim)
        wanted = received.reason is not None or type(received.event) in service.handlers
        handled = received.event is not None and received.event.id in known
        if wanted and not handled and (place.topic, place.partition, place.offset) not in parked:
            lost.append(f"{name} lost {record.kind} at {place.topic}/{place.partition}/{place.offset}")
    return lost


async def _unanswered(city: City, taken: Taken) -> list[str]:
    async with city.services["financing"].engine.connect() as conn:
        rows = await conn.execute(_RECEIPTS, {"topic": f"banks.{BANK}.receipts"})
        bodies = [outbox_body(conn, event_id).decrypt(body) for event_id, body in rows]
    replies: list[Any] = [orjson.loads(body)["reply"] for body in bodies]
    answered = {(reply["partition"], reply["offset"]) for reply in replies}
    return [
        f"no receipt for {record.kind} at {place.partition}/{place.offset}"
        for record, place in taken
        if record.topic == f"banks.{BANK}.replies" and (place.partition, place.offset) not in answered
    ]


def _as_read(record: Record, place: RecordMetadata) -> ConsumerRecord:
    """The record as a consumer reads it."""
    content = (record.key, record.value, None, -1, -1, tuple(record.headers))
    return ConsumerRecord(place.topic, place.partition, place.offset, -1, 0, *content)
