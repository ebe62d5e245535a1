"""Escalation judges appeals, each up to the watermark of its partition in the topics it depends on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.escalation import engine, queries
from services.escalation.document import CaseDocument
from services.escalation.judgement import take
from services.escalation.leaders import queries as leader_queries
from services.escalation.leaders.api import say_unsaid
from services.escalation.queries import Remembered
from services.escalation.tables import CASES
from services.escalation.work import Work
from shared.database.connection import Connection
from shared.events import Event
from shared.judging import judge as shared
from shared.judging.rulebook import rulebook
from shared.messaging.broker import key_hash
from shared.rules.time.calendar import Calendars
from shared.service.clock import EPOCH
from shared.service.errors import Conflict
from shared.service.service import ServiceContext

HEARD = ("intake.events", "dispatch.events")


class EscalationJudge(shared.ServiceJudge[dict[int, datetime]]):
    """Judges the cases of one escalation service, by the partition they are in."""

    async def known(self, conn: Connection) -> dict[int, datetime]:
        """By partition: the least watermark of the topics and this service's own horizon."""
        own = await self.context.clock.horizon(conn)
        marks = await queries.heard(conn, HEARD)
        return {partition: min(mark, own) for partition, mark in marks.items()}

    def parts(self, known: dict[int, datetime]) -> dict[str, datetime]:
        return {str(partition): upto for partition, upto in known.items()}

    def complete(self, known: dict[int, datetime]) -> datetime:
        return min(known.values()) if len(known) == self.context.settings.partitions else EPOCH

    async def turn(self, known: dict[int, datetime], most: int) -> int:
        context = self.context
        if not known:
            return 0
        async with context.engine.begin() as conn:
            await self.calendars.share(conn)
            work = Work(conn, await context.clock.stamp(conn))
            due = await work.load_due(known, context.settings.partitions, most)
            if due:
                reckoned_by = await self.calendars.upto(conn, work.newest_calendar)
                histories = await queries.histories(conn, due)
                complete = await self._completing(conn, work.at)
                for appeal_id in due:
                    self._judge(work, appeal_id, histories[appeal_id], reckoned_by, known, complete)
                await work.flush()
        context.telemetry.metrics.count_said(work.published)
        return len(due)

    def _judge(
        self,
        work: Work,
        appeal_id: UUID,
        history: list[Remembered],
        reckoned_by: Calendars,
        known: dict[int, datetime],
        complete: Callable[[Event], Event],
    ) -> None:
        case = work.case(appeal_id)
        upto = known[key_hash(str(appeal_id)) % self.context.settings.partitions]
        judged = self.attempt(
            work,
            appeal_id,
            case.registration_number,
            case.traceparent,
            lambda: self._judgement(case, history, reckoned_by, upto, complete),
        )
        for event in judged.events if judged else ():
            work.emit(event)

    async def _completing(self, conn: Connection, at: datetime) -> Callable[[Event], Event]:
        """Completes an event with who acts, by the directories of now."""
        directory = await leader_queries.directory(conn)
        today = at.astimezone(self.context.zone).date()
        return lambda event: directory.completed(event, today)

    def _judgement(
        self,
        case: CaseDocument,
        history: list[Remembered],
        known: Calendars,
        upto: datetime,
        complete: Callable[[Event], Event],
    ) -> shared.JudgedCase:
        if case.pack is None:  # the watermarks say that all has arrived: nobody registered this appeal
            raise Conflict("从未收到该诉求的登记", "no registration of this appeal ever arrived")
        events = [remembered.event() for remembered in history]
        rules = rulebook(self.context).pack_of(case.pack)
        judgement = engine.judge(case.appeal_id, events, rules, known, upto)
        ahead = min((event.occurred_at for event in events if event.occurred_at > upto), default=None)
        return shared.JudgedCase(take(case, judgement, upto, complete), judgement.next_due_at, ahead)


async def judge(context: ServiceContext) -> None:
    """The task that judges."""
    await EscalationJudge(context, CASES).run()


async def wait_for_judgement(context: ServiceContext) -> None:
    """Say no watermark before the first judgement was made."""
    await shared.prepare(context, CASES)
    await say_unsaid(context)
