"""Reads loan requests and the legs of their banks; saves the legs, and the counter of each day's numbers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import text

from services.financing.loans.document import BankLegDocument, LoanDocument
from services.financing.stored import FILE, file_of
from shared.database.connection import Connection
from shared.database.rows import ManyRows, Writes, excluded, insert
from shared.states import LoanState

_LOANS = text(
    """
    select case_id, cast(file as text) as file from cases
    where what = 'loan' and number > :after
      and (cast(:state as text) is null or state = :state)
      and (cast(:credit_code as text) is null or credit_code = :credit_code)
    order by number limit :limit
    """
)
_LOANS_OF_ENTERPRISE = text(
    """
    select case_id, cast(file as text) as file from cases
    where credit_code = :code and what = 'loan' order by number
    """
)
_LOAN = text("select case_id, cast(file as text) as file from cases where case_id = :id and what = 'loan'")
_LOAN_NUMBERED = text(
    "select case_id, cast(file as text) as file from cases where number = :number and what = 'loan'"
)
_RECEIPT_HASH = text("select file->>'receipt_hash' from cases where number = :number and what = 'loan'")
_CONTACT = text(
    "select coalesce(file->'wish'->'contact', file->'contact') as contact from cases where case_id = :id"
)
_OVERDUE_LEGS = text(
    """
    select leg, case_id, bank, state, pushed_at, deadlines from legs
    where overdue and leg > :after order by leg limit :limit
    """
)
_SAVE_LEGS = insert(
    "legs",
    {
        "leg": "text",
        "case_id": "uuid",
        "bank": "text",
        "number": "int",
        "state": "text",
        "pushed_at": "timestamptz",
        "overdue": "boolean",
        "deadlines": "jsonb",
    },
    then="on conflict (leg) do update set " + excluded("state", "overdue", "deadlines"),
)
_LOCK_COUNTERS = insert(
    "numbers",
    {"day": "date"},
    also={"last": "0"},
    ordered=True,
    then="on conflict (day) do update set last = numbers.last returning day, last",
)
_SAVE_COUNTERS = ManyRows(
    "update numbers set last = t.last from {rows} where numbers.day = t.day", {"day": "date", "last": "int"}
)


async def loans(
    conn: Connection,
    *,
    after: str,
    limit: int,
    state: LoanState | None = None,
    credit_code: str | None = None,
) -> list[LoanDocument]:
    """The next loan requests by number, optionally those in one state or of one enterprise."""
    values = {"after": after, "limit": limit, "state": state, "credit_code": credit_code}
    return _documents(conn, await conn.execute(_LOANS, values))


async def loans_of_enterprise(conn: Connection, credit_code: str) -> list[LoanDocument]:
    """All loan requests of one enterprise, by number."""
    return _documents(conn, await conn.execute(_LOANS_OF_ENTERPRISE, {"code": credit_code}))


def _documents(conn: Connection, rows: Iterable[Any]) -> list[LoanDocument]:
    return [LoanDocument.model_validate_json(file_of(conn, row)) for row in rows]


async def loan(conn: Connection, loan_id: UUID) -> LoanDocument | None:
    """The loan request with this id."""
    return next(iter(_documents(conn, await conn.execute(_LOAN, {"id": loan_id}))), None)


async def loan_numbered(conn: Connection, number: str) -> LoanDocument | None:
    """The loan request with this registration number."""
    return next(iter(_documents(conn, await conn.execute(_LOAN_NUMBERED, {"number": number}))), None)


async def receipt_hash_of(conn: Connection, number: str) -> str | None:
    """The hash of the receipt code of the loan request with this number; None without one."""
    return cast("str | None", (await conn.execute(_RECEIPT_HASH, {"number": number})).scalar())


async def contact(conn: Connection, loan_id: UUID) -> dict[str, Any] | None:
    """How the enterprise is reached: empty for an imported request, None where there is no such case."""
    row = (await conn.execute(_CONTACT, {"id": loan_id})).one_or_none()
    return None if row is None else conn.cell(FILE, loan_id).decrypted(row.contact) or {}


async def overdue_legs(conn: Connection, *, after: str, limit: int) -> list[Any]:
    """The next legs, by number, with a deadline that passed and was not met since."""
    return (await conn.execute(_OVERDUE_LEGS, {"after": after, "limit": limit})).all()


def save_legs(writes: Writes, loans: Sequence[LoanDocument]) -> None:
    """Have the legs of these loan requests written."""
    rows = [_leg_row(loan, leg, number) for loan in loans for number, leg in enumerate(loan.legs, 1)]
    if rows:
        writes.add(_SAVE_LEGS, rows)


def _leg_row(loan: LoanDocument, leg: BankLegDocument, number: int) -> dict[str, Any]:
    return {
        "leg": leg.leg,
        "case_id": loan.case_id,
        "bank": leg.bank,
        "number": number,
        "state": leg.state,
        "pushed_at": leg.pushed_at,
        "overdue": leg.overdue() and loan.ended is None,
        "deadlines": orjson.dumps([deadline.model_dump(mode="json") for deadline in leg.deadlines]).decode(),
    }


async def lock_counters(conn: Connection, days: Collection[date]) -> dict[date, int]:
    """The last number given on each day; the counters are locked, in order of their days."""
    rows = await _LOCK_COUNTERS.execute(conn, [(day,) for day in sorted(days)])
    return {row.day: row.last for row in rows}


def save_counters(writes: Writes, last: Mapping[date, int]) -> None:
    """Have the last number given on each day written."""
    writes.add(_SAVE_COUNTERS, sorted(last.items()))
