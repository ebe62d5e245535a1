"""Has a service handle the events of the others again at a rebuild, as if it heard them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from huying.archive.databases import Urls, connected
from huying.archive.refill import BATCH
from huying.archive.tables import HEARD_AGAIN
from services.desks.app import SERVICE as DESKS
from services.desks.settings import DesksSettings
from shared.events import CATALOGUE, Event
from shared.messaging import wire
from shared.service.clock import EPOCH
from shared.service.errors import HuyingError
from shared.service.service import ServiceContext

_INBOX = text("insert into inbox (event_id) select unnest(cast(:ids as uuid[]))")
_EVENTS = "select event_id, type, occurred_at, body from outbox where topic = $1 order by seq"


async def hear_again(urls: Urls) -> None:
    """Fill the tables of the desks, which follow from the events of all services."""
    settings = DesksSettings(database=urls[HEARD_AGAIN], clock="driven", accounts=None)
    context = ServiceContext(DESKS, settings.model_copy(update={"seal_key": None}))
    try:
        for service in DESKS.hears:
            await handle_again(service, urls[service], context, EPOCH)
    finally:
        await context.engine.dispose()


async def handle_again(service: str, url: str, context: ServiceContext, at: datetime) -> None:
    """Have the service of `context` handle what `service` said. ValueError names an event that it cannot."""
    handlers = context.service.handlers
    async for events in read_events(service, url):
        known = [event for event in events if type(event) in handlers]
        async with context.engine.begin() as conn:
            await conn.execute(_INBOX, {"ids": [event.id for event in known]})
            work = context.work(conn, at)
            await work.load({key for event in known for key in work.keys_of(event)})
            for event in known:
                try:
                    handlers[type(event)](work, event)
                except (HuyingError, LookupError, ArithmeticError) as error:
                    raise _unfit(event.id, error) from error
            await work.flush()


async def read_events(service: str, url: str) -> AsyncIterator[list[Event]]:
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
