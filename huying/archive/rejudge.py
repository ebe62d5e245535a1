"""Derives the judge's tables at a rebuild: escalation handles every event again and judges anew."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from huying.archive.databases import Urls, connected
from huying.archive.refill import BATCH, JUDGE
from services.escalation import queries, restore
from services.escalation.app import SERVICE as ESCALATION
from services.escalation.judge import EscalationJudge
from services.escalation.tables import CASES
from services.escalation.work import Work
from shared.events import CATALOGUE, Event
from shared.judging.rulebook import rulebook
from shared.judging.settings import RulesSettings
from shared.messaging import wire
from shared.messaging.watermarks import save_watermarks
from shared.service.clock import EPOCH, TICK, DrivenClock
from shared.service.errors import HuyingError
from shared.service.service import ServiceContext

CASES_AT_ONCE = 200
_INBOX = text("insert into inbox (event_id) select unnest(cast(:ids as uuid[]))")
_EVENTS = "select event_id, type, occurred_at, body from outbox where topic = $1 order by seq"


def judge_on(url: str, header: Mapping[str, Any]) -> EscalationJudge:
    """The judge on escalation's new database. ValueError where a pack of the city is missing."""
    upto = header["judged_upto"]
    settings = RulesSettings(database=url, clock="driven", partitions=max(len(upto), 1), accounts=None)
    context = ServiceContext(ESCALATION, settings.model_copy(update={"seal_key": None}))
    for ref in header["packs"]:
        try:
            rulebook(context).pack_of(ref)
        except HuyingError as error:
            raise ValueError(
                f"{error}; set HUYING_PACK, HUYING_PROCEDURES and HUYING_PACK_SETTINGS as the city had them"
                " / 请按原城市设置规则包及其参数"
            ) from error
    return EscalationJudge(context, CASES)


async def derive(urls: Urls, judge: EscalationJudge, late: Sequence[UUID], header: Mapping[str, Any]) -> None:
    """Let the judge handle all events, restore what it issued itself, and judge what is due."""
    upto = {int(index): datetime.fromisoformat(at) for index, at in header["judged_upto"].items()}
    at = min(upto.values(), default=EPOCH) + TICK
    for service in ESCALATION.hears:
        await _handle(service, urls[service], judge.context, at)
    await _restore(urls[JUDGE], judge.context, at)
    marks = {
        (f"{service}.events", index): wire.Watermark(upto=mark, after=0)
        for service in ESCALATION.hears
        for index, mark in upto.items()
    }
    async with judge.context.engine.begin() as conn:
        await queries.mark_late(conn, late)
        await save_watermarks(conn, "", marks)
    assert isinstance(judge.context.clock, DrivenClock)
    judge.context.clock.advance(max(upto.values(), default=EPOCH) + TICK)
    while await judge.turn(upto, CASES_AT_ONCE) == CASES_AT_ONCE:
        pass


async def _handle(service: str, url: str, context: ServiceContext, at: datetime) -> None:
    async for events in _read_events(service, url):
        known = [event for event in events if type(event) in ESCALATION.handlers]
        async with context.engine.begin() as conn:
            await conn.execute(_INBOX, {"ids": [event.id for event in known]})
            work = Work(conn, at)
            await work.load({key for event in known for key in work.keys_of(event)})
            for event in known:
                try:
                    ESCALATION.handlers[type(event)](work, event)
                except (HuyingError, LookupError, ArithmeticError) as error:
                    raise _unfit(event.id, error) from error
            await work.flush()


async def _restore(url: str, context: ServiceContext, at: datetime) -> None:
    async for events in _read_events(JUDGE, url):
        async with context.engine.begin() as conn:
            await restore.restore(Work(conn, at), events)


async def _read_events(service: str, url: str) -> AsyncIterator[list[Event]]:
    """The events of a service, in order, in batches, without types that this release does not know."""
    async with connected(service, url) as conn, conn.transaction():
        rows: list[Any] = []
        async for row in conn.cursor(_EVENTS, f"{service}.events", prefetch=BATCH):
            rows.append(row)
            if len(rows) == BATCH:
                yield _events(service, rows)
                rows = []
        if rows:
            yield _events(service, rows)


def _events(service: str, rows: Sequence[Any]) -> list[Event]:
    events = []
    for row in rows:
        if row["type"] in CATALOGUE:
            headers = wire.headers(service, row["type"], row["event_id"], row["occurred_at"], None)
            try:
                content = wire.read(headers, row["body"].encode()).content
            except (wire.Unreadable, ValueError) as error:
                raise _unfit(row["event_id"], error) from error
            assert isinstance(content, Event)
            events.append(content)
    return events


def _unfit(event_id: UUID, error: Exception) -> ValueError:
    reason = str(error).partition("\n")[0]
    return ValueError(
        f"event {event_id} cannot be handled again ({type(error).__name__}: {reason:.300}); the databases are"
        f" as they were / 事件 {event_id} 无法重新处理，数据库未改动"
    )
