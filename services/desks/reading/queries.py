"""How one case is read, with its legs, cards, lifts, what waits, and its timeline."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.desks.finding.conditions import NAMES, WHO
from services.desks.rows.cases import Row
from shared.database.connection import Connection

_CASE = text(
    f"""
    select cast(c.appeal_id as text), c.registration_number, c.pack, c.kind, c.channel, c.title, {WHO},
      {NAMES}, c.locality, c.category, c.urgency, c.division, c.complained_of, c.is_named,
      c.state, c.units, c.readers,
      c.marks, c.rating, c.leader, cast(c.lead as text), c.round, c.received_at, c.updated_at, c.due_at,
      c.deadline, c.deadline_name, c.due_unit,
      c.overdue_at is not null or coalesce(c.due_at < :now, false) as overdue,
      c.provisional, coalesce(j.deadlines, '[]') as deadlines
    from cases c left join judged j on j.subject = c.appeal_id where c.appeal_id = :id
    """
)
_PARTS = {
    "legs": text(
        """
        select cast(leg_id as text), unit, unit_name, role, round, state, due_at, deadline, deadline_name,
          provisional, overdue_at, assigned_at, contacted_at, responded_at, completed_at
        from legs where appeal_id = :id order by assigned_at, leg_id
        """
    ),
    "cards": text(
        """
        select cast(card_id as text), cast(leg_id as text), unit, card, round, deadline, due_at, clause,
          state, issued_at
        from cards where appeal_id = :id order by issued_at, card_id
        """
    ),
    "lifts": text(
        """
        select cast(lift_id as text), lifted_at, reason, leader, acts, unit, level, clause
        from lifts where appeal_id = :id order by lifted_at, lift_id
        """
    ),
    "waiting": text(
        """
        select kind, subject, unit, asked_at, due_at, decided_at, is_open
        from waiting where appeal_id = :id order by asked_at, kind, subject
        """
    ),
    "lines": text(
        """
        select cast(event_id as text), at, service, type, role, code, data - 'how' as data
        from lines where appeal_id = :id order by at, event_id limit :most
        """
    ),
}
MOST_LINES = 1_000


async def case(conn: Connection, appeal_id: UUID, now: Any) -> Row | None:
    """The row of a case with its deadlines, explained; None for an unknown one."""
    row = (await conn.execute(_CASE, {"id": appeal_id, "now": now})).one_or_none()
    return None if row is None else dict(row)


async def parts(conn: Connection, appeal_id: UUID) -> dict[str, Sequence[Row]]:
    """The legs, cards and lifts of a case, what waits, and the first thousand lines of its timeline."""
    values = {"id": appeal_id, "most": MOST_LINES}
    return {name: [dict(row) for row in await conn.execute(query, values)] for name, query in _PARTS.items()}
