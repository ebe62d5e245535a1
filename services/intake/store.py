"""Intake's tables, and its batch: one document a case, and a counter of registration numbers a day."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from services.intake.acts import Act, Register
from services.intake.domain import Doing, perform, receive, registration_number
from services.intake.file import File
from services.intake.merging import merge, require_merged, unmerge
from shared.database.connection import Connection
from shared.events import Event
from shared.messaging.outbox import UnitOfWork
from shared.messaging.tables import add_backbone
from shared.rules.pack.pack import Pack
from shared.service.errors import HuyingError, NotFound
from shared.telemetry import spans

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("source_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Column("lead", pg.UUID),
    sa.Index("appeals_lead", "lead", "registration_number", postgresql_where=sa.text("lead is not null")),
    sa.Index("appeals_units", "units", postgresql_using="gin"),
    sa.Index("appeals_state", "state", "registration_number"),
    sa.Index(
        "appeals_open",
        "received_at",
        postgresql_where=sa.text("state not in ('closed', 'withdrawn', 'referred', 'approved')"),
    ),
)
sa.Table(
    "numbers",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)

_COUNTERS = text(
    """
    insert into numbers (day, last)
    select day, 0 from unnest(cast(:days as date[])) with ordinality as t (day, position) order by position
    on conflict (day) do update set last = numbers.last
    returning day, last
    """
)
_LOAD = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_SAVE = text(
    """
    insert into appeals (appeal_id, registration_number, source_id, state, units, received_at, lead, file)
    select id, number, source_id, state, string_to_array(units, ' '), received_at, lead, cast(file as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:numbers as text[]), cast(:source_ids as text[]), cast(:states as text[]),
      cast(:units as text[]), cast(:times as timestamptz[]), cast(:leads as uuid[]), cast(:files as text[])
    ) as t (id, number, source_id, state, units, received_at, lead, file)
    on conflict (appeal_id) do update
    set state = excluded.state, units = excluded.units, lead = excluded.lead, file = excluded.file
    """
)
_COUNT = text(
    """
    update numbers set last = t.last
    from unnest(cast(:days as date[]), cast(:lasts as int[])) as t (day, last)
    where numbers.day = t.day
    """
)


class Desk(UnitOfWork):
    """The cases of one transaction, as documents in memory, and the counters of its registration numbers.

    Its keys: the id of a case; a day, for that day's counter; a zone, for the counter of the day on which
    the transaction starts there.
    """

    service = "intake"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.files: dict[UUID, File] = {}
        self._changed: dict[UUID, File] = {}
        self._last: dict[date, int] = {}
        self._counted: set[date] = set()

    async def load(self, keys: Collection[Any]) -> None:
        days = {self.at.astimezone(key).date() for key in keys if isinstance(key, ZoneInfo)}
        days |= {key for key in keys if isinstance(key, date)}
        if days:
            counters = await self.conn.execute(_COUNTERS, {"days": sorted(days)})
            self._last = {row.day: row.last for row in counters}
        if cases := [key for key in keys if isinstance(key, UUID)]:
            rows = await self.conn.execute(_LOAD, {"keys": cases})
            for row in rows.scalars():
                file = File.model_validate_json(row)
                self.files[file.appeal_id] = file

    def file(self, appeal_id: UUID) -> File:
        """The case, or `NotFound`."""
        if (file := self.files.get(appeal_id)) is None:
            raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
        spans.about(appeal_id, file.registration_number)
        return file

    def keep(self, file: File) -> None:
        """Write `file` when this transaction commits."""
        self.files[file.appeal_id] = self._changed[file.appeal_id] = file

    def register(
        self,
        wish: Register,
        appeal_id: UUID,
        pack: Pack,
        at: datetime,
        zone: ZoneInfo,
        receipt_hash: str | None = None,
        source_id: str | None = None,
    ) -> File:
        """Register an appeal received at `at` and say so. It takes the next number of the day in `zone`."""
        day = at.astimezone(zone).date()
        n = self._last[day] + 1
        number = registration_number(pack.prefix, day, n)
        file, event = receive(wish, appeal_id, number, pack.ref, at, receipt_hash, source_id)
        self._last[day] = n
        self._counted.add(day)
        self.emit(event)
        self.keep(file)
        return file

    def perform(self, appeal_id: UUID, act: Act, doing: Doing) -> File:
        """Let `act` happen and say what it made."""
        file, said = perform(self.file(appeal_id), act, doing)
        return self._keep_all([file], said)

    def merge(
        self,
        appeal_id: UUID,
        lead_id: UUID,
        reason: str,
        at: datetime,
        pack_of: Callable[[str], Pack],
        *,
        past: bool = False,
    ) -> File:
        """Handle the appeal with `lead_id`. Both are loaded, and the lead it has so far."""
        file, lead = self.file(appeal_id), self.file(lead_id)
        left = self.file(file.merged.lead) if file.merged else None
        return self._keep_all(*merge(file, lead, left, reason, at, pack_of, past=past))

    def unmerge(self, appeal_id: UUID, reason: str, at: datetime) -> File:
        """Handle the appeal by itself again. Its lead is loaded."""
        file = self.file(appeal_id)
        lead = self.file(require_merged(file).lead)
        return self._keep_all(*unmerge(file, lead, reason, at))

    def _keep_all(self, files: Sequence[File], said: Iterable[Event]) -> File:
        for event in said:
            self.emit(event)
        for file in files:
            self.keep(file)
        return files[0]

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """Acts that belong together: where one is refused, nothing of the others is written either."""
        files, changed, last = dict(self.files), dict(self._changed), dict(self._last)
        counted, pending = set(self._counted), list(self.pending)
        try:
            yield
        except HuyingError:
            self.files, self._changed, self._last = files, changed, last
            self._counted, self.pending = counted, pending
            raise

    async def flush(self) -> None:
        files = list(self._changed.values())
        if files:
            await self.conn.execute(
                _SAVE,
                {
                    "ids": [file.appeal_id for file in files],
                    "numbers": [file.registration_number for file in files],
                    "source_ids": [file.source_id for file in files],
                    "states": [file.state for file in files],
                    "units": [" ".join(leg.unit for leg in file.live_legs()) for file in files],
                    "times": [file.received_at for file in files],
                    "leads": [file.merged and file.merged.lead for file in files],
                    "files": [file.model_dump_json() for file in files],
                },
            )
        if self._counted:
            days = sorted(self._counted)
            await self.conn.execute(_COUNT, {"days": days, "lasts": [self._last[day] for day in days]})
        await super().flush()
