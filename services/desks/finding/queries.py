"""How lists of cases are read: pages, in order, and counts."""

from collections.abc import Collection

from sqlalchemy import text

from services.desks.finding.conditions import (
    NAMES,
    MatchesElsewhere,
    Position,
    Scope,
    conditions_of,
)
from services.desks.finding.parameters import Sort, Wanted
from services.desks.rows.cases import Row
from shared.database.connection import Connection

MOST_COUNTED = 1_000
_ORDERS = {
    Sort.DUE: ("due_order", "asc"),
    Sort.RECEIVED: ("received_at", "desc"),
    Sort.UPDATED: ("updated_at", "desc"),
}
_UNITS_NAMED = text("select code from units where name = :name order by code")
_AND_BELOW = text(
    """
    with recursive below (code) as (
      select cast(:code as text)
      union select units.code from units join below on units.parent = below.code
    )
    select code from below order by code
    """
)
_CASES = """
    select cast(c.appeal_id as text), c.registration_number, c.pack, c.kind, c.channel, c.title,
      {who}, {names}, c.locality, c.category, c.urgency, c.division, c.state, c.units, c.marks, c.rating,
      c.leader, cast(c.lead as text), c.round, c.received_at, c.updated_at, c.due_at, c.deadline,
      c.deadline_name, c.due_unit,
      c.overdue_at is not null or coalesce(c.due_at < :now, false) as overdue, c.provisional,
      cast(c.{order} as text) as position
    from cases c where {where} order by c.{order} {way}, c.appeal_id {way} limit :limit
"""
_COUNT = "select count(*) from (select 1 from cases c where {where} limit :most) counted"


async def cases(
    conn: Connection,
    wanted: Wanted,
    scope: Scope,
    matches: MatchesElsewhere,
    units: Collection[str] | None,
    after: Position,
    limit: int,
) -> list[Row]:
    """A page of cases, and one more where there are more. `position` is where the next page starts."""
    conditions = conditions_of(wanted, scope, matches, units)
    order, way = _ORDERS[wanted.sort]
    if after is not None:
        sign = ">" if way == "asc" else "<"
        moment = "cast(cast(:after as text) as timestamptz)"
        conditions.add(
            f"(c.{order}, c.appeal_id) {sign} ({moment}, cast(:after_id as uuid))",
            after=after[0],
            after_id=after[1],
        )
    query = _CASES.format(who=scope.who, names=NAMES, order=order, way=way, where=conditions.where)
    rows = await conn.execute(text(query), {**conditions.values, "limit": limit, "now": scope.now})
    return [dict(row) for row in rows.mappings()]


async def count(
    conn: Connection, wanted: Wanted, scope: Scope, matches: MatchesElsewhere, units: Collection[str] | None
) -> int:
    """How many cases there are, up to one more than are counted."""
    conditions = conditions_of(wanted, scope, matches, units)
    query = text(_COUNT.format(where=conditions.where))
    rows = await conn.execute(query, {**conditions.values, "most": MOST_COUNTED + 1})
    return int(rows.scalar_one())


async def units_named(conn: Connection, name: str) -> list[str]:
    """The codes of the units with this name."""
    return list((await conn.execute(_UNITS_NAMED, {"name": name})).scalars())


async def unit_and_below(conn: Connection, code: str) -> list[str]:
    """The codes of a unit and of all units below it."""
    return list((await conn.execute(_AND_BELOW, {"code": code})).scalars())
