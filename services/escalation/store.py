"""Escalation's batch: the history of each case, and the case as last judged."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.escalation import publications
from services.escalation.case import Case
from services.escalation.tables import CASES, metadata
from shared.database.connection import Connection, Result
from shared.events import CATALOGUE, Event
from shared.judging.cases import earlier
from shared.messaging.broker import key_hash
from shared.messaging.outbox import UnitOfWork
from shared.service.clock import TICK
from shared.service.errors import NotFound
from shared.telemetry import spans

__all__ = ["Ledger", "heard", "histories", "metadata"]

_LOAD = text(
    """
    select cast(file as text) as file, next_due_at, unjudged_from from cases
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
    insert into history (event_id, appeal_id, type, event, late)
    select * from unnest(
      cast(:events as uuid[]), cast(:appeals as uuid[]), cast(:types as text[]), cast(:bodies as text[]),
      cast(:late as boolean[])
    )
    on conflict do nothing
    """
)
_HISTORY = text(
    "select appeal_id, type, event, late from history where appeal_id = any(cast(:keys as uuid[]))"
)
_DUE = text(
    """
    select cast(c.file as text) as file, c.next_due_at, c.unjudged_from, c.stuck,
      (select max(id) from calendars) as newest_calendar
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


class Ledger(UnitOfWork):
    """The cases of one transaction, with what is new in their histories."""

    service = "escalation"

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.cases: dict[UUID, Case] = {}
        self._next: dict[UUID, datetime | None] = {}
        self._unjudged: dict[UUID, datetime | None] = {}
        self._changed: set[UUID] = set()
        self._stuck: dict[UUID, str] = {}
        self._mended: set[UUID] = set()
        self._news: list[tuple[Event, bool]] = []
        self.newest_calendar: int | None = None

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            self._take(await self.conn.execute(_LOAD, {"keys": list(keys)}))

    async def load_due(self, uptos: dict[int, datetime], partitions: int, limit: int) -> list[UUID]:
        """Lock and read cases that may be judged now, the longest waiting first; others lock theirs."""
        places = {
            "partitions": list(uptos),
            "uptos": list(uptos.values()),
            "count": partitions,
            "limit": limit,
        }
        rows = await self.conn.execute(_DUE, places)
        for row in rows:
            self.newest_calendar = row.newest_calendar
        found = self._take(rows)
        self._mended = {id_ for id_, row in zip(found, rows, strict=True) if row.stuck is not None}
        return found

    def _take(self, rows: Result) -> list[UUID]:
        found = []
        for row in rows:
            case = Case.model_validate_json(row.file)
            self.cases[case.appeal_id] = case
            self._next[case.appeal_id] = row.next_due_at
            self._unjudged[case.appeal_id] = row.unjudged_from
            found.append(case.appeal_id)
        return found

    def case(self, appeal_id: UUID) -> Case:
        """The case, or `NotFound`."""
        if (case := self.cases.get(appeal_id)) is None:
            raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
        spans.about(appeal_id, case.registration_number)
        return case

    def remember(self, event: Event) -> Case:
        """Put `event` into its case's history, to be judged as soon as all before it is known.

        A time that lies behind (an import, a late arrival) waits for the next watermark like news.
        """
        case = self.cases.setdefault(
            event.appeal_id, Case(appeal_id=event.appeal_id, registration_number=event.registration_number)
        )
        moment = max(event.occurred_at, self.at - TICK)  # a watermark says: before now
        self._next[event.appeal_id] = earlier(self._next.get(event.appeal_id), moment)
        oldest = earlier(self._unjudged.get(event.appeal_id), event.occurred_at)
        self._unjudged[event.appeal_id] = oldest
        late = case.judged_upto is not None and event.occurred_at <= case.judged_upto
        self._news.append((event, late))
        self._changed.add(event.appeal_id)
        return case

    def keep(self, case: Case) -> None:
        """Write `case` when this transaction commits."""
        self._changed.add(case.appeal_id)

    def judged(self, case: Case, next_due_at: datetime | None, ahead: datetime | None) -> None:
        """Write `case` as judged; it is looked at again at `next_due_at` or at the first act `ahead`."""
        self._next[case.appeal_id] = earlier(next_due_at, ahead)
        self._unjudged[case.appeal_id] = ahead
        self._changed.add(case.appeal_id)

    def park(self, appeal_id: UUID, reason: str) -> None:
        """Leave a case that cannot be judged as it was, until news of it come or it is redriven."""
        del self.cases[appeal_id]
        self._changed.discard(appeal_id)
        self._mended.discard(appeal_id)
        self._stuck[appeal_id] = reason

    async def flush(self) -> None:
        if self._news:
            await self.conn.execute(_REMEMBER, _news_rows(self._news))
        changed = [self.cases[id_] for id_ in self._changed]
        if changed:
            await self.conn.execute(_SAVE, self._rows(changed))
        await publications.save(self.conn, changed)
        await CASES.mark_stuck(self.conn, self._stuck, self._mended)
        await super().flush()

    def _rows(self, cases: list[Case]) -> dict[str, Any]:
        return {
            "ids": [case.appeal_id for case in cases],
            "numbers": [case.registration_number for case in cases],
            "hashes": [key_hash(str(case.appeal_id)) for case in cases],
            "states": [case.state for case in cases],
            "supervised": [case.supervised() for case in cases],
            "units": [" ".join(case.blamed()) for case in cases],
            "leaders": [case.lift.leader if case.lift else None for case in cases],
            "files": [case.model_dump_json() for case in cases],
            "nexts": [self._next.get(case.appeal_id) for case in cases],
            "unjudged": [self._unjudged.get(case.appeal_id) for case in cases],
        }


def _news_rows(news: Sequence[tuple[Event, bool]]) -> dict[str, Any]:
    return {
        "events": [event.id for event, _ in news],
        "appeals": [event.appeal_id for event, _ in news],
        "types": [event.type for event, _ in news],
        "bodies": [event.model_dump_json() for event, _ in news],
        "late": [late for _, late in news],
    }


class Remembered(NamedTuple):
    """An act in the history of a case. `late`: it came when its moment had been judged."""

    type: str
    body: str
    late: bool

    def event(self) -> Event:
        """The event. Raises for one that this release does not know."""
        return CATALOGUE[self.type].model_validate_json(self.body)


async def histories(conn: Connection, keys: Collection[UUID]) -> dict[UUID, list[Remembered]]:
    """What is known of these cases, in no order."""
    found: dict[UUID, list[Remembered]] = {key: [] for key in keys}
    for row in await conn.execute(_HISTORY, {"keys": list(keys)}):
        found[row.appeal_id].append(Remembered(row.type, row.event, row.late))
    return found


async def heard(conn: Connection, topics: Collection[str]) -> dict[int, datetime]:
    """Up to when all of `topics` are complete here, by partition; one that lacks a topic is left out."""
    rows = await conn.execute(_HEARD, {"topics": list(topics), "topics_count": len(topics)})
    return {row.partition: row.upto for row in rows}
