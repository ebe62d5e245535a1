"""Reads of personal data are put on record where they are answered, and refusals where they are made.

A task tells of the rows in events of the service, soon after.
"""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import Request

from shared.audit import reads
from shared.audit.reads import Read
from shared.database.errors import DATABASE_ERRORS
from shared.database.retry import keep_running
from shared.telemetry.context import current_span, use_span
from shared.web.hiding import id_of
from shared.web.request import client_address, service

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

GATHER_S = 0.5
"""So long after a read others are waited for, that they share an event."""
LOOK_S = 60.0
"""So often one looks for rows that another replica left."""


async def put_on_record(
    request: Request,
    cases: Collection[UUID],
    kinds: Collection[str],
    *,
    purpose: str | None = None,
    reason: str | None = None,
) -> None:
    """Put on record that the caller reads these kinds of field of these cases, before it is answered."""
    context = service(request)
    read = _read(request, cases, kinds, purpose=purpose, reason=reason)
    span = current_span()
    use_span(None)  # the number of the case is not known yet, which each span of a case has
    try:
        async with context.engine.begin() as conn:
            await reads.add(conn, read, await context.clock.stamp(conn))
    finally:
        use_span(span)
    context.read_news.set()


async def note_refusal(request: Request) -> None:
    """Put on record that the caller was refused a case (403). A database that is away does not matter."""
    context = service(request)
    parameters = context.service.case_parameters
    cases = [id_ for name in parameters if (id_ := id_of(request.path_params.get(name))) is not None]
    if not cases or request.state.caller.role is None:
        return
    try:
        await put_on_record(request, cases, ())
    except DATABASE_ERRORS as error:
        context.log.warning("a refusal is not on record", reason=str(error))


def _read(request: Request, cases: Collection[UUID], kinds: Collection[str], **why: Any) -> Read:
    context, caller = service(request), request.state.caller
    route = f"{request.method} {request.scope['route'].path}"
    address = client_address(request, behind_proxy=context.settings.behind_proxy) or "-"
    return Read(caller.name, str(caller.may), caller.code, address, cases, kinds, route, **why)


async def tell_of_reads(context: "ServiceContext") -> None:
    """Tell of the reads on record, in batches, for ever."""
    await keep_running(lambda: _tell(context), context.log, "reads on record")


async def _tell(context: "ServiceContext") -> None:
    while True:
        while await _tell_of_some(context):
            context.wake()
        try:
            async with asyncio.timeout(LOOK_S):
                await context.read_news.wait()
        except TimeoutError:
            continue
        await asyncio.sleep(GATHER_S)
        context.read_news.clear()


async def _tell_of_some(context: "ServiceContext") -> bool:
    """Publish one event of rows that no event has yet; False where there are none."""
    make_event = context.service.reads_event
    assert make_event is not None
    async with context.engine.begin() as conn:
        rows = await reads.unrecorded(conn)
        if not rows:
            return False
        work = context.work(conn, await context.clock.stamp(conn))
        event = make_event(work.at, [reads.entry(row) for row in rows])
        work.emit(event)
        await reads.mark_recorded(conn, rows, event.id)
        await work.flush()
    return True
