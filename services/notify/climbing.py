"""The task that lets acknowledgements climb which nobody gave in time."""

from services.notify import acknowledging
from services.notify.rounds import rounds
from services.notify.store import Mailroom
from shared import telemetry, tracing
from shared.runtime import Running
from shared.tracing import Span

POLL_S = 0.5


async def turn(running: Running) -> int:
    """Let climb what is due, in one transaction; returns how many messages waited in vain."""
    with tracing.together() as spans:
        return await _turn(running, spans)


async def _turn(running: Running, spans: list[Span]) -> int:
    async with running.engine.begin() as conn:
        room = Mailroom(conn, await running.clock.stamp(conn))
        found = await acknowledging.due(conn, room.at, running.settings.partitions)
        if not found:
            return 0
        await room.load({row.appeal_id for row in found})
        waiting = await acknowledging.locked(conn, found)
        climbs = []
        for row in waiting:
            spans.append(running.watch.tracer.later("climb", row.traceparent))
            telemetry.follow(spans[-1])
            climbs.append(room.climb(row))
        await acknowledging.climbed(conn, climbs)
        await room.flush()
    running.relay.poke()
    return len(found)


async def climb(running: Running) -> None:
    """Let acknowledgements climb until cancelled."""
    await rounds(running, lambda: turn(running), POLL_S, "acknowledgements")
