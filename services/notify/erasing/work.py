"""Erases in the database how an enterprise was reached, and what was written to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection
from shared.encryption.fields import ERASED

_ERASE = (
    text("delete from contacts where recipient = :recipient returning 1"),
    text("delete from preferences where recipient = :recipient returning 1"),
    text("update messages set body = :erased where recipient = :recipient and body <> :erased returning 1"),
    text(
        """
        update deliveries set address = :erased, address_index = null,
          state = case when state in ('waiting', 'sending') then 'failed' else state end, poll_at = null
        where id in (
          select id from deliveries where recipient = :recipient and address <> :erased order by id for update
        )
        returning 1
        """
    ),
)
"""Messages before deliveries, and these by their ids: two who erase do not wait for each other."""
BATCH = 1_000
_OLD = "created_at < :before and body <> :erased"
_COUNT_OLD = text(f"select count(*) from messages where {_OLD}")
_ERASE_OLD = text(
    f"""
    update messages set body = :erased
    where id in (select id from messages where {_OLD} limit {BATCH} for update skip locked) returning id
    """
)
_ERASE_ADDRESSES = text(
    """
    update deliveries set address = :erased, address_index = null
    where id in (
      select id from deliveries
      where message_id = any(cast(:messages as uuid[])) and state not in ('waiting', 'sending')
      order by id for update
    )
    """
)
_NEVER_ASK = text("update inquiries set next_at = null where appeal_id = :id")


async def erase(conn: Connection, appeal_id: UUID) -> int:
    """Erase it; returns how many values there were. Nobody asks anew how the enterprise is reached."""
    values = {"recipient": f"enterprise:{appeal_id}", "erased": ERASED}
    erased = [len((await conn.execute(statement, values)).all()) for statement in _ERASE]
    await conn.execute(_NEVER_ASK, {"id": appeal_id})
    return sum(erased)


async def count_old(conn: Connection, moment: datetime) -> int:
    """How many messages from before this moment still have their text."""
    return int((await conn.execute(_COUNT_OLD, {"before": moment, "erased": ERASED})).scalar_one())


async def erase_old(conn: Connection, moment: datetime) -> int:
    """Erase the texts of some of them, and the addresses that they went to; returns how many messages."""
    values = {"before": moment, "erased": ERASED}
    ids = list((await conn.execute(_ERASE_OLD, values)).scalars())
    await conn.execute(_ERASE_ADDRESSES, {"messages": ids, "erased": ERASED})
    return len(ids)
