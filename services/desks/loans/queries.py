"""How lists of open loan requests, and of open legs of banks, are read: by their due moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.desks.finding.conditions import Conditions, Position
from services.desks.finding.queries import MOST_COUNTED
from services.desks.rows.cases import Row
from services.desks.rows.loans import DONE
from shared.database.connection import Connection

_SHOWN = """
    l.registration_number, cast(l.appeal_id as text) as loan_id, l.pack, l.product, l.amount_band, l.locality,
    (select u.name from units u where u.code = l.locality) as locality_name
"""
_DUE = """
    {0}.due_at, {0}.deadline, {0}.deadline_name,
    {0}.overdue_at is not null or coalesce({0}.due_at < :now, false) as overdue,
    cast({0}.due_order as text) as position
"""
_OPEN = f"l.is_open and b.state <> all('{{{{{','.join(sorted(DONE))}}}}}')"
_LOANS = f"""
    select {_SHOWN}, l.first_loan, l.state, l.rating, l.requested_at, l.updated_at, {_DUE.format("l")}
    from loans l where l.is_open and {{where}} order by l.due_order, l.appeal_id limit :limit
"""
_BANK_LEGS = f"""
    select {_SHOWN}, cast(b.leg_id as text), b.leg, b.bank, b.bank_name, b.wave, b.state, b.pushed_at,
      b.reported_at, {_DUE.format("b")}
    from bank_legs b join loans l on l.appeal_id = b.appeal_id
    where {_OPEN} and {{where}} order by b.due_order, b.leg_id limit :limit
"""
_COUNT_LOANS = "select count(*) from (select 1 from loans l where l.is_open and {where} limit :most) counted"
_COUNT_BANK_LEGS = f"""
    select count(*) from (
      select 1 from bank_legs b join loans l on l.appeal_id = b.appeal_id where {_OPEN} and {{where}}
      limit :most
    ) counted
"""


@dataclass(frozen=True, slots=True)
class WantedLoans:
    """Which open loan requests, or open legs of banks, are asked for. `bank` is for legs alone."""

    state: str | None = None
    bank: str | None = None
    localities: Collection[str] | None = None
    overdue: bool | None = None
    due_before: datetime | None = None


def _conditions(wanted: WantedLoans, table: str, now: datetime) -> Conditions:
    conditions = Conditions()
    conditions.add("true")
    if wanted.state is not None:
        conditions.add(f"{table}.state = :state", state=wanted.state)
    if wanted.bank is not None:
        conditions.add("b.bank = :bank", bank=wanted.bank)
    if wanted.localities is not None:
        localities = list(wanted.localities)
        conditions.add("l.locality = any(cast(:localities as text[]))", localities=localities)
    if wanted.due_before is not None:
        conditions.add(f"{table}.due_order < :due_before", due_before=wanted.due_before)
    if wanted.overdue is not None:
        negation = "" if wanted.overdue else "not "
        condition = f"({table}.overdue_at is not null or coalesce({table}.due_at < :now, false))"
        conditions.add(f"{negation}{condition}", now=now)
    return conditions


async def loans(
    conn: Connection, wanted: WantedLoans, now: datetime, after: Position, limit: int
) -> list[Row]:
    """A page of open loan requests by their due moment, and one more where there are more."""
    conditions = _conditions(wanted, "l", now)
    return await _page(conn, _LOANS, conditions, "(l.due_order, l.appeal_id)", now, after, limit)


async def bank_legs(
    conn: Connection, wanted: WantedLoans, now: datetime, after: Position, limit: int
) -> list[Row]:
    """A page of open legs of banks by their due moment, and one more where there are more."""
    conditions = _conditions(wanted, "b", now)
    return await _page(conn, _BANK_LEGS, conditions, "(b.due_order, b.leg_id)", now, after, limit)


async def _page(
    conn: Connection,
    query: str,
    conditions: Conditions,
    key: str,
    now: datetime,
    after: Position,
    limit: int,
) -> list[Row]:
    if after is not None:
        position = "(cast(cast(:after as text) as timestamptz), cast(:after_id as uuid))"
        conditions.add(f"{key} > {position}", after=after[0], after_id=after[1])
    values = {**conditions.values, "limit": limit, "now": now}
    rows = await conn.execute(text(query.format(where=conditions.where)), values)
    return [dict(row) for row in rows.mappings()]


async def count_loans(conn: Connection, wanted: WantedLoans, now: datetime) -> int:
    """How many open loan requests there are, up to one more than are counted."""
    return await _count(conn, _COUNT_LOANS, _conditions(wanted, "l", now))


async def count_bank_legs(conn: Connection, wanted: WantedLoans, now: datetime) -> int:
    """How many open legs of banks there are, up to one more than are counted."""
    return await _count(conn, _COUNT_BANK_LEGS, _conditions(wanted, "b", now))


async def _count(conn: Connection, query: str, conditions: Conditions) -> int:
    values = {**conditions.values, "most": MOST_COUNTED + 1}
    rows = await conn.execute(text(query.format(where=conditions.where)), values)
    return int(rows.scalar_one())
