"""Erases in the database how an enterprise was reached, and what was written to it."""

from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection
from shared.encryption.fields import ERASED

_ERASE = (
    text("delete from contacts where recipient = :recipient returning 1"),
    text("delete from preferences where recipient = :recipient returning 1"),
    text(
        """
        update deliveries set address = :erased, address_index = null,
          state = case when state in ('waiting', 'sending') then 'failed' else state end, poll_at = null
        where recipient = :recipient and address <> :erased returning 1
        """
    ),
    text("update messages set body = :erased where recipient = :recipient and body <> :erased returning 1"),
)
_NEVER_ASK = text("update inquiries set next_at = null where appeal_id = :id")


async def erase(conn: Connection, appeal_id: UUID) -> int:
    """Erase it; returns how many values there were. Nobody asks anew how the enterprise is reached."""
    values = {"recipient": f"enterprise:{appeal_id}", "erased": ERASED}
    erased = [len((await conn.execute(statement, values)).all()) for statement in _ERASE]
    await conn.execute(_NEVER_ASK, {"id": appeal_id})
    return sum(erased)
