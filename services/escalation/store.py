"""Escalation's tables, and its batch: the history of each case, and the case as last judged."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain import Case
from shared.bus import hash_of
from shared.clock import TICK
from shared.db import add_backbone
from shared.errors import NotFound
from shared.events import CATALOGUE, Event
from shared.outbox import Batch

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "cases",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.BigInteger, nullable=False, comment="of the key; modulo partitions: the partition"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("supervised", sa.Boolean, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False, comment="with a card or an overdue deadline"),
    sa.Column("leader", sa.Text, comment="to whom it was lifted"),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Column("next_due_at", sa.DateTime(timezone=True)),
    sa.Column("unjudged_from", sa.DateTime(timezone=True), comment="when its oldest unjudged act occurred"),
    sa.Index("cases_due", "next_due_at", postgresql_where=sa.text("next_due_at is not null")),
    sa.Index("cases_unjudged", "unjudged_from", postgresql_where=sa.text("unjudged_from is not null")),
    sa.Index("cases_supervised", "registration_number", postgresql_where=sa.text("supervised")),
    sa.Index("cases_units", "units", postgresql_using="gin"),
)
sa.Table(
    "history",
    metadata,
    sa.Column("event_id", pg.UUID, primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Index("history_appeal", "appeal_id"),
)
sa.Table(
    "leaders",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
)

_LOAD = text(
    """
    select file, next_due_at, unjudged_from from cases
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_SAVE = text(
    """
    insert into cases
      (appeal_id, registration_number, hash, state, supervised, units, leader, file, next_due_at,
       unjudged_from)
    select id, number, hash, state, supervised, string_to_array(units, ' '), leader, cast(file as jsonb),
      next, unjudged
    from unnest(
      cast(:ids as uuid[]), cast(:numbers as text[]), cast(:hashes as bigint[]), cast(:states as text[]),
      cast(:supervised as boolean[]), cast(:units as text[]), cast(:leaders as text[]),
      cast(:files as text[]),
      cast(:nexts as timestamptz[]), cast(:unjudged as timestamptz[])
    ) as t (id, number, hash, state, supervised, units, leader, file, next, unjudged)
    on conflict (appeal_id) do update set
      state = excluded.state, supervised = excluded.supervised, units = excluded.units,
      leader = excluded.leader, file = excluded.file, next_due_at = excluded.next_due_at,
      unjudged_from = excluded.unjudged_from
    """
)
_REMEMBER = text(
    """
    insert into history (event_id, appeal_id, type, event)
    select * from unnest(
      cast(:events as uuid[]), cast(:appeals as uuid[]), cast(:types as text[]), cast(:bodies as text[])
    )
    on conflict do nothing
    """
)
_HISTORY = text("select appeal_id, type, event from history where appeal_id = any(cast(:keys as uuid[]))")
_DUE = text(
    """
    select c.appeal_id, c.file, c.next_due_at, c.unjudged_from
    from cases c
    join unnest(cast(:partitions as int[]), cast(:uptos as timestamptz[])) as w (partition, upto)
      on w.partition = mod(c.hash, :count)
    where c.next_due_at <= w.upto and c.file->>'pack' is not null
    order by c.next_due_at limit :limit
    for update of c skip locked
    """
)
_HEARD = text(
    """
    select partition, min(watermark) as upto from heard where topic = any(cast(:topics as text[]))
    group by partition having count(*) = :topics_count and count(watermark) = :topics_count
    """
)


