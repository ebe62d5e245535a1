"""Parked records (dead letters): what cannot be handled waits here, with its reason, to be redriven."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

import orjson
from sqlalchemy import text

from shared.database.connection import Connection
from shared.messaging.outbox import Message, publish
from shared.messaging.records import ReceivedRecord
from shared.messaging.topics import parked_topic

PARKED = "huying.parked.v1"

_PARK = text(
    """
    insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
    values (:topic, :partition, :offset, :cluster, :key, cast(:headers as jsonb), :body, :reason)
    on conflict (topic, partition, "offset", cluster) do nothing returning parked_at
    """
)
_WAITING = text("select * from parked where id = :id and redriven_at is null")
_REDRIVEN = text("update parked set redriven_at = now() where id = :id")


@dataclass(slots=True)
class ParkedRecord:
    """A parked record, with the attributes of a record from Kafka."""

    cluster: str
    parked_at: datetime
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]

    @classmethod
    def of(cls, row: Any) -> Self:
        """The record of a row of the table."""
        headers = [(name, value.encode()) for name, value in row.headers.items()]
        key = row.key.encode() if row.key is not None else None
        return cls(row.cluster, row.parked_at, row.topic, row.partition, row.offset, key, row.body, headers)


async def park(conn: Connection, service: str, cluster: str, record: ReceivedRecord) -> None:
    """Lay a record aside with its reason, and announce it on the service's topic of parked messages.

    A record that is parked already is neither parked nor announced again.
    """
    raw, position = record.raw, record.position()
    headers = {_storable(name.encode()): _storable(value) for name, value in raw.headers}
    key, body = _storable(raw.key) if raw.key else None, raw.value or b""
    values = {"cluster": cluster, "key": key, "body": body, "reason": record.reason}
    values |= position | {"headers": orjson.dumps(headers).decode()}
    parked_at = (await conn.execute(_PARK, values)).scalar()
    if parked_at is not None:
        content = position | {"reason": record.reason, "headers": headers, "body": _base64(body)}
        await publish(conn, [announcement(service, key or "", parked_at, content)])


def announcement(service: str, key: str, at: datetime, content: dict[str, Any]) -> Message:
    """The message that tells what was parked, and why."""
    body = orjson.dumps(content).decode()
    return Message(uuid4(), parked_topic(service), key, PARKED, at, None, body)


async def find_parked(conn: Connection, parked_id: int) -> ParkedRecord | None:
    """The parked record of that number; None where there is none, or it was redriven."""
    row = (await conn.execute(_WAITING, {"id": parked_id})).one_or_none()
    return None if row is None else ParkedRecord.of(row)


async def mark_redriven(conn: Connection, parked_id: int) -> None:
    """Note that a parked record was handled at last."""
    await conn.execute(_REDRIVEN, {"id": parked_id})


def _base64(body: bytes) -> str:
    """As PostgreSQL encodes it, in lines of 76 characters."""
    return base64.encodebytes(body).decode().rstrip("\n")


def _storable(content: bytes) -> str:
    """As text that PostgreSQL can hold: it has no null character."""
    return content.decode(errors="replace").replace("\x00", "\ufffd")
