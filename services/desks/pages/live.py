"""Tells an open page that something in its list changed, as server-sent events; the page asks anew itself."""

import asyncio
from collections.abc import AsyncIterator, Collection
from time import monotonic
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.desks.changes import Change, Changes
from services.desks.finding.queries import unit_and_below
from services.desks.pages.rendering import HEADERS
from services.desks.pages.routing import Page, context_in, viewer_in
from services.desks.resources import resources_of
from shared.roles import READERS, UNIT
from shared.web.front import ENDING

BEAT_S = 20.0
"""A proxy closes a connection on which nothing comes for a minute."""
LASTS_S = 600.0
"""Then the browser asks again, with a session that is still in force."""
MOST_STREAMS = 200
"""Of a replica; a page without a stream shows what is new when it is loaded again."""
MOST_SHOWN = 200
STREAM = {**HEADERS, "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"}


async def live(request: Request) -> Response:
    """A stream for one open page, which names the cases that it shows. 204: no stream, and none later."""
    changes = resources_of(context_in(request)).changes
    if changes.subscribers >= MOST_STREAMS:
        return Response(status_code=204, headers=HEADERS)
    shown = [id_ for id_ in request.query_params.get("ids", "").split(",") if _is_id(id_)][:MOST_SHOWN]
    viewer = viewer_in(request)
    units = None
    if viewer.role is not None and viewer.role.acts_as is UNIT:
        async with context_in(request).reader.connect() as conn:
            units = await unit_and_below(conn, viewer.code or "")
    ending: asyncio.Event | None = request.scope.get(ENDING)
    return StreamingResponse(told(changes, shown, units, ending or asyncio.Event()), headers=STREAM)


async def told(
    changes: Changes, shown: Collection[str], units: Collection[str] | None, ending: asyncio.Event
) -> AsyncIterator[str]:
    """An event for each change that concerns the page, and a beat where none comes."""
    queue, ends_at = changes.subscribe(), monotonic() + LASTS_S
    try:
        yield "retry: 3000\n\n"
        while monotonic() < ends_at and not ending.is_set():
            change = await _next(queue, ending)
            if change is None:
                yield ": beat\n\n"
            elif change.concerns(shown, units):
                yield "event: changed\ndata:\n\n"
    finally:
        changes.unsubscribe(queue)


async def _next(queue: "asyncio.Queue[Change]", ending: asyncio.Event) -> Change | None:
    """The next change; None after a beat, or when the server ends."""
    change, end = asyncio.ensure_future(queue.get()), asyncio.ensure_future(ending.wait())
    try:
        done, _ = await asyncio.wait((change, end), timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        return change.result() if change in done else None
    finally:
        change.cancel()
        end.cancel()


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


PAGES = (Page("GET", "/live", live, READERS),)
