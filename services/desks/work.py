"""The unit of work of desks: files of cases, the rows that follow from them, and lines of the timeline."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from services.desks.changes import CHANNEL, Change
from services.desks.document import CaseFile
from services.desks.facts.keeping import settled
from services.desks.rows.cases import Row, case_row, unit_of
from services.desks.rows.legs import card_rows, leg_rows, lift_rows, waiting_rows
from services.desks.rows.loans import bank_leg_rows, complaint_rows, loan_row
from services.desks.tables import metadata
from shared.database.connection import Connection
from shared.database.rows import ManyRows, Writes, excluded, insert
from shared.events import (
    AppealJudged,
    ComplaintEvent,
    ComplaintJudged,
    DirectoryEvent,
    Event,
    LoanJudged,
    UnitChanged,
)
from shared.messaging.outbox import UnitOfWork

_OF_EVERY_EVENT = {"id", "occurred_at", "appeal_id", "registration_number", "done_by"}
_KEPT_FROM_LINES = {"receipt_hash", "enterprise", "credit_code", "reason", "instruction", "summary", "how"}
"""Who asks stands in the row of the case, which units may not read; words of people stay where they are."""
_LOAD = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_TYPES = {
    "UUID": "uuid",
    "TEXT": "text",
    "INTEGER": "int",
    "BOOLEAN": "boolean",
    "JSONB": "jsonb",
    "DATETIME": "timestamptz",
    "ARRAY": "text[]",
}


def _columns(table: str) -> dict[str, str]:
    """The columns of a table that are written, with their types."""
    columns = metadata.tables[table].columns
    return {
        column.name: _TYPES[column.type.__visit_name__.upper()] for column in columns if not column.computed
    }


def _upsert(table: str, *, newer: str = "") -> ManyRows:
    """Writes rows in place of those with the same key; with `newer` only where these columns are greater."""
    columns = _columns(table)
    keys = [column.name for column in metadata.tables[table].primary_key.columns]
    values = excluded(*(name for name in columns if name not in keys))
    order = ", ".join(f"{table}.{name}" for name in newer.split())
    news = ", ".join(f"excluded.{name}" for name in newer.split())
    where = f" where ({order}) < ({news})" if newer else ""
    return insert(table, columns, then=f"on conflict ({', '.join(keys)}) do update set {values}{where}")


_SAVE_FILES = _upsert("appeals")
_NOTIFY = text(f"select pg_notify('{CHANNEL}', :payload)")
_SAVE_ROWS: Mapping[str, tuple[ManyRows, Callable[[CaseFile], Iterable[Row]]]] = {
    "cases": (_upsert("cases"), lambda case: _if_known(case_row(case))),
    "legs": (_upsert("legs"), leg_rows),
    "cards": (_upsert("cards"), card_rows),
    "lifts": (_upsert("lifts"), lift_rows),
    "waiting": (_upsert("waiting"), waiting_rows),
    "loans": (_upsert("loans"), lambda case: _if_known(loan_row(case))),
    "bank_legs": (_upsert("bank_legs"), bank_leg_rows),
    "complaints": (_upsert("complaints"), complaint_rows),
}
_ADD_LINES = insert("lines", _columns("lines"), then="on conflict (event_id) do nothing")
_KEEP_JUDGED = _upsert("judged", newer="at rank event_id")
_KEEP_UNITS = _upsert("units", newer="at event_id")


def _if_known(row: Row | None) -> Iterator[Row]:
    if row is not None:
        yield row


class Work(UnitOfWork):
    """The cases of one transaction. Its keys are ids of appeals and of loan requests."""

    service = "desks"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.cases: dict[UUID, CaseFile] = {}
        self._changed: dict[UUID, CaseFile] = {}
        self._lines: dict[UUID, Row] = {}
        self._judged: list[AppealJudged | LoanJudged | ComplaintJudged] = []
        self._units: list[UnitChanged] = []

    def keys_of(self, event: Event) -> Collection[Any]:
        """An entry of a directory is about no case; a notice is a line of the timeline alone."""
        alone = isinstance(event, DirectoryEvent) or event.source == "notify"
        return () if alone else super().keys_of(event)

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            for document in (await self.conn.execute(_LOAD, {"keys": list(keys)})).scalars():
                case = CaseFile.model_validate_json(document)
                self.cases[case.appeal_id] = case

    def case_of(self, event: Event) -> CaseFile:
        """The case of `event`: a new one where `event` is the first that is heard of it."""
        if (case := self.cases.get(event.appeal_id)) is None:
            case = CaseFile(appeal_id=event.appeal_id, registration_number=event.registration_number)
        return case

    def save(self, case: CaseFile) -> None:
        """Write `case`, and all rows that follow from it, when this transaction commits."""
        self.cases[case.appeal_id] = self._changed[case.appeal_id] = case

    def add_line(self, event: Event) -> None:
        """Add `event` to the timeline of its case."""
        self._lines[event.id] = line_row(event)

    def keep_explanations(self, event: AppealJudged | LoanJudged | ComplaintJudged) -> None:
        """Keep the deadlines with their explanations, unless a later judgement is known."""
        self._judged.append(event)

    def keep_unit(self, event: UnitChanged) -> None:
        """Keep what was said of a unit, unless something later is known."""
        self._units.append(event)

    async def flush(self) -> None:
        if cases := list(self._changed.values()):
            files = [(case.appeal_id, case.registration_number, case.model_dump_json()) for case in cases]
            self.writes.add(_SAVE_FILES, files)
            add_rows(self.writes, cases)
            units = {unit_of(case, leg) for case in cases for leg in case.subjects("leg")}
            await self.conn.execute(_NOTIFY, {"payload": Change.of(self._changed, units).payload()})
        if self._lines:
            self.writes.add(_ADD_LINES, self._lines.values())
        if self._judged:
            self.writes.add(_KEEP_JUDGED, _newest(map(_judged_row, self._judged)))
        if self._units:
            self.writes.add(_KEEP_UNITS, _newest(map(_unit_row, self._units)))
        await super().flush()


def add_rows(writes: Writes, cases: Collection[CaseFile]) -> None:
    """Write every row that follows from these cases. One without its registration has none yet."""
    known = [case for case in cases if case.pack is not None]
    for statement, rows_of in _SAVE_ROWS.values():
        if rows := list(chain.from_iterable(map(rows_of, known))):
            writes.add(statement, [_as_json(row) for row in rows])


def _as_json(row: Row) -> Row:
    hours = row.get("office_hours")
    return row if hours is None else {**row, "office_hours": orjson.dumps(hours).decode()}


def line_row(event: Event) -> Row:
    """The line of an event in the timeline."""
    by = event.done_by
    return {
        "event_id": event.id,
        "appeal_id": event.appeal_id,
        "at": event.occurred_at,
        "service": event.source,
        "type": event.type,
        "role": by and by.role,
        "code": by and by.code,
        "data": event.model_dump_json(exclude=_OF_EVERY_EVENT | _KEPT_FROM_LINES, exclude_none=True),
    }


def _judged_row(event: AppealJudged | LoanJudged | ComplaintJudged) -> Row:
    deadlines = [deadline.model_dump(mode="json") for deadline in event.deadlines]
    return {
        "subject": event.complaint_id if isinstance(event, ComplaintEvent) else event.appeal_id,
        "at": event.occurred_at,
        "rank": settled(event.deadlines),
        "event_id": event.id,
        "deadlines": orjson.dumps(deadlines).decode(),
    }


def _unit_row(event: UnitChanged) -> Row:
    entry = event.model_dump(include={"code", "name", "kind", "parent", "leader"})
    return {**entry, "at": event.occurred_at, "event_id": event.id}


def _newest(rows: Iterable[Row]) -> list[Row]:
    """Of rows with one key the newest: a statement writes no row twice."""
    newest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: (row["at"], row.get("rank", 0), str(row["event_id"]))):
        newest[row.get("subject") or row["code"]] = row
    return list(newest.values())
