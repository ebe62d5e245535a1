"""Reads and writes the judged cases, loan requests and complaints alike, and the facts they are judged by."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.financing.document import JudgedDocument
from services.financing.loans import queries as loan_queries
from services.financing.loans.document import LoanDocument
from services.financing.stored import stored_file
from shared.database.connection import Connection
from shared.database.rows import Writes, excluded, insert
from shared.events import CATALOGUE, Event

_LOCK = text(
    """
    select case_id, what, cast(file as text) as file, next_due_at, unjudged_from, stuck from cases
    where case_id = any(cast(:ids as uuid[])) or number = any(cast(:numbers as text[]))
    order by case_id for update
    """
)
_LOCK_DUE = text(
    """
    select c.case_id, c.what, cast(c.file as text) as file, c.next_due_at, c.unjudged_from, c.stuck, w.upto,
      (select max(id) from calendars) as newest_calendar
    from cases c cross join lateral (
      select least(cast(:own as timestamptz), min(k.upto)) as upto
      from unnest(cast(:banks as text[]), cast(:uptos as timestamptz[])) as k (bank, upto)
      where c.what = 'loan' and k.bank = any(c.banks)
    ) w
    where c.next_due_at <= cast(:own as timestamptz) and c.next_due_at <= w.upto
    order by c.next_due_at limit :limit
    for update of c skip locked
    """
)
_HISTORIES = text("select case_id, type, event from history where case_id = any(cast(:keys as uuid[]))")
_REMEMBER = insert(
    "history",
    {"event_id": "uuid", "case_id": "uuid", "type": "text", "event": "text"},
    then="on conflict do nothing",
)
_SAVE = insert(
    "cases",
    {
        "case_id": "uuid",
        "what": "text",
        "number": "text",
        "state": "text",
        "source_id": "text",
        "credit_code": "text",
        "banks": "text[]",
        "file": "jsonb",
        "next_due_at": "timestamptz",
        "unjudged_from": "timestamptz",
    },
    then="on conflict (case_id) do update set "
    + excluded("state", "banks", "file", "next_due_at", "unjudged_from"),
)


class RememberedFact(NamedTuple):
    """A fact in the history of a case."""

    type: str
    body: str

    def event(self) -> Event:
        """The event. Raises for one that this release does not know."""
        return CATALOGUE[self.type].model_validate_json(self.body)


async def lock(conn: Connection, ids: Collection[UUID], numbers: Collection[str]) -> list[Any]:
    """The cases with these ids or numbers, locked in the order of their ids."""
    return (await conn.execute(_LOCK, {"ids": list(ids), "numbers": sorted(numbers)})).all()


async def lock_due(conn: Connection, own: datetime, banks: Mapping[str, datetime], limit: int) -> list[Any]:
    """The cases that are due, the longest due first, each with `upto`, to when it can be judged.

    That is `own`, the horizon of this service; for a loan request it is the least moment in `banks` of the
    banks that were asked, where that is earlier. Cases that another replica has locked are left out.
    """
    values = {"own": own, "banks": list(banks), "uptos": list(banks.values()), "limit": limit}
    return (await conn.execute(_LOCK_DUE, values)).all()


async def histories(conn: Connection, case_ids: Collection[UUID]) -> dict[UUID, list[RememberedFact]]:
    """The facts that each of these cases is judged by."""
    facts: dict[UUID, list[RememberedFact]] = {case_id: [] for case_id in case_ids}
    for row in await conn.execute(_HISTORIES, {"keys": list(case_ids)}):
        facts[row.case_id].append(RememberedFact(row.type, row.event))
    return facts


def remember(writes: Writes, facts: Sequence[tuple[UUID, Event]]) -> None:
    """Have facts kept that cases are judged by, each with the id of its case."""
    writes.add(_REMEMBER, [(fact.id, case_id, fact.type, fact.model_dump_json()) for case_id, fact in facts])


def save(
    writes: Writes,
    conn: Connection,
    cases: Sequence[JudgedDocument],
    next_due: Mapping[UUID, datetime | None],
    unjudged_from: Mapping[UUID, datetime | None],
) -> None:
    """Have cases written with the moments at which they are judged again, and the legs of loan requests."""
    rows = [
        {
            "case_id": case.case_id,
            "number": case.number,
            **case.columns(),
            "file": stored_file(conn, case),
            "next_due_at": next_due.get(case.case_id),
            "unjudged_from": unjudged_from.get(case.case_id),
        }
        for case in cases
    ]
    writes.add(_SAVE, rows)
    loan_queries.save_legs(writes, [case for case in cases if isinstance(case, LoanDocument)])
