"""Dispatch's tables, and its batch: one document a case, every act as evidence, the directory of units."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from services.dispatch import merging, office
from services.dispatch.acts import Act, Assign
from services.dispatch.domain import perform
from services.dispatch.file import File, Given, Running
from shared import events
from shared.database.connection import Connection
from shared.events import Event, Verdict
from shared.messaging.outbox import UnitOfWork
from shared.messaging.tables import add_backbone
from shared.service.errors import NotFound
from shared.telemetry import spans

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Index("appeals_units", "units", postgresql_using="gin"),
    sa.Index("appeals_state", "state", "registration_number"),
)
sa.Table(
    "acts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("act", pg.JSONB, nullable=False),
    sa.Index("acts_appeal", "appeal_id", "id"),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text, sa.ForeignKey("units.code")),
    sa.Column("unit", pg.JSONB, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)
sa.Table(
    "followers",
    metadata,
    sa.Column("lead", pg.UUID, primary_key=True),
    sa.Column("follower", pg.UUID, primary_key=True),
)
sa.Table(
    "judged",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("deadlines", pg.JSONB, nullable=False),
)

_LOAD = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_LOAD_GROUPS = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(
      cast(:keys as uuid[])
      || array(select follower from followers where lead = any(cast(:leads as uuid[])))
    )
    order by appeal_id for update
    """
)
_LOAD_MISSED = text(  # it never waits: others may hold these and wait for what is held here
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update nowait
    """
)
_SAVE = text(
    """
    insert into appeals (appeal_id, registration_number, state, units, file)
    select id, number, state, string_to_array(units, ' '), cast(file as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:numbers as text[]), cast(:states as text[]),
      cast(:units as text[]), cast(:files as text[])
    ) as t (id, number, state, units, file)
    on conflict (appeal_id) do update set state = excluded.state, units = excluded.units, file = excluded.file
    """
)
_KEEP = text(
    """
    insert into acts (appeal_id, occurred_at, by, act)
    select id, at, by, cast(act as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:times as timestamptz[]), cast(:callers as text[]), cast(:acts as text[])
    ) with ordinality as t (id, at, by, act, position)
    order by position
    """
)
_FOLLOW = text(
    """
    insert into followers (lead, follower)
    select * from unnest(cast(:leads as uuid[]), cast(:followers as uuid[])) on conflict do nothing
    """
)
_JUDGED = text(
    """
    insert into judged (appeal_id, deadlines)
    select id, cast(deadlines as jsonb)
    from unnest(cast(:ids as uuid[]), cast(:deadlines as text[])) as t (id, deadlines)
    on conflict (appeal_id) do update set deadlines = excluded.deadlines
    """
)


class Group(NamedTuple):
    """A key that names an appeal and all that were ever merged into it."""

    lead: UUID


class Desk(UnitOfWork):
    """The cases of one transaction, as documents in memory."""

    service = "dispatch"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.files: dict[UUID, File] = {}
        self._changed: dict[UUID, File] = {}
        self._acts: list[tuple[UUID, datetime, str, str]] = []
        self._followers: dict[UUID, set[UUID]] = defaultdict(set)
        self._merged: list[tuple[UUID, UUID]] = []
        self._judged: dict[UUID, events.AppealJudged] = {}

    def keys_of(self, event: Event) -> Collection[Any]:
        """A merge is about two cases; deadlines are kept beside the cases."""
        if isinstance(event, events.AppealJudged):
            return ()
        return (event.appeal_id, event.lead) if isinstance(event, events.MergeEvent) else (event.appeal_id,)

    async def load(self, keys: Collection[Any]) -> None:
        leads = [key.lead for key in keys if isinstance(key, Group)]
        ids = [key for key in keys if not isinstance(key, Group)]
        if leads:
            await self._load(_LOAD_GROUPS, {"keys": ids + leads, "leads": leads})
        elif ids:
            await self._load(_LOAD, {"keys": ids})
        named = {one for lead in leads if lead in self.files for one in self.files[lead].followed_by}
        if missed := named - self.files.keys():  # merged while this transaction waited for the lead
            await self._load(_LOAD_MISSED, {"keys": sorted(missed)})

    async def _load(self, query: sa.TextClause, values: dict[str, Any]) -> None:
        rows = await self.conn.execute(query, values)
        for row in rows.scalars():
            file = File.model_validate_json(row)
            self.files[file.appeal_id] = file
            for merge in file.merges:
                self._followers[merge.lead].add(file.appeal_id)

    def file(self, appeal_id: UUID) -> File:
        """The case, or `NotFound`."""
        if (file := self.files.get(appeal_id)) is None:
            raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
        spans.about(appeal_id, file.registration_number)
        return file

    def keep(self, file: File) -> None:
        """Write `file` when this transaction commits."""
        self.files[file.appeal_id] = self._changed[file.appeal_id] = file

    def perform(self, appeal_id: UUID, act: Act, at: datetime, given: Given) -> File:
        """Let `act` happen and say what it made, also of the followers that share it.

        The acts themselves are kept as evidence.
        """
        file = self.file(appeal_id)
        self._did(file, act, at, given.by.name, perform(file, act, at, given))
        for follower in self._following(file, at):
            if isinstance(act, Assign):
                self.join(file, follower, at, given.by.name)
            elif shared := merging.repeated(file, act, follower, given.pack):
                self._did(follower, shared, at, given.by.name, perform(follower, shared, at, given))
        return file

    def join(self, lead: File, follower: File, at: datetime, by: str) -> None:
        """Dispatch a follower that no unit has to the units of its lead."""
        if act := merging.joining(lead, follower):
            event = office.hand_to(follower, act, at, merging.units_of(lead))
            follower.version += 1
            self._did(follower, act, at, by, [event])

    def merge(self, event: events.MergeEvent) -> None:
        """Keep that the event's case is a follower from now on."""
        self._merged.append((event.lead, event.appeal_id))
        self._followers[event.lead].add(event.appeal_id)

    def judged(self, event: events.AppealJudged) -> None:
        """Keep how the case's deadlines stand."""
        self._judged[event.appeal_id] = event

    def _did(self, file: File, act: Act, at: datetime, by: str, said: Collection[Event]) -> None:
        for event in said:
            self.emit(event)
        self._acts.append((file.appeal_id, at, by, act.model_dump_json()))
        self.keep(file)

    def _following(self, lead: File, at: datetime) -> Iterator[File]:
        for id_ in sorted(self._followers.get(lead.appeal_id, ())):
            follower = self.files.get(id_)
            if follower and follower.follows(lead.appeal_id, at):
                yield follower

    async def flush(self) -> None:
        files = list(self._changed.values())
        if files:
            await self.conn.execute(
                _SAVE,
                {
                    "ids": [file.appeal_id for file in files],
                    "numbers": [file.registration_number for file in files],
                    "states": [file.state for file in files],
                    "units": [" ".join(leg.unit for leg in file.legs) for file in files],
                    "files": [file.model_dump_json() for file in files],
                },
            )
        if self._acts:
            ids, times, callers, acts = (list(column) for column in zip(*self._acts, strict=True))
            await self.conn.execute(_KEEP, {"ids": ids, "times": times, "callers": callers, "acts": acts})
        if self._merged:
            leads, followers = (list(column) for column in zip(*self._merged, strict=True))
            await self.conn.execute(_FOLLOW, {"leads": leads, "followers": followers})
        if self._judged:
            judged = sorted(self._judged.items())
            deadlines = [_running(event) for _, event in judged]
            await self.conn.execute(_JUDGED, {"ids": [id_ for id_, _ in judged], "deadlines": deadlines})
        await super().flush()


