"""When cases are judged: as soon as everything that bears on them has arrived, and when a deadline is due.

A case is judged up to a moment before which nothing that bears on it is missing. It lies neither beyond this
service's own horizon nor beyond the watermark of any topic the case depends on: a reply that is still in a
backlog is waited for.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from shared.database.connection import Connection
from shared.database.retry import keep_running
from shared.events import Event
from shared.judging import calendars
from shared.judging.cases import Cases
from shared.judging.settings import JudgingSettings
from shared.judging.telemetry import COUNTERS, JUDGEMENTS
from shared.judging.work import JudgingWork
from shared.messaging.batching import Pace
from shared.rules.time.notices import published
from shared.service.clock import EPOCH, TICK, WallClock
from shared.service.errors import redacted
from shared.service.service import ServiceContext
from shared.telemetry import spans
from shared.telemetry.context import use_span
from shared.telemetry.metrics import Gauge, Rows
from shared.telemetry.spans import Span

BATCH = 200
LONGEST_REST_S = 1.0  # another replica may have heard what this one waits for
QUIET_GAP_S, BUSY_GAP_S = 0.1, 0.4
LIVE_GAP_S = 1.0
"""Under load on the wall clock: the acts of a case within this time share one judgement."""
FIRST_PATIENCE_S = 0.5
LONGEST_PATIENCE_S = 60.0
SETTLED_S = 0.15  # past a due moment: the horizons of the others have passed it too
DELAY = Gauge("huying_judgement_delay_seconds", "Since the moment up to which is judged", ("partition",))
WAITING = Gauge("huying_judgement_waiting_seconds", "How long the case due longest has not been judged")
Known = TypeVar("Known")


class JudgedCase(NamedTuple):
    """What is new to say of a case; when it is due again, and when its first act not judged by occurs."""

    events: list[Event]
    next_due_at: datetime | None
    ahead: datetime | None


class ServiceJudge(ABC, Generic[Known]):
    """Judges the cases of one service. Replicas share the work by row locks."""

    def __init__(self, context: ServiceContext, cases: Cases) -> None:
        self.context = context
        self.calendars = calendars.KnownCalendars(context.zone)
        self._cases = cases
        self._patience_s = FIRST_PATIENCE_S
        self._asked_at = float("-inf")
        driven = context.settings.clock == "driven"  # its driver waits for each judgement
        self._pace = Pace(QUIET_GAP_S, BUSY_GAP_S if driven else LIVE_GAP_S)
        self._uptos: dict[str, datetime] = {}
        self._due_at: datetime | None = None
        self._spans: list[Span] = []
        metrics = context.telemetry.metrics
        metrics.add_gauge(DELAY, self._delays)
        metrics.add_gauge(WAITING, self._waiting)
        for counter in COUNTERS:  # shown from 0 on
            metrics.count(counter, by=0)

    @abstractmethod
    async def known(self, conn: Connection) -> Known:
        """Up to when everything that bears on cases has arrived, in each part of the cases."""

    @abstractmethod
    def parts(self, known: Known) -> dict[str, datetime]:
        """The same moments by the name of each part, for the metrics."""

    @abstractmethod
    def complete(self, known: Known) -> datetime:
        """Up to when everything has arrived for every case."""

    @abstractmethod
    async def turn(self, known: Known, most: int) -> int:
        """Judge up to `most` cases that are due, in one transaction; returns how many."""

    async def run(self) -> None:
        """Judge until cancelled."""
        await keep_running(self._judge_and_rest, self.context.log, "judgement")

    async def _judge_and_rest(self) -> None:
        self.context.news.clear()
        self._pace.begin()
        judged, due_at = await self._judge_all()
        await self._rest(due_at)
        await self._pace.rest(judged)

    def attempt(
        self,
        work: JudgingWork[Any],
        case_id: UUID,
        number: str,
        began_in: str | None,
        judge: Callable[[], JudgedCase],
    ) -> JudgedCase | None:
        """Judge one case and mark it as judged. None where that failed: the case is parked.

        A defect of one case must not stop the judge for the others. The trace of the judgement is a new one,
        linked to `began_in`, the trace in which the case began.
        """
        span = self.context.telemetry.tracer.begin_linked("judge", began_in)
        span.name_case(str(case_id), number)
        self._spans.append(span)
        use_span(span)
        try:
            judged = judge()
        except Exception as error:
            reason = f"cannot be judged: {redacted(error)}"
            span.error = type(error).__name__
            self.context.log.error("parked a case", case_id=str(case_id), reason=reason)
            work.park(case_id, reason)
            return None
        work.judged(case_id, judged.next_due_at, judged.ahead)
        return judged

    async def _traced(self, known: Known) -> int:
        """One turn; its spans end when it is committed."""
        with spans.transaction_spans() as self._spans:
            judged = await self.turn(known, BATCH)
        self.context.telemetry.metrics.count(JUDGEMENTS, by=judged)
        return judged

    async def _judge_all(self) -> tuple[int, datetime | None]:
        """Judge all cases that are due; returns how many, and when the next one is due."""
        context = self.context
        async with context.engine.connect() as conn:
            known = await self.known(conn)
        self._uptos = self.parts(known)
        judged = turn = await self._traced(known)
        while turn == BATCH:
            judged += (turn := await self._traced(known))
        async with context.engine.connect() as conn:
            waiting = await self._cases.waiting(conn)
        moments = [moment - TICK for moment in waiting if moment is not None]
        limit = min([self.complete(known), *moments])
        if limit != context.relay.limit:
            context.relay.limit = limit
            context.relay.poke()
        self._due_at = waiting[0]
        return judged, waiting[0]

    def _delays(self) -> Rows:
        now = self.context.clock.now()
        return [((part,), (now - upto).total_seconds()) for part, upto in self._uptos.items()]

    def _waiting(self) -> Rows:
        wait_s = (self.context.clock.now() - self._due_at).total_seconds() if self._due_at else 0.0
        return [((), max(0.0, wait_s))]

    async def _rest(self, due_at: datetime | None) -> None:
        """Rest until news come or a case is due; ask for watermarks where a due case waits for them."""
        context = self.context
        wait_s = LONGEST_REST_S
        if due_at is not None and isinstance(context.clock, WallClock):
            wait_s = (due_at - context.clock.now()).total_seconds() + SETTLED_S
            if wait_s > 0:
                self._patience_s = FIRST_PATIENCE_S
            else:
                self._ask()
                wait_s = LONGEST_REST_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(wait_s, LONGEST_REST_S)):
                await context.news.wait()

    def _ask(self) -> None:
        """Ask the other services for watermarks, less and less often while none comes."""
        now = asyncio.get_running_loop().time()
        if now >= self._asked_at + self._patience_s:
            self.context.relay.ask()
            self._asked_at = now
            self._patience_s = min(self._patience_s * 2, LONGEST_PATIENCE_S)


async def prepare(context: ServiceContext, cases: Cases) -> None:
    """Record the calendar of this release and have parked cases judged again.

    The service sends no watermark before its first judgement.
    """
    assert isinstance(context.settings, JudgingSettings)
    notices = published(context.settings.calendar)
    context.relay.limit = EPOCH
    async with context.engine.begin() as conn:
        at = await context.clock.stamp(conn)
        version = await calendars.record_published(conn, cases, notices, at)
        if version is not None:
            context.log.info("calendar recorded", version=version, known_from=at.isoformat())
        await cases.judge_all_again(conn)
