"""How lists of legs are read: a unit's open legs by their due moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.desks.finding.conditions import Conditions, Position, Scope
from services.desks.finding.queries import MOST_COUNTED
from services.desks.rows.cases import Row
from shared.database.connection import Connection
from shared.judging.sight import seen_pack

_LEGS = """
    select cast(l.leg_id as text), cast(l.appeal_id as text), c.registration_number, c.title, {who},
      c.kind, c.urgency, c.state as case_state, c.pack, l.unit,
      coalesce(l.unit_name, (select u.name from units u where u.code = l.unit)) as unit_name, l.role, l.round,
      l.state, l.due_at, l.deadline, l.deadline_name, l.provisional,
      l.overdue_at is not null or coalesce(l.due_at < :now, false) as overdue,
      l.assigned_at, l.contacted_at, l.responded_at, l.office_hours, cast(l.due_order as text) as position
    from legs l join cases c on c.appeal_id = l.appeal_id
    where l.is_open and {where} order by l.due_order, l.leg_id limit :limit
"""
_COUNT_LEGS = """
    select count(*) from (
      select 1 from legs l join cases c on c.appeal_id = l.appeal_id where l.is_open and {where} limit :most
    ) counted
"""


@dataclass(frozen=True, slots=True)
class WantedLegs:
    """Which open legs are asked for."""

    units: Collection[str] | None = None
    overdue: bool | None = None
    due_before: datetime | None = None
    paused: bool | None = None


def _leg_conditions(wanted: WantedLegs, scope: Scope) -> Conditions:
    conditions = Conditions()
    conditions.add(seen_pack("c.pack"), **scope.sight.values)
    units = scope.narrowed(wanted.units)
    if units is not None and len(units) == 1:
        conditions.add("l.unit = :unit", unit=next(iter(units)))
    elif units is not None:
        conditions.add("l.unit = any(cast(:units as text[]))", units=list(units))
    if wanted.due_before is not None:
        conditions.add("l.due_order < :due_before", due_before=wanted.due_before)
    if wanted.paused is not None:
        conditions.add("l.state = 'paused'" if wanted.paused else "l.state <> 'paused'")
    if wanted.overdue is not None:
        negation = "" if wanted.overdue else "not "
        if not wanted.overdue:
            # Follows from the condition below; as a range of the index it begins behind what is overdue.
            conditions.add("l.due_order >= :now")
        condition = "(l.overdue_at is not null or coalesce(l.due_at < :now, false))"
        conditions.add(f"{negation}{condition}", now=scope.now)
    return conditions


async def legs(conn: Connection, wanted: WantedLegs, scope: Scope, after: Position, limit: int) -> list[Row]:
    """A page of open legs by their due moment, those that wait last, and one more where there are more."""
    conditions = _leg_conditions(wanted, scope)
    if after is not None:
        conditions.add(
            "(l.due_order, l.leg_id) > (cast(cast(:after as text) as timestamptz), cast(:after_id as uuid))",
            after=after[0],
            after_id=after[1],
        )
    query = text(_LEGS.format(who=scope.who, where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "limit": limit, "now": scope.now})
    return [dict(row) for row in rows.mappings()]


async def count_legs(conn: Connection, wanted: WantedLegs, scope: Scope) -> int:
    """How many open legs there are, up to one more than are counted."""
    conditions = _leg_conditions(wanted, scope)
    query = text(_COUNT_LEGS.format(where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "most": MOST_COUNTED + 1})
    return int(rows.scalar_one())
