"""The timer that escalates cards and lifts nobody acknowledged in time: the next in rank is told.

It escalates only what was due before the watermark of the topic that cards come from, so that it does not
miss an acknowledgement that waits in a backlog. Each step starts when the one before it ended. What was
acknowledged late, but before the timer ran, is not escalated.
"""

from services.notify.acknowledgements import work as acknowledgements
from services.notify.work import Work
from shared.database.retry import keep_running
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import Span, transaction_spans

POLL_S = 0.5


async def escalate_due(context: ServiceContext) -> int:
    """Escalate what is due, in one transaction; returns how many acknowledgements were due."""
    with transaction_spans() as spans:
        return await _escalate_due(context, spans)


async def _escalate_due(context: ServiceContext, spans: list[Span]) -> int:
    async with context.engine.begin() as conn:
        work = context.work(conn, await context.clock.stamp(conn))
        assert isinstance(work, Work)
        overdue = await acknowledgements.due(conn, work.at, context.settings.partitions)
        if not overdue:
            return 0
        await work.load({row.appeal_id for row in overdue})
        steps = []
        for row in await acknowledgements.locked(conn, overdue):
            spans.append(context.telemetry.tracer.begin_linked("escalate", row.traceparent))
            use_span(spans[-1])
            steps.append(work.escalate(row))
        await acknowledgements.escalate(conn, steps)
        await work.flush()
    context.relay.poke()
    return len(overdue)


async def escalate(context: ServiceContext) -> None:
    """Escalate until cancelled."""
    await keep_running(lambda: escalate_due(context), context.log, "acknowledgements", rest_s=POLL_S)
