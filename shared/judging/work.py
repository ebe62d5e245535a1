"""The part of a judging service's unit of work that knows when each case is judged next."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from shared.database.connection import Connection
from shared.judging.cases import Cases, earlier
from shared.messaging.outbox import UnitOfWork
from shared.service.clock import TICK

Document = TypeVar("Document")


class JudgingWork(UnitOfWork, Generic[Document]):
    """The cases of one transaction as documents, when each is judged next, and which cannot be judged.

    A case that cannot be judged is parked: the service's dead letters name it, and it is left unchanged until
    news of it arrive or an operator has it judged again.
    """

    table: ClassVar[Cases]

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.cases: dict[UUID, Document] = {}
        self._next_due: dict[UUID, datetime | None] = {}
        self._unjudged_from: dict[UUID, datetime | None] = {}
        self._changed: set[UUID] = set()
        self._stuck: dict[UUID, str] = {}
        self._mended: set[UUID] = set()

    def loaded(
        self,
        case_id: UUID,
        case: Document,
        next_due_at: datetime | None,
        unjudged_from: datetime | None,
        *,
        stuck: bool,
    ) -> None:
        """Add a case that was read and locked. One that was `stuck` is taken back once it is written."""
        self.cases[case_id] = case
        self._next_due[case_id] = next_due_at
        self._unjudged_from[case_id] = unjudged_from
        if stuck:
            self._mended.add(case_id)

    def write(self, case_id: UUID, case: Document) -> None:
        """Write the case when this transaction commits."""
        self.cases[case_id] = case
        self._changed.add(case_id)

    def judge_by(self, case_id: UUID, occurred_at: datetime) -> None:
        """Have the case judged by something new that occurred then.

        What lies in the past (an import, a late arrival) waits for the next watermark, as news do.
        """
        moment = max(occurred_at, self.at - TICK)  # a watermark lies before the start of this transaction
        self._next_due[case_id] = earlier(self._next_due.get(case_id), moment)
        self._unjudged_from[case_id] = earlier(self._unjudged_from.get(case_id), occurred_at)

    def judged(self, case_id: UUID, next_due_at: datetime | None, ahead: datetime | None) -> None:
        """Write the case as judged; it is judged again at `next_due_at` or at its first act `ahead`."""
        self._next_due[case_id] = earlier(next_due_at, ahead)
        self._unjudged_from[case_id] = ahead
        self._changed.add(case_id)

    def park(self, case_id: UUID, reason: str) -> None:
        """Park the case: it cannot be judged."""
        del self.cases[case_id]
        self._changed.discard(case_id)
        self._mended.discard(case_id)
        self._stuck[case_id] = reason

    def changed(self) -> list[Document]:
        """The cases to write."""
        return [self.cases[case_id] for case_id in self._changed]

    @property
    def next_due(self) -> Mapping[UUID, datetime | None]:
        """When each case is judged next."""
        return self._next_due

    @property
    def unjudged_from(self) -> Mapping[UUID, datetime | None]:
        """When the oldest act occurred that each case was not judged by."""
        return self._unjudged_from

    async def flush(self) -> None:
        """Write which cases are parked and which no longer are, after the cases; and the outbox."""
        mended = self._mended & self._changed
        if self._stuck or mended:
            await self.writes.execute(self.conn)
            await self.table.mark_stuck(self.conn, self._stuck, mended)
        await super().flush()
