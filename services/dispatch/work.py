"""Dispatch's unit of work: appeals as documents, their followers, every act as evidence."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import text

from services.dispatch import stored_acts
from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.base import AppealAct
from services.dispatch.document import AppealDocument, JudgedDeadline
from services.dispatch.domain import assignment, merging, studies
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.transitions import perform
from shared import events
from shared.appeals.work import LOAD_APPEALS, AppealWork
from shared.database.connection import Connection
from shared.database.rows import ManyRows, excluded, insert
from shared.directory import copies
from shared.encryption.fields import erased
from shared.events import Event, Verdict
from shared.service.errors import HuyingError

_LOAD_GROUPS = text(
    """
    select appeal_id, cast(file as text) as file from appeals
    where appeal_id = any(
      cast(:ids as uuid[])
      || array(select follower from followers where lead = any(cast(:leads as uuid[])))
    )
    order by appeal_id for update
    """
)
_LOAD_MISSED = text(  # `nowait`: whoever holds these may be waiting for what this transaction holds
    """
    select appeal_id, cast(file as text) as file from appeals
    where appeal_id = any(cast(:ids as uuid[])) order by appeal_id for update nowait
    """
)
_SAVE_APPEALS = insert(
    "appeals",
    {
        "appeal_id": "uuid",
        "registration_number": "text",
        "state": "text",
        "units": "text[]",
        "file": "jsonb",
        "study_next_at": "timestamptz",
    },
    then=f"on conflict (appeal_id) do update set {excluded('state', 'units', 'file', 'study_next_at')}",
)
_ADD_ACTS = insert(
    "acts", {"appeal_id": "uuid", "occurred_at": "timestamptz", "by": "text", "act": "jsonb"}, ordered=True
)
_ADD_FOLLOWERS = insert("followers", {"lead": "uuid", "follower": "uuid"}, then="on conflict do nothing")
_SAVE_DEADLINES = insert(
    "judged",
    {"appeal_id": "uuid", "deadlines": "jsonb"},
    then=f"on conflict (appeal_id) do update set {excluded('deadlines')}",
)


_ACTS = text("select id, act from acts where appeal_id = :id order by id for update")
_SAVE_ACTS = ManyRows(
    "update acts set act = cast(t.act as jsonb) from {rows} where acts.id = t.id",
    {"id": "bigint", "act": "jsonb"},
)


class GroupKey(NamedTuple):
    """A key that names an appeal and all appeals that were ever merged into it."""

    lead: UUID


class Work(AppealWork[AppealDocument]):
    """The appeals of one transaction. Its keys are the ids of appeals, or a `GroupKey`."""

    service = "dispatch"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self._acts: list[tuple[UUID, datetime, str, AppealAct]] = []
        self._followers: dict[UUID, set[UUID]] = defaultdict(set)
        self._merged: list[tuple[UUID, UUID]] = []
        self._judged: dict[UUID, events.AppealJudged] = {}
        self._leaders: list[events.LeaderChanged] = []
        self._erased: dict[UUID, int] = {}

    def keys_of(self, event: Event) -> Collection[Any]:
        """A merge is about two appeals. A judgement and a leader need none: they have tables of their own."""
        if isinstance(event, events.AppealJudged | events.DirectoryEvent):
            return ()
        return (event.appeal_id, event.lead) if isinstance(event, events.MergeEvent) else (event.appeal_id,)

    async def load(self, keys: Collection[Any]) -> None:
        leads = [key.lead for key in keys if isinstance(key, GroupKey)]
        ids = [key for key in keys if not isinstance(key, GroupKey)]
        if leads:
            await self._load(_LOAD_GROUPS, {"ids": ids + leads, "leads": leads})
        elif ids:
            await self._load(LOAD_APPEALS, {"ids": ids})
        followers = {
            follower for lead in leads if lead in self.appeals for follower in self.appeals[lead].followed_by
        }
        if missed := followers - self.appeals.keys():  # merged while this transaction waited for the lead
            await self._load(_LOAD_MISSED, {"ids": sorted(missed)})

    async def _load(self, query: sa.TextClause, values: dict[str, Any]) -> None:
        rows = await self.conn.execute(query, values)
        appeals = [AppealDocument.model_validate_json(file) for file in self.documents(rows)]
        self.add_loaded(appeals)
        for appeal in appeals:
            for merge in appeal.merges:
                self._followers[merge.lead].add(appeal.appeal_id)

    def perform(self, appeal_id: UUID, act: AppealAct, context: ActContext) -> AppealDocument:
        """Do `act`, and repeat it on the followers with which the pack shares it.

        Every act is kept as evidence.
        """
        appeal, by = self.appeal(appeal_id), context.by.name
        self._record(appeal, act, context.at, by, perform(appeal, act, context))
        for follower in self._followers_at(appeal, context.at):
            if isinstance(act, Assign):
                self.join(appeal, follower, context.at, by)
            elif repeated := merging.repeated_act(appeal, act, follower, context.pack):
                emitted = merging.passed_on(perform(follower, repeated, context))
                self._record(follower, repeated, context.at, by, emitted)
        return appeal

    @contextmanager
    def all_or_none(self, appeal_id: UUID) -> Iterator[None]:
        """Acts on one appeal that belong together: where one is refused, those before it are undone."""
        touched = [own for own in (appeal_id, *self._followers.get(appeal_id, ())) if own in self.appeals]
        before = {own: self.appeals[own].model_copy(deep=True) for own in touched}
        changed = {own: before[own] for own in touched if own in self.changed}
        acts, pending = len(self._acts), len(self.pending)
        try:
            yield
        except HuyingError:
            self.appeals |= before
            for own in touched:
                self.changed.pop(own, None)
            self.changed |= changed
            del self._acts[acts:], self.pending[pending:]
            raise

    def join(self, lead: AppealDocument, follower: AppealDocument, at: datetime, by: str) -> None:
        """Dispatch a follower that no unit has yet to the units of its lead."""
        if act := merging.joining_act(lead, follower):
            event = assignment.add_legs(follower, act, at, merging.units_of(lead))
            follower.version += 1
            self._record(follower, act, at, by, [event])

    def add_follower(self, event: events.MergeEvent) -> None:
        """Record that the event's appeal follows its lead from now on."""
        self._merged.append((event.lead, event.appeal_id))
        self._followers[event.lead].add(event.appeal_id)

    def keep_deadlines(self, event: events.AppealJudged) -> None:
        """Write how the appeal's deadlines stand when this transaction commits."""
        self._judged[event.appeal_id] = event

    def keep_leader(self, event: events.LeaderChanged) -> None:
        """Write what escalation said of a leader when this transaction commits."""
        self._leaders.append(event)

    def erase_persons(self, appeal_id: UUID) -> None:
        """Take out what people wrote about the appeal, in its document and its acts."""
        appeal, values = erased(self.appeal(appeal_id))
        appeal.version += 1
        self._erased[appeal_id] = values
        self.keep(appeal)

    def _record(
        self, appeal: AppealDocument, act: AppealAct, at: datetime, by: str, events_of_act: Collection[Event]
    ) -> None:
        for event in events_of_act:
            self.emit(event)
        self._acts.append((appeal.appeal_id, at, by, act))
        self.keep(appeal)

    def _followers_at(self, lead: AppealDocument, at: datetime) -> Iterator[AppealDocument]:
        for appeal_id in sorted(self._followers.get(lead.appeal_id, ())):
            follower = self.appeals.get(appeal_id)
            if follower and follower.follows(lead.appeal_id, at):
                yield follower

    async def flush(self) -> None:
        if self.changed:
            self.writes.add(_SAVE_APPEALS, map(self._row, self.changed.values()))
        for appeal_id, values in self._erased.items():
            count = values + await self._erase_acts(appeal_id)
            self.emit(self.appeals[appeal_id].event(events.UnitPersonsErased, self.at, values=count))
        if self._acts:
            self.writes.add(_ADD_ACTS, map(self._act_row, self._acts))
        if self._merged:
            self.writes.add(_ADD_FOLLOWERS, self._merged)
        for leader in self._leaders:
            await copies.keep_leader(self.conn, leader)
        if self._judged:
            rows = [
                (appeal_id, _judged_deadlines(event)) for appeal_id, event in sorted(self._judged.items())
            ]
            self.writes.add(_SAVE_DEADLINES, rows)
        await super().flush()

    async def _erase_acts(self, appeal_id: UUID) -> int:
        """Take the texts out of the acts on record; returns how many there were."""
        cell = self.conn.cell(stored_acts.ACT, appeal_id)
        rows = (await self.conn.execute(_ACTS, {"id": appeal_id})).all()
        without = [(row.id, *stored_acts.erased(cell, row.act)) for row in rows]
        if without:
            await _SAVE_ACTS.execute(self.conn, [(id_, act) for id_, act, _ in without])
        return sum(count for _, _, count in without)

    def _act_row(self, done: tuple[UUID, datetime, str, AppealAct]) -> tuple[UUID, datetime, str, str]:
        appeal_id, at, by, act = done
        return appeal_id, at, by, stored_acts.stored(self.conn.cell(stored_acts.ACT, appeal_id), act)

    def _row(self, appeal: AppealDocument) -> tuple[Any, ...]:
        file = self.stored(appeal)
        units, number = appeal.readers(), appeal.registration_number
        return appeal.appeal_id, number, appeal.state, units, file, studies.next_at(appeal)


def _judged_deadlines(event: events.AppealJudged) -> str:
    """As JSON, the deadlines of legs against which a request for extension is checked."""
    deadlines = [
        JudgedDeadline.model_validate(deadline, from_attributes=True).model_dump(mode="json")
        for deadline in event.deadlines
        if deadline.leg_id is not None and deadline.verdict is not Verdict.VOID
    ]
    return orjson.dumps(deadlines).decode()
