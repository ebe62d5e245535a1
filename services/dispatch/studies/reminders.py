"""The timer of joint studies: reminds invited units, and says once which opinion is late.

It says that an opinion is late only of what was due before the service's own horizon: every transaction that
might have brought the opinion in time has ended. No card follows, so the judge has no part in it.
"""

from services.dispatch.domain import studies
from services.dispatch.studies import queries
from services.dispatch.work import Work
from shared.database.retry import keep_running
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import Span, transaction_spans

POLL_S = 0.5
MOST = 200
"""Appeals of one transaction."""


async def remind_due(context: ServiceContext) -> int:
    """Say what is due, in one transaction; returns of how many appeals."""
    with transaction_spans() as spans:
        return await _remind_due(context, spans)


async def _remind_due(context: ServiceContext, spans: list[Span]) -> int:
    async with context.engine.begin() as conn:
        upto = await context.clock.horizon(conn)
        due = await queries.due(conn, upto, MOST)
        if not due:
            return 0
        work = Work(conn, await context.clock.stamp(conn))
        await work.load(due)
        for appeal_id in due:
            spans.append(context.telemetry.tracer.begin_linked("remind", None))
            use_span(spans[-1])
            appeal = work.appeal(appeal_id)
            for event in studies.remind(appeal, upto, work.at):
                work.emit(event)
            appeal.version += 1
            work.keep(appeal)
        await work.flush()
    context.telemetry.metrics.count_said(work.published)
    context.relay.poke()
    return len(due)


async def remind(context: ServiceContext) -> None:
    """Remind until cancelled."""
    await keep_running(lambda: remind_due(context), context.log, "joint studies", rest_s=POLL_S)