def _running(event: events.AppealJudged) -> str:
    """The deadlines of legs that a request to extend one is held against."""
    found = [
        Running.model_validate(deadline, from_attributes=True).model_dump(mode="json")
        for deadline in event.deadlines
        if deadline.leg_id is not None and deadline.verdict is not Verdict.VOID
    ]
    return orjson.dumps(found).decode()


async def deadlines(conn: Connection, appeal_id: UUID) -> tuple[Running, ...]:
    """The deadlines of a case's legs as last judged."""
    row = await conn.execute(text("select deadlines from judged where appeal_id = :id"), {"id": appeal_id})
    return tuple(Running.model_validate(deadline) for deadline in row.scalar() or ())


_TOLD = text(
    """
    select file, (
      select coalesce(
        json_agg(json_build_object('occurred_at', occurred_at, 'by', by, 'act', act) order by id), '[]'
      ) from acts where acts.appeal_id = appeals.appeal_id
    ) as acts, (
      select coalesce(
        json_agg(
          json_build_object(
            'appeal_id', other.appeal_id, 'registration_number', other.registration_number,
            'title', other.file->>'title', 'enterprise', other.file->>'enterprise', 'state', other.state
          ) order by other.registration_number
        ), '[]'
      ) from followers join appeals as other on other.appeal_id = followers.follower
      where followers.lead = appeals.appeal_id and exists (
        select 1 from jsonb_array_elements(other.file->'merges') as merge
        where merge->>'lead' = cast(followers.lead as text) and merge->>'unmerged_at' is null
      )
    ) as followers
    from appeals where appeal_id = :id
    """
)


async def told(conn: Connection, appeal_id: UUID) -> dict[str, Any] | None:
    """A case, what was done to it, in order, with who did it, and what is handled with it; None for none."""
    found = (await conn.execute(_TOLD, {"id": appeal_id})).one_or_none()
    return None if found is None else {**found.file, "acts": found.acts, "followers": found.followers}
