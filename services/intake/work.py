"""Intake's unit of work: appeals as documents, and the counters of registration numbers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.intake.acts import AppealAct, Register
from services.intake.attachments.acts import AttachmentAct
from services.intake.attachments.domain import adding
from services.intake.document import AppealDocument
from services.intake.domain.answering import answer_on_spot
from services.intake.domain.context import ActContext
from services.intake.domain.merging import merge, require_merged, unmerge
from services.intake.domain.registration import receive, registration_number
from services.intake.domain.transitions import perform
from services.intake.search.indexed import SAME_WITHIN, IndexRow, SameContent, index_row
from services.intake.search.queries import add_hashes, same_contents
from shared.appeals.work import LOAD_APPEALS, AppealWork
from shared.database.connection import Connection
from shared.database.rows import ManyRows, excluded, insert
from shared.directory import copies
from shared.events import DirectoryEvent, Event, LeaderChanged, UnitChanged
from shared.finding.hashes import Hashes
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, HuyingError

_LOCK_COUNTERS = text(
    """
    insert into numbers (day, last)
    select day, 0 from unnest(cast(:days as date[])) with ordinality as t (day, position) order by position
    on conflict (day) do update set last = numbers.last
    returning day, last
    """
)
_SAVE_APPEALS = insert(
    "appeals",
    {
        "appeal_id": "uuid",
        "registration_number": "text",
        "source_id": "text",
        "state": "text",
        "units": "text[]",
        "received_at": "timestamptz",
        "lead": "uuid",
        "file": "jsonb",
    },
    then=f"on conflict (appeal_id) do update set {excluded('state', 'units', 'lead', 'file')}",
)
_KEEP_UNITS = insert(
    "units",
    {"code": "text", "name": "text", "directory_size": "int", "leader": "text"},
    then=f"on conflict (code) do update set {excluded('name', 'directory_size', 'leader')}",
)
_SAVE_COUNTERS = ManyRows(
    "update numbers set last = t.last from {rows} where numbers.day = t.day", {"day": "date", "last": "int"}
)


class Work(AppealWork[AppealDocument]):
    """The appeals of one transaction, and the counters of its registration numbers.

    Its keys: the id of an appeal; a day, for that day's counter; a time zone, for the counter of the day on
    which the transaction starts there; a content, that is registered once (after a counter, whose lock others
    who register wait for).
    """

    service = "intake"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self._last_numbers: dict[date, int] = {}
        self._counted: set[date] = set()
        self._indexed: dict[UUID, IndexRow] = {}
        self._same: dict[int, str] = {}
        self._units: dict[str, UnitChanged] = {}
        self._leaders: list[LeaderChanged] = []

    def keys_of(self, event: Event) -> Collection[Any]:
        """An entry of a directory is about no appeal."""
        return () if isinstance(event, DirectoryEvent) else super().keys_of(event)

    async def load(self, keys: Collection[Any]) -> None:
        days = {self.at.astimezone(key).date() for key in keys if isinstance(key, ZoneInfo)}
        days |= {key for key in keys if isinstance(key, date)}
        if days:
            counters = await self.conn.execute(_LOCK_COUNTERS, {"days": sorted(days)})
            self._last_numbers = {row.day: row.last for row in counters}
        if contents := {key.hash for key in keys if isinstance(key, SameContent)}:
            self._same = await same_contents(self.conn, contents, self.at - SAME_WITHIN)
        if ids := [key for key in keys if isinstance(key, UUID)]:
            rows = await self.conn.execute(LOAD_APPEALS, {"ids": ids})
            self.add_loaded(map(AppealDocument.model_validate_json, self.documents(rows)))

    def register(
        self,
        body: Register,
        appeal_id: UUID,
        pack: Pack,
        at: datetime,
        zone: ZoneInfo,
        receipt_hash: str | None = None,
        source_id: str | None = None,
        first_asked: str | None = None,
    ) -> AppealDocument:
        """Register an appeal received at `at`, under the next number of that day in `zone`."""
        day = at.astimezone(zone).date()
        n = self._last_numbers[day] + 1
        number = registration_number(pack.prefix, day, n)
        appeal, event = receive(body, appeal_id, number, pack.ref, at, receipt_hash, source_id, first_asked)
        self._last_numbers[day] = n
        self._counted.add(day)
        return self._keep_all([appeal], [event])

    def answer(self, appeal: AppealDocument, answer: str, by: str) -> None:
        """Close the appeal, which was registered just now, with the answer that was given on the spot."""
        self._keep_all([appeal], [answer_on_spot(appeal, answer, by, self.at)])

    def check_new(self, content: SameContent) -> None:
        """Raise `Conflict`, with its number, where the same was registered within the last minutes."""
        if (number := self._same.get(content.hash)) is not None:
            raise Conflict(
                f"十分钟内已登记内容相同的诉求 {number}；确需再次登记的，请注明 again: true",
                f"the same was registered as {number} within ten minutes: send again: true if it is meant",
                "again",
            )

    def index(self, appeal: AppealDocument, hashes: Hashes, *sent: SameContent) -> None:
        """Write the hashes by which the appeal is found when this transaction commits."""
        row = index_row(appeal, hashes, *sent)
        self._indexed[appeal.appeal_id] = row
        self._same |= dict.fromkeys(row.wholes, appeal.registration_number)

    def keep_unit(self, event: UnitChanged) -> None:
        """Write what dispatch said of a unit when this transaction commits."""
        self._units[event.code] = event

    def keep_leader(self, event: LeaderChanged) -> None:
        """Write what escalation said of a leader when this transaction commits."""
        self._leaders.append(event)

    def perform(self, appeal_id: UUID, act: AppealAct, context: ActContext) -> AppealDocument:
        """Do `act` and emit the events of the change."""
        appeal, emitted = perform(self.appeal(appeal_id), act, context)
        return self._keep_all([appeal], emitted)

    def attach(self, appeal_id: UUID, act: AttachmentAct, context: ActContext) -> AppealDocument:
        """Do `act` with a file of the appeal and emit the events of the change."""
        appeal, emitted = adding.perform(self.appeal(appeal_id), act, context)
        return self._keep_all([appeal], emitted)

    def merge(
        self,
        appeal_id: UUID,
        lead_id: UUID,
        reason: str,
        at: datetime,
        pack_of: Callable[[str], Pack],
        *,
        past: bool = False,
    ) -> AppealDocument:
        """Handle the appeal with `lead_id`. Both must be loaded, and the present lead where there is one."""
        appeal, lead = self.appeal(appeal_id), self.appeal(lead_id)
        former_lead = self.appeal(appeal.merged.lead) if appeal.merged else None
        return self._keep_all(*merge(appeal, lead, former_lead, reason, at, pack_of, past=past))

    def unmerge(self, appeal_id: UUID, reason: str, at: datetime) -> AppealDocument:
        """Handle the appeal by itself again. Its lead must be loaded."""
        appeal = self.appeal(appeal_id)
        lead = self.appeal(require_merged(appeal).lead)
        return self._keep_all(*unmerge(appeal, lead, reason, at))

    def _keep_all(self, appeals: Sequence[AppealDocument], emitted: Iterable[Event]) -> AppealDocument:
        """Emit the events, keep the changed appeals; returns the first."""
        for event in emitted:
            self.emit(event)
        for appeal in appeals:
            self.keep(appeal)
        return appeals[0]

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """Acts that belong together: where one is refused, the others within the block are undone."""
        appeals, changed, last_numbers = dict(self.appeals), dict(self.changed), dict(self._last_numbers)
        counted, pending, indexed = set(self._counted), list(self.pending), dict(self._indexed)
        try:
            yield
        except HuyingError:
            self.appeals, self.changed, self._last_numbers = appeals, changed, last_numbers
            self._counted, self.pending, self._indexed = counted, pending, indexed
            raise

    async def flush(self) -> None:
        if self.changed:
            self.writes.add(_SAVE_APPEALS, map(self._row, self.changed.values()))
        if self._indexed:
            add_hashes(self.writes, self._indexed.values())
        if self._units:
            units = [unit for _, unit in sorted(self._units.items())]
            rows = [(unit.code, unit.name, unit.directory_size, unit.leader) for unit in units]
            self.writes.add(_KEEP_UNITS, rows)
        for leader in self._leaders:
            await copies.keep_leader(self.conn, leader)
        if self._counted:
            counters = [(day, self._last_numbers[day]) for day in sorted(self._counted)]
            self.writes.add(_SAVE_COUNTERS, counters)
        await super().flush()

    def _row(self, appeal: AppealDocument) -> tuple[Any, ...]:
        return (
            appeal.appeal_id,
            appeal.registration_number,
            appeal.source_id,
            appeal.state,
            appeal.reading_units(),
            appeal.received_at,
            appeal.merged and appeal.merged.lead,
            self.stored(appeal),
        )
