"""Messages in the database: sent to the inboxes, and marked as read."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.notify.messages.message import Message
from services.notify.messages.stored import stored_body
from shared.database.connection import Connection
from shared.database.rows import insert

_SEND = insert(
    "messages",
    {
        "id": "uuid",
        "appeal_id": "uuid",
        "registration_number": "text",
        "recipient": "text",
        "template": "text",
        "subject": "text",
        "body": "text",
        "occurred_at": "timestamptz",
        "traceparent": "text",
        "acknowledgement": "uuid",
        "language": "text",
    },
    also={"created_at": ":at"},
    then="on conflict do nothing returning id",
)
_MARK_READ = text(
    """
    update messages set read_at = coalesce(read_at, :at)
    where id = :id and recipient = any(cast(:inboxes as text[])) returning cast(id as text), read_at
    """
)


class WrittenMessage(NamedTuple):
    """A message with the trace that wrote it, and the acknowledgement that it asks for."""

    message: Message
    traceparent: str
    acknowledgement: UUID | None


async def send(conn: Connection, at: datetime, written: Sequence[WrittenMessage]) -> set[UUID]:
    """Put messages into their inboxes; returns the ids of those that were not there before."""
    rows = [
        (
            message.id,
            message.appeal_id,
            message.registration_number,
            message.recipient,
            message.template,
            message.subject,
            stored_body(conn, message.id, message.body),
            message.occurred_at,
            traceparent,
            acknowledgement,
            message.language,
        )
        for message, traceparent, acknowledgement in written
    ]
    return set((await _SEND.execute(conn, rows, at=at)).scalars())


async def mark_read(conn: Connection, at: datetime, message_id: UUID, inboxes: Collection[str]) -> Any:
    """Mark a message of these inboxes as read, the first time only: id and read_at; None without one."""
    values = {"at": at, "id": message_id, "inboxes": list(inboxes)}
    return (await conn.execute(_MARK_READ, values)).one_or_none()
