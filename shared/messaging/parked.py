"""Parked records (dead letters): what cannot be handled waits here, with its reason, to be redriven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

import orjson
from sqlalchemy import text

from shared.database.connection import Connection
from shared.messaging.encrypted import parked_cells
from shared.messaging.outbox import OutboxRow, publish
from shared.messaging.records import ReceivedRecord
from shared.messaging.topics import parked_topic

PARKED = "huying.parked.v1"
LONGEST_REASON = 1_000
LARGEST_BODY = 4 * 1024 * 1024
"""A record above it came compressed: no broker takes one of this size as it is."""
LONGEST_KEY = 200
"""Characters of the key of an announcement: the outbox has an index of keys, whose entries are bounded."""
OUTBOX = "outbox"
"""Stands for the cluster of a row of our own outbox that no broker takes; its offset is the row's number."""

_PARK = text(
    """
    insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
    values (:topic, :partition, :offset, :cluster, :key, cast(:headers as jsonb), :body, :reason)
    on conflict (topic, partition, "offset", cluster) do nothing returning parked_at
    """
)
_PARK_UNSENDABLE = text(  # one that was redriven and cannot be sent again waits once more
    """
    insert into parked as p (topic, partition, "offset", cluster, key, headers, body, reason)
    values (:topic, -1, :seq, :cluster, :key, '{}', :body, :reason)
    on conflict (topic, partition, "offset", cluster) do update
      set redriven_at = null, parked_at = now(), reason = excluded.reason where p.redriven_at is not null
    returning parked_at
    """
)
_UNSEND = text("update outbox set sent_at = null where seq = :seq")
_WAITING = text("select * from parked where id = :id and redriven_at is null")
_WAITING_FOR_REASONS = text(
    "select id from parked where redriven_at is null and reason = any(cast(:reasons as text[])) order by id"
)
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
    headers: Sequence[tuple[str, bytes | None]]

    @classmethod
    def of(cls, conn: Connection, row: Any) -> Self:
        """The record of a row of the table."""
        place = (row.topic, row.partition, row.offset)
        headers, body = contents(conn, row)
        encoded = [(name, _encoded(value)) for name, value in headers.items()]
        return cls(row.cluster, row.parked_at, *place, _encoded(row.key), body, encoded)


def contents(conn: Connection, row: Any) -> tuple[dict[str, str | None], bytes]:
    """The headers and the body of a row of the table."""
    headers, body = parked_cells(conn, row.topic, row.partition, row.offset, row.cluster)
    return headers.decrypted(row.headers), body.decrypt_bytes(row.body)


async def park(conn: Connection, service: str, cluster: str, record: ReceivedRecord) -> None:
    """Lay a record aside with its reason, and announce it on the service's topic of parked messages.

    A record that is parked already is neither parked nor announced again. The announcement tells place and
    reason, and how many bytes of body it leaves out: what somebody sent is encrypted in the table alone.
    """
    raw, position = record.raw, record.position()
    headers = {_without_null(name): _storable(value) for name, value in raw.headers}
    key, body, reason = _storable(raw.key or None), raw.value or b"", _storable_reason(record.reason)
    if len(body) > LARGEST_BODY:
        body, reason = b"", _storable_reason(f"{len(body)} bytes of body are not kept: {reason}")
    of_headers, of_body = parked_cells(conn, raw.topic, raw.partition, raw.offset, cluster)
    values = {"cluster": cluster, "key": key, "body": of_body.encrypt_bytes(body), "reason": reason}
    values |= position | {"headers": orjson.dumps(of_headers.encrypt_json(headers)).decode()}
    parked_at = (await conn.execute(_PARK, values)).scalar()
    if parked_at is not None:
        content = position | {"reason": reason, "headers": {}, "left_out": len(body)}
        await publish(conn, [announcement(service, (key or "")[:LONGEST_KEY], parked_at, content)])


async def park_unsendable(conn: Connection, service: str, row: Any, reason: str) -> bool:
    """Lay a row of the outbox aside that no broker takes; returns whether it did not lie there already.

    The announcement tells place and reason; the parked record holds the whole.
    """
    place = {"topic": row.topic, "seq": row.seq}
    body = row.body.encode()
    _, of_body = parked_cells(conn, row.topic, -1, row.seq, OUTBOX)
    values = place | {
        "cluster": OUTBOX,
        "key": row.key,
        "body": of_body.encrypt_bytes(body),
        "reason": reason,
    }
    parked_at = (await conn.execute(_PARK_UNSENDABLE, values)).scalar()
    if parked_at is not None:
        content = {"topic": row.topic, "partition": -1, "offset": row.seq, "reason": reason, "headers": {}}
        content |= {"left_out": len(body)}
        await publish(conn, [announcement(service, row.key, parked_at, content)])
    return parked_at is not None


async def send_again(conn: Connection, parked: ParkedRecord) -> None:
    """Have the relay send a row of the outbox once more that was laid aside."""
    await conn.execute(_UNSEND, {"seq": parked.offset})


def announcement(service: str, key: str, at: datetime, content: dict[str, Any]) -> OutboxRow:
    """The message that tells what was parked, and why."""
    body = orjson.dumps(content).decode()
    return OutboxRow(uuid4(), parked_topic(service), key, PARKED, at, None, body)


async def find_parked(conn: Connection, parked_id: int) -> ParkedRecord | None:
    """The parked record of that number; None where there is none, or it was redriven."""
    row = (await conn.execute(_WAITING, {"id": parked_id})).one_or_none()
    return None if row is None else ParkedRecord.of(conn, row)


async def parked_for(conn: Connection, reasons: Sequence[str]) -> list[int]:
    """The numbers of the records that wait for one of these reasons, in the order of parking."""
    rows = await conn.execute(_WAITING_FOR_REASONS, {"reasons": list(reasons)})
    return [row.id for row in rows]


async def mark_redriven(conn: Connection, parked_id: int) -> None:
    """Note that a parked record was handled at last."""
    await conn.execute(_REDRIVEN, {"id": parked_id})


def _storable(content: bytes | None) -> str | None:
    """As text that PostgreSQL can hold; a header may have no value (None)."""
    return None if content is None else _without_null(content.decode(errors="replace"))


def _encoded(content: str | None) -> bytes | None:
    return None if content is None else content.encode()


def _storable_reason(reason: str | None) -> str:
    """A reason repeats what the record says, at any length and with any character."""
    return _without_null(reason or "")[:LONGEST_REASON]


def _without_null(content: str) -> str:
    """PostgreSQL's texts have no null character."""
    return content.replace("\x00", "\ufffd")