class Ledger(Batch):
    """The cases of one transaction, with what is new in their histories."""

    service = "escalation"

    def __init__(self, conn: AsyncConnection, at: datetime) -> None:
        super().__init__(conn, at)
        self.cases: dict[UUID, Case] = {}
        self._next: dict[UUID, datetime | None] = {}
        self._unjudged: dict[UUID, datetime | None] = {}
        self._changed: set[UUID] = set()
        self._news: list[Event] = []

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            self._take(await self.conn.execute(_LOAD, {"keys": list(keys)}))

    async def load_due(self, uptos: dict[int, datetime], partitions: int, limit: int) -> list[UUID]:
        """Lock and read cases that may be judged now, the longest waiting first; others lock theirs."""
        return self._take(
            await self.conn.execute(
                _DUE,
                {
                    "partitions": list(uptos),
                    "uptos": list(uptos.values()),
                    "count": partitions,
                    "limit": limit,
                },
            )
        )

    def _take(self, rows: sa.CursorResult[Any]) -> list[UUID]:
        found = []
        for row in rows:
            case = Case.model_validate(row.file)
            self.cases[case.appeal_id] = case
            self._next[case.appeal_id] = row.next_due_at
            self._unjudged[case.appeal_id] = row.unjudged_from
            found.append(case.appeal_id)
        return found

    def case(self, appeal_id: UUID) -> Case:
        """The case, or `NotFound`."""
        if (case := self.cases.get(appeal_id)) is None:
            raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
        return case

    def remember(self, event: Event) -> Case:
        """Put `event` into its case's history, to be judged as soon as all before it is known.

        A time that lies behind (an import, a late arrival) waits for the next watermark like news.
        """
        case = self.cases.setdefault(
            event.appeal_id, Case(appeal_id=event.appeal_id, registration_number=event.registration_number)
        )
        moment = max(event.occurred_at, self.at - TICK)  # a watermark says: before now
        self._next[event.appeal_id] = _earlier(self._next.get(event.appeal_id), moment)
        oldest = _earlier(self._unjudged.get(event.appeal_id), event.occurred_at)
        self._unjudged[event.appeal_id] = oldest
        self._news.append(event)
        self._changed.add(event.appeal_id)
        return case

    def keep(self, case: Case) -> None:
        """Write `case` when this transaction commits."""
        self._changed.add(case.appeal_id)

    def judged(self, case: Case, next_due_at: datetime | None, ahead: datetime | None) -> None:
        """Write `case` as judged; it is looked at again at `next_due_at` or at the first act `ahead`."""
        self._next[case.appeal_id] = _earlier(next_due_at, ahead)
        self._unjudged[case.appeal_id] = ahead
        self._changed.add(case.appeal_id)

    async def flush(self) -> None:
        if self._news:
            await self.conn.execute(
                _REMEMBER,
                {
                    "events": [event.id for event in self._news],
                    "appeals": [event.appeal_id for event in self._news],
                    "types": [event.type for event in self._news],
                    "bodies": [event.model_dump_json() for event in self._news],
                },
            )
        if self._changed:
            await self.conn.execute(_SAVE, self._rows([self.cases[id_] for id_ in self._changed]))
        await super().flush()

    def _rows(self, cases: list[Case]) -> dict[str, Any]:
        return {
            "ids": [case.appeal_id for case in cases],
            "numbers": [case.registration_number for case in cases],
            "hashes": [hash_of(str(case.appeal_id)) for case in cases],
            "states": [case.state for case in cases],
            "supervised": [case.supervised() for case in cases],
            "units": [" ".join(case.blamed()) for case in cases],
            "leaders": [case.lift.leader if case.lift else None for case in cases],
            "files": [case.model_dump_json() for case in cases],
            "nexts": [self._next.get(case.appeal_id) for case in cases],
            "unjudged": [self._unjudged.get(case.appeal_id) for case in cases],
        }


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


async def histories(conn: AsyncConnection, keys: Collection[UUID]) -> dict[UUID, list[Event]]:
    """What is known of these cases, in no order."""
    found: dict[UUID, list[Event]] = {key: [] for key in keys}
    for row in await conn.execute(_HISTORY, {"keys": list(keys)}):
        found[row.appeal_id].append(CATALOGUE[row.type].model_validate_json(row.event))
    return found


async def heard(conn: AsyncConnection, topics: Collection[str]) -> dict[int, datetime]:
    """Up to when all of `topics` are complete here, by partition; one that lacks a topic is left out."""
    rows = await conn.execute(_HEARD, {"topics": list(topics), "topics_count": len(topics)})
    return {row.partition: row.upto for row in rows}


async def waiting(conn: AsyncConnection) -> tuple[datetime | None, datetime | None]:
    """When the next case is to be looked at, and when the oldest act that was not judged occurred."""
    row = await conn.execute(
        text(
            """
            select (select min(next_due_at) from cases where next_due_at is not null),
                   (select min(unjudged_from) from cases where unjudged_from is not null)
            """
        )
    )
    next_due_at, unjudged_from = row.one()
    return next_due_at, unjudged_from
