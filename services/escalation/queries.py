"""What escalation reads from its database and writes into it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.escalation.document import CaseDocument
from services.escalation.publications.queries import save_publications
from shared.database.connection import Connection, Result
from shared.database.rows import Writes, excluded, insert
from shared.directory.leaders import NOBODY, Led
from shared.events import CATALOGUE, AppealCorrected, AppealReceived, Event
from shared.judging.sight import SEEN, Sight
from shared.messaging.broker import key_hash
from shared.rules.judging.state import CaseState
from shared.rules.terms import DeadlineKind
from shared.web.paging import Page

_LOCK = text(
    """
    select cast(file as text) as file, next_due_at, unjudged_from from cases
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_LOCK_DUE = text(  # one range of the index, in order, read no further than the limit
    """
    select cast(c.file as text) as file, c.next_due_at, c.unjudged_from, c.stuck,
      (select max(id) from calendars) as newest_calendar
    from cases c
    where c.next_due_at <= cast(:latest as timestamptz)
      and c.next_due_at <= (cast(:uptos as timestamptz[]))[cast(mod(c.hash, :count) as int) + 1]
    order by c.next_due_at limit :limit
    for update of c skip locked
    """
)
_SAVE = insert(
    "cases",
    {
        "appeal_id": "uuid",
        "registration_number": "text",
        "hash": "bigint",
        "state": "text",
        "supervised": "boolean",
        "units": "text[]",
        "leader": "text",
        "file": "jsonb",
        "next_due_at": "timestamptz",
        "unjudged_from": "timestamptz",
    },
    then="on conflict (appeal_id) do update set "
    + excluded("state", "supervised", "units", "leader", "file", "next_due_at", "unjudged_from"),
)
_REMEMBER = insert(
    "history",
    {"event_id": "uuid", "appeal_id": "uuid", "type": "text", "event": "text", "late": "boolean"},
    then="on conflict do nothing",
)
_HISTORIES = text(
    "select appeal_id, type, event, late from history where appeal_id = any(cast(:keys as uuid[]))"
)
_MARK_LATE = text("update history set late = not late where late <> (event_id = any(cast(:ids as uuid[])))")
_HEARD = text(
    """
    select partition, min(watermark) as upto from heard where topic = any(cast(:topics as text[]))
    group by partition having count(*) = :topics_count and count(watermark) = :topics_count
    """
)
_CASES = """
    select registration_number, file from cases
    where registration_number > :after
      and (cast(:state as text) is null or state = :state)
      and (cast(:unit as text) is null or units @> array[cast(:unit as text)])
      and (cast(:leaders as text[]) is null or leader = any(cast(:leaders as text[]))
        or (cast(:others as text[]) is not null and jsonb_array_length(coalesce(file->'lifts', '[]')) > 0
          and not coalesce(leader = any(cast(:others as text[])), false)))
      and {seen}
      {supervised}
    order by registration_number limit :limit
"""
_ALL_CASES = text(_CASES.format(seen=SEEN, supervised=""))
_SUPERVISED_CASES = text(_CASES.format(seen=SEEN, supervised="and supervised"))
_UNIT_RECORDS = text(
    f"""
    with seen as (select file from cases where {SEEN}), counted as (
      select card->>'unit' as unit, 1 as cards, 0 as kept, 0 as broken, 0 as running
      from seen, jsonb_array_elements(file->'cards') card where card->>'status' <> 'withdrawn'
      union all
      select promise->>'unit', 0, cast(promise->>'verdict' = 'met' as int),
        cast(promise->>'verdict' = 'overdue' as int), cast(promise->>'verdict' = 'open' as int)
      from seen, jsonb_array_elements(file->'deadlines') promise
      where promise->>'deadline' = :promise and promise->>'verdict' <> 'void'
    )
    select unit, sum(cards) as cards, sum(kept + broken + running) as promised,
      sum(kept) as kept, sum(broken) as broken
    from counted
    where unit > :after and (cast(:unit as text) is null or unit = :unit)
    group by unit order by unit limit :limit
    """
)
_CASE = text("select file from cases where appeal_id = :id")
_CASE_WITH_TITLE = text(
    """
    select c.file, (
      select cast(h.event as json)->>'title' from history h
      where h.appeal_id = c.appeal_id and h.type = any(cast(:titled as text[]))
        and cast(h.event as json)->>'title' is not null
      order by cast(cast(h.event as json)->>'occurred_at' as timestamptz) desc limit 1
    ) as title
    from cases c where c.appeal_id = :id
    """
)
_JUDGED = text(
    f"""
    select appeal_id, registration_number, file, next_due_at, unjudged_from, stuck
    from cases where registration_number > :after and {SEEN} order by registration_number limit :limit
    """
)


class Remembered(NamedTuple):
    """An act in the history of a case. `late`: it came when its moment had been judged."""

    type: str
    body: str
    late: bool

    def event(self) -> Event:
        """The event. Raises for one that this release does not know."""
        return CATALOGUE[self.type].model_validate_json(self.body)


