"""Acknowledgements in the database: opened with their messages, ended by events or people, escalated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.acknowledgements.domain import (
    AcknowledgementEnd,
    AcknowledgementRequest,
    EscalationStep,
)
from shared.database.connection import Connection
from shared.database.rows import ManyRows, insert

TOPIC = "escalation.events"
"""The topic whose watermark bounds the escalation."""
MOST_DUE = 200
"""How many acknowledgements one transaction escalates."""

_OPEN = insert(
    "acknowledgements",
    {
        "id": "uuid",
        "appeal_id": "uuid",
        "card_id": "uuid",
        "template": "text",
        "recipient": "text",
        "asked_at": "timestamptz",
        "due_at": "timestamptz",
        "traceparent": "text",
    },
    also={"message_id": "id"},
    then="on conflict do nothing",
)
_END = ManyRows(
    """
    with ended as (
      select distinct on (a.id) a.id, t.state, t.at, t.by
      from {rows} join acknowledgements a on a.appeal_id = t.appeal_id and a.state = 'open'
        and (t.whole or a.card_id is not distinct from t.card_id)
      order by a.id, t.at, t.position
    )
    update acknowledgements a set state = e.state, ended_at = e.at, ended_by = e.by, due_at = null
    from ended e where e.id = a.id
    returning a.*
    """,
    {
        "appeal_id": "uuid",
        "card_id": "uuid",
        "whole": "boolean",
        "state": "text",
        "at": "timestamptz",
        "by": "text",
    },
    numbered=True,
)
_DUE = text(
    """
    select id, appeal_id, due_at from acknowledgements
    where due_at <= least(:at, (
      select case when count(*) = :partitions then min(watermark) end from heard where topic = :topic))
    order by due_at, id limit :most
    """
)
_LOCK = ManyRows(
    """
    select a.* from acknowledgements a join {rows} on t.id = a.id and t.due_at = a.due_at
    order by a.due_at, a.id for update of a
    """,
    {"id": "uuid", "due_at": "timestamptz"},
)
_ESCALATE = ManyRows(
    """
    update acknowledgements a set level = a.level + 1, recipient = t.recipient, message_id = t.message_id,
      due_at = t.due_at
    from {rows} where t.id = a.id
    """,
    {"id": "uuid", "recipient": "text", "message_id": "uuid", "due_at": "timestamptz"},
)
_ACKNOWLEDGE = text(
    """
    update acknowledgements a set state = 'acknowledged', ended_at = :at, ended_by = :by, due_at = null
    from messages m
    where m.id = :message and m.recipient = any(cast(:recipients as text[])) and a.id = m.acknowledgement
      and a.state = 'open'
    returning a.*
    """
)


async def open_all(conn: Connection, requests: Sequence[AcknowledgementRequest]) -> None:
    """Insert acknowledgements together with the messages that ask for them."""
    if requests:
        rows = [
            (
                request.message.id,
                request.message.appeal_id,
                request.card_id,
                request.message.template,
                request.message.recipient,
                request.message.occurred_at,
                request.due_at,
                request.traceparent,
            )
            for request in requests
        ]
        await _OPEN.execute(conn, rows)


async def end_all(conn: Connection, ends: Sequence[AcknowledgementEnd]) -> list[Any]:
    """End the acknowledgements that these events end; returns the rows that changed."""
    if not ends:
        return []
    rows = [
        (end.event.appeal_id, end.card_id, end.whole, end.state, end.event.occurred_at, end.event.type)
        for end in ends
    ]
    return (await _END.execute(conn, rows)).all()


async def due(conn: Connection, at: datetime, partitions: int) -> list[Any]:
    """The acknowledgements overdue at `at`, the oldest first: id, appeal_id and due_at.

    None is overdue before the watermark of the cards' topic: what is still in a backlog may acknowledge it.
    """
    values = {"at": at, "partitions": partitions, "topic": TOPIC, "most": MOST_DUE}
    return (await conn.execute(_DUE, values)).all()


async def locked(conn: Connection, overdue: Sequence[Any]) -> list[Any]:
    """Locks these rows; leaves out those that were ended or escalated since they were read."""
    return (await _LOCK.execute(conn, [(row.id, row.due_at) for row in overdue])).all()


async def escalate(conn: Connection, steps: Sequence[EscalationStep]) -> None:
    """Save who was told in each step, and by when they must acknowledge."""
    if steps:
        await _ESCALATE.execute(conn, steps)


async def acknowledge(
    conn: Connection, message_id: UUID, recipients: Sequence[str], by: str, at: datetime
) -> Any:
    """Acknowledge what the message of one of these recipients asks for; the row, or None if none was open."""
    values = {"message": message_id, "recipients": list(recipients), "by": by, "at": at}
    return (await conn.execute(_ACKNOWLEDGE, values)).one_or_none()
