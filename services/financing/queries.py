"""Financing's statements: cases with their legs, reports, counters, what is due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from services.financing.contract import Receipt
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared.database.connection import Connection
from shared.database.locks import wait_for_name


class ReportKey(NamedTuple):
    """By what a report is known again."""

    bank: str
    report_id: str


LOAD = text(
    """
    select what, cast(file as text) as file, next_due_at, unjudged_from, stuck from cases
    where case_id = any(cast(:ids as uuid[])) or number = any(cast(:numbers as text[]))
    order by case_id for update
    """
)
DUE = text(
    """
    select c.what, cast(c.file as text) as file, c.next_due_at, c.unjudged_from, c.stuck, w.upto,
      (select max(id) from calendars) as newest_calendar
    from cases c cross join lateral (
      select least(cast(:own as timestamptz), min(k.upto)) as upto
      from unnest(cast(:banks as text[]), cast(:marks as timestamptz[])) as k (bank, upto)
      where c.what = 'loan' and k.bank = any(c.banks)
    ) w
    where c.next_due_at <= cast(:own as timestamptz) and c.next_due_at <= w.upto
    order by c.next_due_at limit :limit
    for update of c skip locked
    """
)
REMEMBER = text(
    """
    insert into history (event_id, case_id, type, event)
    select * from unnest(
      cast(:events as uuid[]), cast(:cases as uuid[]), cast(:types as text[]), cast(:bodies as text[])
    )
    on conflict do nothing
    """
)
HISTORY = text("select case_id, type, event from history where case_id = any(cast(:keys as uuid[]))")
KEEP_REPORTS = text(
    """
    insert into reports (bank, report_id, leg, fingerprint, source_id, reported_at, receipt)
    select bank, id, leg, print, source, at, cast(receipt as jsonb)
    from unnest(
      cast(:banks as text[]), cast(:ids as text[]), cast(:legs as text[]), cast(:prints as text[]),
      cast(:sources as text[]), cast(:times as timestamptz[]), cast(:receipts as text[])
    ) as t (bank, id, leg, print, source, at, receipt)
    """
)
COUNT = text(
    """
    update numbers set last = t.last
    from unnest(cast(:days as date[]), cast(:lasts as int[])) as t (day, last)
    where numbers.day = t.day
    """
)
_COUNTERS = text(
    """
    insert into numbers (day, last)
    select day, 0 from unnest(cast(:days as date[])) with ordinality as t (day, position) order by position
    on conflict (day) do update set last = numbers.last
    returning day, last
    """
)
_ONE_AT_A_TIME = text(  # two reports with one id: the second waits, and finds the first one's answer
    f"""
    select {wait_for_name("'report ' || bank || ' ' || id")}
    from unnest(cast(:banks as text[]), cast(:ids as text[])) as t (bank, id) order by bank, id
    """
)
_REPORTED = text(
    """
    select bank, report_id, fingerprint, receipt from reports
    where (bank, report_id) in (select * from unnest(cast(:banks as text[]), cast(:ids as text[])))
    """
)
_SAVE = text(
    """
    insert into cases
      (case_id, what, number, state, source_id, credit_code, banks, file, next_due_at, unjudged_from)
    select id, what, number, state, source, credit, string_to_array(banks, ' '), cast(file as jsonb), next,
      unjudged
    from unnest(
      cast(:ids as uuid[]), cast(:whats as text[]), cast(:numbers as text[]), cast(:states as text[]),
      cast(:sources as text[]), cast(:credits as text[]), cast(:banks as text[]), cast(:files as text[]),
      cast(:nexts as timestamptz[]), cast(:unjudged as timestamptz[])
    ) as t (id, what, number, state, source, credit, banks, file, next, unjudged)
    on conflict (case_id) do update set
      state = excluded.state, banks = excluded.banks, file = excluded.file,
      next_due_at = excluded.next_due_at, unjudged_from = excluded.unjudged_from
    """
)
_SAVE_LEGS = text(
    """
    insert into legs (leg, case_id, bank, number, state, pushed_at, overdue, deadlines)
    select leg, id, bank, number, state, pushed, overdue, cast(deadlines as jsonb)
    from unnest(
      cast(:legs as text[]), cast(:ids as uuid[]), cast(:banks as text[]), cast(:numbers as int[]),
      cast(:states as text[]), cast(:pushed as timestamptz[]), cast(:overdue as boolean[]),
      cast(:deadlines as text[])
    ) as t (leg, id, bank, number, state, pushed, overdue, deadlines)
    on conflict (leg) do update set
      state = excluded.state, overdue = excluded.overdue, deadlines = excluded.deadlines
    """
)
DROP = text(
    """
    update bank_messages set dropped_at = :at
    where leg = any(cast(:legs as text[])) and type = :type and sent_at is null and dropped_at is null
    """
)
TELL = text(
    """
    insert into bank_messages (bank, message_id, type, leg, occurred_at, traceparent, body)
    select bank, gen_random_uuid(), type, leg, :at, trace, body
    from unnest(
      cast(:banks as text[]), cast(:types as text[]), cast(:legs as text[]), cast(:bodies as text[]),
      cast(:traces as text[])
    ) with ordinality as t (bank, type, leg, body, trace, position)
    where type <> :withdrawn or not exists (
      select 1 from bank_messages m where m.leg = t.leg and m.type = :request and m.dropped_at is not null
    )
    order by position
    """
)


async def counters(conn: Connection, days: Collection[date]) -> dict[date, int]:
    """The last number of each day, locked."""
    rows = await conn.execute(_COUNTERS, {"days": sorted(days)})
    return {row.day: row.last for row in rows}


async def reported(
    conn: Connection, keys: Sequence[ReportKey]
) -> dict[ReportKey, tuple[str, Receipt] | None]:
    """The reports known by these keys, which are locked: fingerprint and receipt."""
    values = {"banks": [key.bank for key in keys], "ids": [key.report_id for key in keys]}
    await conn.execute(_ONE_AT_A_TIME, values)
    found: dict[ReportKey, tuple[str, Receipt] | None] = dict.fromkeys(keys)
    for row in await conn.execute(_REPORTED, values):
        key = ReportKey(row.bank, row.report_id)
        found[key] = (row.fingerprint, Receipt.model_validate(row.receipt))
    return found


async def save(
    conn: Connection,
    cases: Sequence[JudgedDocument],
    nexts: Mapping[UUID, datetime | None],
    unjudged: Mapping[UUID, datetime | None],
) -> None:
    """Write cases and their legs."""
    loans = [case for case in cases if isinstance(case, LoanDocument)]
    await conn.execute(
        _SAVE,
        {
            "ids": [case.case_id for case in cases],
            "whats": ["loan" if isinstance(case, LoanDocument) else "complaint" for case in cases],
            "numbers": [case.number for case in cases],
            "states": [case.state for case in cases],  # type: ignore[attr-defined]
            "sources": [case.source_id if isinstance(case, LoanDocument) else None for case in cases],
            "credits": [_credit_code(case) for case in cases],
            "banks": [" ".join(case.banks) for case in cases],
            "files": [case.model_dump_json() for case in cases],
            "nexts": [nexts.get(case.case_id) for case in cases],
            "unjudged": [unjudged.get(case.case_id) for case in cases],
        },
    )
    if any(loan.legs for loan in loans):
        await conn.execute(_SAVE_LEGS, _leg_rows(loans))


def _credit_code(case: JudgedDocument) -> str | None:
    return case.wish.enterprise.credit_code if isinstance(case, LoanDocument) and case.wish else None


def _leg_rows(loans: Sequence[LoanDocument]) -> dict[str, Any]:
    legs = [(loan, n, leg) for loan in loans for n, leg in enumerate(loan.legs, 1)]
    return {
        "legs": [leg.leg for _, _, leg in legs],
        "ids": [loan.case_id for loan, _, _ in legs],
        "banks": [leg.bank for _, _, leg in legs],
        "numbers": [n for _, n, _ in legs],
        "states": [leg.state for _, _, leg in legs],
        "pushed": [leg.pushed_at for _, _, leg in legs],
        "overdue": [leg.overdue() and loan.ended is None for loan, _, leg in legs],
        "deadlines": [
            orjson.dumps([one.model_dump(mode="json") for one in leg.deadlines]).decode()
            for _, _, leg in legs
        ],
    }
