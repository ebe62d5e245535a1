"""How lists of what waits for somebody's word are read."""

from sqlalchemy import text

from services.desks.finding.conditions import WHO, WHO_FOR_UNITS, Conditions, Scope
from services.desks.rows.cases import Row
from shared.database.connection import Connection
from shared.judging.sight import seen_pack

Position = tuple[str, str, str, str] | None
"""Where a page starts: after the due moment, as text, the id of the case, the kind and the subject."""
_WAITING = """
    select cast(w.appeal_id as text), c.registration_number, c.title, {who}, w.kind, w.subject, w.unit,
      w.asked_at, w.due_at, coalesce(w.due_at < :now, false) as overdue,
      cast(w.due_order as text) as position
    from waiting w join cases c on c.appeal_id = w.appeal_id
    where w.is_open and {where} order by w.due_order, w.appeal_id, w.kind, w.subject limit :limit
"""
_AFTER = """
    (w.due_order, w.appeal_id, w.kind, w.subject) > (
      cast(cast(:after as text) as timestamptz), cast(:after_id as uuid), :after_kind, :after_subject
    )
"""


async def waiting(
    conn: Connection, scope: Scope, kind: str | None, unit: str | None, after: Position, limit: int
) -> list[Row]:
    """A page of what waits, by the moment by which it is to be decided, and one more where there are more."""
    conditions = Conditions()
    conditions.add(seen_pack("c.pack"), **scope.sight.values)
    if kind is not None:
        conditions.add("w.kind = :kind", kind=kind)
    if (wanted := scope.unit if scope.unit is not None else unit) is not None:
        conditions.add("w.unit = :unit", unit=wanted)
    if after is not None:
        names = ("after", "after_id", "after_kind", "after_subject")
        conditions.add(_AFTER, **dict(zip(names, after, strict=True)))
    who = WHO if scope.unit is None else WHO_FOR_UNITS
    query = text(_WAITING.format(who=who, where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "limit": limit, "now": scope.now})
    return [dict(row) for row in rows.mappings()]