async def lock(conn: Connection, keys: Collection[UUID]) -> Result:
    """These cases, locked in the order of their ids."""
    return await conn.execute(_LOCK, {"keys": list(keys)})


async def lock_due(conn: Connection, uptos: Mapping[int, datetime], partitions: int, limit: int) -> Result:
    """The cases that are due by the moment of their partition, the longest due first; others lock theirs."""
    values = {
        "uptos": [uptos.get(partition) for partition in range(partitions)],
        "latest": max(uptos.values()),
        "count": partitions,
        "limit": limit,
    }
    return await conn.execute(_LOCK_DUE, values)


def save(
    writes: Writes,
    cases: Sequence[CaseDocument],
    next_due: Mapping[UUID, datetime | None],
    unjudged_from: Mapping[UUID, datetime | None],
) -> None:
    """Have cases written with the moments at which they are judged again, and their publications."""
    rows = [
        {
            "appeal_id": case.appeal_id,
            "registration_number": case.registration_number,
            "hash": key_hash(str(case.appeal_id)),
            "state": case.state,
            "supervised": case.supervised(),
            "units": case.blamed(),
            "leader": (case.lift.named or case.lift.leader) if case.lift else None,
            "file": case.stored(),
            "next_due_at": next_due.get(case.appeal_id),
            "unjudged_from": unjudged_from.get(case.appeal_id),
        }
        for case in cases
    ]
    writes.add(_SAVE, rows)
    save_publications(writes, cases)


def remember(writes: Writes, news: Sequence[tuple[Event, bool]]) -> None:
    """Have events put into the histories of their cases, each with whether it came late."""
    rows = [(event.id, event.appeal_id, event.type, event.model_dump_json(), late) for event, late in news]
    writes.add(_REMEMBER, rows)


async def histories(conn: Connection, keys: Collection[UUID]) -> dict[UUID, list[Remembered]]:
    """The acts of these cases, in no order."""
    acts: dict[UUID, list[Remembered]] = {key: [] for key in keys}
    for row in await conn.execute(_HISTORIES, {"keys": list(keys)}):
        acts[row.appeal_id].append(Remembered(row.type, row.event, row.late))
    return acts


async def mark_late(conn: Connection, ids: Sequence[UUID]) -> None:
    """Have exactly these acts, of all histories, marked as late."""
    await conn.execute(_MARK_LATE, {"ids": list(ids)})


async def heard(conn: Connection, topics: Collection[str]) -> dict[int, datetime]:
    """Up to when all of `topics` are complete here, by partition; one that lacks a topic is left out."""
    rows = await conn.execute(_HEARD, {"topics": list(topics), "topics_count": len(topics)})
    return {row.partition: row.upto for row in rows}


async def cases(
    conn: Connection,
    page: Page,
    sight: Sight,
    *,
    state: CaseState | None = None,
    unit: str | None = None,
    led: Led = NOBODY,
    supervised: bool = False,
) -> list[dict[str, Any]]:
    """A page of cases by registration number, and one more where there are more; `unit` is one blamed.

    `led`: those lifted to one of its `names`; with `others` also those lifted to none of these.
    """
    values = {
        **sight.values,
        "after": page.after_text,
        "limit": page.limit + 1,
        "state": state,
        "unit": unit,
        "leaders": None if led.names is None else list(led.names),
        "others": None if led.others is None else list(led.others),
    }
    rows = await conn.execute(_SUPERVISED_CASES if supervised else _ALL_CASES, values)
    return [row.file for row in rows]


async def unit_records(conn: Connection, page: Page, sight: Sight, unit: str | None) -> list[dict[str, Any]]:
    """A page of what is counted of each unit, by its code, and one more where there are more."""
    values = {
        **sight.values,
        "promise": DeadlineKind.PROMISE.value,
        "unit": unit,
        "after": page.after_text,
        "limit": page.limit + 1,
    }
    counted = ("unit", "cards", "promised", "kept", "broken")
    rows = await conn.execute(_UNIT_RECORDS, values)
    return [{name: getattr(row, name) for name in counted} for row in rows]


async def case(conn: Connection, appeal_id: UUID) -> dict[str, Any] | None:
    """A case as it is stored."""
    file: dict[str, Any] | None = (await conn.execute(_CASE, {"id": appeal_id})).scalar()
    return file


async def case_with_title(conn: Connection, appeal_id: UUID) -> tuple[CaseDocument, str] | None:
    """A case, and the title of its appeal."""
    values = {"id": appeal_id, "titled": [AppealReceived.type, AppealCorrected.type]}
    row = (await conn.execute(_CASE_WITH_TITLE, values)).one_or_none()
    return None if row is None else (CaseDocument.model_validate(row.file), row.title or "")


async def judged_cases(conn: Connection, sight: Sight, after: str, limit: int) -> Sequence[Any]:
    """Cases in `sight` by registration number, with the moments at which they are judged again."""
    return (await conn.execute(_JUDGED, {**sight.values, "after": after, "limit": limit})).all()
