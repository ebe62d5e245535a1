"""How lists of what waits for somebody's word are read."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from services.desks.finding.conditions import Conditions, Scope
from services.desks.finding.queries import MOST_COUNTED
from services.desks.rows.cases import Row
from shared.database.connection import Connection
from shared.judging.sight import seen_pack

Position = tuple[str, str, str, str] | None
"""Where a page starts: after the due moment, as text, the id of the case, the kind and the subject."""
_WAITING = """
    select cast(w.appeal_id as text), c.registration_number, c.title, {who}, w.kind, w.subject, w.unit,
      (select u.name from units u where u.code = w.unit) as unit_name,
      w.asked_at, w.due_at, coalesce(w.due_at < :now, false) as overdue,
      cast(w.due_order as text) as position
    from waiting w join cases c on c.appeal_id = w.appeal_id
    where w.is_open and {where} order by w.due_order, w.appeal_id, w.kind, w.subject limit :limit
"""
_COUNT_WAITING = """
    select count(*) from (
      select 1 from waiting w join cases c on c.appeal_id = w.appeal_id where w.is_open and {where}
      limit :most
    ) counted
"""
_AFTER = """
    (w.due_order, w.appeal_id, w.kind, w.subject) > (
      cast(cast(:after as text) as timestamptz), cast(:after_id as uuid), :after_kind, :after_subject
    )
"""


@dataclass(frozen=True, slots=True)
class WantedWords:
    """What is asked for of all that waits for a word."""

    kind: str | None = None
    units: Collection[str] | None = None
    overdue: bool | None = None


def _conditions(wanted: WantedWords, scope: Scope) -> Conditions:
    conditions = Conditions()
    conditions.add(seen_pack("c.pack"), **scope.sight.values)
    if wanted.kind is not None:
        conditions.add("w.kind = :kind", kind=wanted.kind)
    units = scope.narrowed(wanted.units)
    if units is not None:
        conditions.add("w.unit = any(cast(:units as text[]))", units=list(units))
    if wanted.overdue is not None:
        negation = "" if wanted.overdue else "not "
        conditions.add(f"{negation}coalesce(w.due_at < :now, false)", now=scope.now)
    return conditions


async def waiting(
    conn: Connection, wanted: WantedWords, scope: Scope, after: Position, limit: int
) -> list[Row]:
    """A page of what waits, by the moment by which it is to be decided, and one more where there are more."""
    conditions = _conditions(wanted, scope)
    if after is not None:
        names = ("after", "after_id", "after_kind", "after_subject")
        conditions.add(_AFTER, **dict(zip(names, after, strict=True)))
    query = text(_WAITING.format(who=scope.who, where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "limit": limit, "now": scope.now})
    return [dict(row) for row in rows.mappings()]


async def count_waiting(conn: Connection, wanted: WantedWords, scope: Scope) -> int:
    """How much waits, up to one more than is counted."""
    conditions = _conditions(wanted, scope)
    query = text(_COUNT_WAITING.format(where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "most": MOST_COUNTED + 1})
    return int(rows.scalar_one())
