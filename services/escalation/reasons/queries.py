"""What escalation reads and writes of reasons."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from services.escalation.reasons.filling import Reason
from shared.database.connection import Connection
from shared.database.rows import Writes, insert
from shared.encryption.cells import Cell

COLUMN = "reasons.reason"
_KEEP = insert(
    "reasons",
    {
        "event_id": "uuid",
        "appeal_id": "uuid",
        "type": "text",
        "occurred_at": "timestamptz",
        "card_id": "uuid",
        "reason": "text",
    },
    then="on conflict (event_id) do nothing",
)
_OF_CASES = text(
    """
    select event_id, appeal_id, type, occurred_at, card_id, reason from reasons
    where appeal_id = any(cast(:keys as uuid[])) order by occurred_at, number
    """
)
_ERASE = text("delete from reasons where appeal_id = any(cast(:keys as uuid[])) returning appeal_id")


def _cell(conn: Connection, event_id: UUID) -> Cell:
    return conn.cell(COLUMN, event_id)


def keep(conn: Connection, writes: Writes, reasons: Sequence[Reason]) -> None:
    """Have reasons written, encrypted."""
    if reasons:
        rows = [row._replace(reason=_cell(conn, row.event_id).encrypt(row.reason)) for row in reasons]
        writes.add(_KEEP, rows)


async def of_cases(conn: Connection, keys: Collection[UUID]) -> dict[UUID, list[Reason]]:
    """The reasons of these cases, each in the order of time."""
    reasons: dict[UUID, list[Reason]] = defaultdict(list)
    if keys:
        for row in await conn.execute(_OF_CASES, {"keys": list(keys)}):
            reason = Reason(*row)
            plain = _cell(conn, reason.event_id).decrypt(reason.reason)
            reasons[reason.appeal_id].append(reason._replace(reason=plain))
    return reasons


async def erase(conn: Connection, keys: Collection[UUID]) -> list[UUID]:
    """Delete the reasons of these cases; returns the case of each."""
    return list((await conn.execute(_ERASE, {"keys": list(keys)})).scalars())
