"""Escalation's unit of work: cases as last judged, and what is new in their histories."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from services.escalation import queries
from services.escalation.document import CaseDocument
from services.escalation.leaders import queries as leader_queries
from services.escalation.reasons import queries as reason_queries
from services.escalation.reasons.filling import Reason
from services.escalation.tables import CASES
from shared.appeals.document import no_such_appeal
from shared.database.connection import Connection, Result
from shared.events import CasePersonsErased, DirectoryEvent, Event, UnitChanged
from shared.judging.work import JudgingWork
from shared.telemetry import spans


class Work(JudgingWork[CaseDocument]):
    """The cases of one transaction. Its keys are ids of appeals."""

    service = "escalation"
    table = CASES

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self._news: list[tuple[Event, bool]] = []
        self._units: list[UnitChanged] = []
        self._erased: list[UUID] = []
        self.newest_calendar: int | None = None

    def keys_of(self, event: Event) -> Collection[Any]:
        """An entry of a directory is about no case."""
        return () if isinstance(event, DirectoryEvent) else super().keys_of(event)

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            self._take(await queries.lock(self.conn, keys))

    async def load_due(self, uptos: dict[int, datetime], partitions: int, limit: int) -> list[UUID]:
        """Lock and read cases that may be judged now, the longest due first; returns their ids."""
        rows = await queries.lock_due(self.conn, uptos, partitions, limit)
        for row in rows:
            self.newest_calendar = row.newest_calendar
        return self._take(rows, stuck=[row.stuck is not None for row in rows])

    def _take(self, rows: Result, stuck: Collection[bool] = ()) -> list[UUID]:
        documents = [CaseDocument.model_validate_json(row.file) for row in rows]
        for case, row, was_stuck in zip(documents, rows, stuck or [False] * len(documents), strict=True):
            self.loaded(case.appeal_id, case, row.next_due_at, row.unjudged_from, stuck=was_stuck)
        return [case.appeal_id for case in documents]

    def case(self, appeal_id: UUID) -> CaseDocument:
        """The case, or `NotFound`."""
        if (case := self.cases.get(appeal_id)) is None:
            raise no_such_appeal()
        spans.name_case(appeal_id, case.registration_number)
        return case

    def remember(self, event: Event) -> CaseDocument:
        """Put `event` into its case's history, to be judged as soon as all before it is known."""
        case = self.cases.get(event.appeal_id) or CaseDocument(
            appeal_id=event.appeal_id, registration_number=event.registration_number
        )
        late = case.judged_upto is not None and event.occurred_at <= case.judged_upto
        self._news.append((event.without_kept_words(), late))
        self.judge_by(event.appeal_id, event.occurred_at)
        self.keep(case)
        return case

    def keep_unit(self, event: UnitChanged) -> None:
        """Write what dispatch said of a unit when this transaction commits."""
        self._units.append(event)

    def erase_persons(self, appeal_id: UUID) -> None:
        """Take out what people wrote about the case, where it is known here."""
        if (case := self.cases.get(appeal_id)) is not None:
            case.forget_words()
            case.version += 1
            self._erased.append(appeal_id)
            self.keep(case)

    def keep(self, case: CaseDocument) -> None:
        """Write `case` when this transaction commits."""
        self.write(case.appeal_id, case)

    async def _erase(self) -> None:
        """Delete the reasons of erased cases, and say how many there were."""
        of_cases = Counter(await reason_queries.erase(self.conn, self._erased))
        for appeal_id in self._erased:
            values = of_cases[appeal_id]
            self.emit(self.case(appeal_id).event(CasePersonsErased, self.at, values=values))

    def _keep_reasons(self) -> None:
        """Have what people wrote stay here: their events leave without it."""
        reasons = [Reason.of(pending.event) for pending in self.pending]
        reason_queries.keep(self.conn, self.writes, [reason for reason in reasons if reason is not None])
        self.pending = [
            pending._replace(event=pending.event.without_kept_words()) for pending in self.pending
        ]

    async def flush(self) -> None:
        if self._erased:
            await self._erase()
        self._keep_reasons()
        if self._units:
            await leader_queries.keep_units(self.conn, self._units)
        if self._news:
            queries.remember(self.writes, self._news)
        if changed := self.changed():
            queries.save(self.writes, changed, self.next_due, self.unjudged_from)
        await super().flush()
