"""Deliveries are planned: one of each message to each address of its recipient."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.notify.deliveries.domain import (
    STALE,
    ChannelKind,
    gathering_time,
)
from services.notify.messages.message import Message
from shared.database.connection import Connection
from shared.database.rows import ManyRows

_PLAN = ManyRows(
    """
    insert into deliveries
      (id, message_id, recipient, channel, address, address_index, urgent, due_at, state, next_at, written_at,
        changed_at)
    select cast(md5(concat(m.id, c.channel, coalesce(c.address_index, c.address))) as uuid),
      m.id, m.recipient, c.channel, c.address, c.address_index,
      m.urgent, m.due_at, 'waiting', m.at + m.gathering_time, m.at, m.at
    from (
      select id, recipient, urgent, due_at, gathering_time, greatest(occurred_at, :at) as at from {rows}
    ) as m
    join contacts c on c.recipient = m.recipient
    where c.channel = any(cast(:channels as text[])) and (m.urgent or not c.urgent_only)
      and c.gone_at is null
    on conflict do nothing
    """,
    {
        "id": "uuid",
        "recipient": "text",
        "urgent": "boolean",
        "due_at": "timestamptz",
        "gathering_time": "interval",
        "occurred_at": "timestamptz",
    },
)
_EARLIER = text(
    """
    select id, occurred_at from messages m
    where recipient = :recipient and occurred_at > :since
      and not exists (select 1 from deliveries d where d.message_id = m.id)
    """
)


class PlannedMessage(NamedTuple):
    """A message that is to leave the inbox."""

    id: UUID
    recipient: str
    urgent: bool
    due_at: datetime | None
    gathering_time: timedelta
    occurred_at: datetime


async def plan(
    conn: Connection, at: datetime, messages: Iterable[Message], channels: Collection[ChannelKind]
) -> None:
    """Insert a delivery of each message to each address of its recipient; what is stale stays in the inbox.

    No delivery was written before its message occurred, even where this service's clock is behind.
    """
    planned = [
        PlannedMessage(
            message.id,
            message.recipient,
            message.urgent,
            message.due_at,
            gathering_time(message.recipient),
            message.occurred_at,
        )
        for message in messages
        if message.occurred_at > at - STALE
    ]
    await _plan(conn, at, planned, channels)


async def plan_earlier(
    conn: Connection, at: datetime, recipient: str, channels: Collection[ChannelKind]
) -> None:
    """Plan the messages that a recipient got before an address of it was known. None is urgent any more."""
    rows = await conn.execute(_EARLIER, {"recipient": recipient, "since": at - STALE})
    planned = [
        PlannedMessage(row.id, recipient, False, None, gathering_time(recipient), row.occurred_at)
        for row in rows
    ]
    await _plan(conn, at, planned, channels)


async def _plan(
    conn: Connection, at: datetime, planned: Sequence[PlannedMessage], channels: Collection[ChannelKind]
) -> None:
    if planned and channels:
        await _PLAN.execute(conn, planned, at=at, channels=list(channels))
