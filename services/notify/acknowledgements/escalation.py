"""The task that lets acknowledgements climb which nobody gave in time."""

from services.notify.acknowledgements import work as acknowledgements
from services.notify.polling_loop import run_polling_loop
from services.notify.work import Work
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import Span, together

POLL_S = 0.5


async def turn(context: ServiceContext) -> int:
    """Let climb what is due, in one transaction; returns how many messages waited in vain."""
    with together() as spans:
        return await _turn(context, spans)


async def _turn(context: ServiceContext, spans: list[Span]) -> int:
    async with context.engine.begin() as conn:
        room = context.work(conn, await context.clock.stamp(conn))
        assert isinstance(room, Work)
        found = await acknowledgements.due(conn, room.at, context.settings.partitions)
        if not found:
            return 0
        await room.load({row.appeal_id for row in found})
        waiting = await acknowledgements.locked(conn, found)
        climbs = []
        for row in waiting:
            spans.append(context.telemetry.tracer.later("climb", row.traceparent))
            use_span(spans[-1])
            climbs.append(room.climb(row))
        await acknowledgements.climbed(conn, climbs)
        await room.flush()
    context.relay.poke()
    return len(found)


async def climb(context: ServiceContext) -> None:
    """Let acknowledgements climb until cancelled."""
    await run_polling_loop(context, lambda: turn(context), POLL_S, "acknowledgements")
