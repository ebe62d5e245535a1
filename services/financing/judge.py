"""Financing judges requests and complaints; a request also waits for what its banks wrote on Kafka."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.financing import engine, queries
from services.financing.banks.kafka import queries as kafka_queries
from services.financing.document import JudgedDocument
from services.financing.judgement import take
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import go_on
from services.financing.queries import RememberedFact
from services.financing.rules import newest_pack, pack_of, routing_now
from services.financing.tables import CASES
from services.financing.work import Work
from shared.database.connection import Connection
from shared.judging import judge as shared
from shared.rules.judging.decide import decide
from shared.rules.time.calendar import Calendars
from shared.service.clock import EPOCH
from shared.service.service import ServiceContext


class Known(NamedTuple):
    """This service's own horizon, and up to when the replies of each bank on Kafka are here."""

    own: datetime
    replies: dict[str, datetime]


class FinancingJudge(shared.ServiceJudge[Known]):
    """Judges the cases of one financing service."""

    async def known(self, conn: Connection) -> Known:
        own = await self.context.clock.horizon(conn)
        heard = await kafka_queries.complete_upto(conn)
        codes = await kafka_queries.banks_on_kafka(conn)
        return Known(own, {code: heard.get(code, EPOCH) for code in codes})

    def parts(self, known: Known) -> dict[str, datetime]:
        return {"own": known.own, **known.replies}

    def complete(self, known: Known) -> datetime:
        return min([known.own, *known.replies.values()])

    async def turn(self, known: Known, most: int) -> int:
        context = self.context
        async with context.engine.begin() as conn:
            await self.calendars.share(conn)
            work = Work(conn, await context.clock.stamp(conn))
            rows = await queries.lock_due(conn, known.own, known.replies, most)
            due = work.take(rows)
            if due:
                await work.load_banks()
                reckoned_by = await self.calendars.upto(conn, rows[-1].newest_calendar)
                histories = await queries.histories(conn, due)
                for case_id, row in zip(due, rows, strict=True):
                    self._judge(work, work.cases[case_id], histories[case_id], reckoned_by, row.upto)
                await work.flush()
        context.telemetry.metrics.count_said(work.published)
        return len(due)

    def _judge(
        self,
        work: Work,
        case: JudgedDocument,
        history: Sequence[RememberedFact],
        reckoned_by: Calendars,
        upto: datetime,
    ) -> None:
        judged = self.attempt(
            work,
            case.case_id,
            case.number,
            case.traceparent,
            lambda: self._judgement(case, history, reckoned_by, upto),
        )
        if judged is not None:
            work.say(case, judged.events)
            if isinstance(case, LoanDocument):
                work.say(case, go_on(case, work.at, work.banks))

    def _judgement(
        self, case: JudgedDocument, history: Sequence[RememberedFact], known: Calendars, upto: datetime
    ) -> shared.JudgedCase:
        acts = [act for remembered in history for act in engine.to_acts(remembered.event())]
        judgement = decide(case.case_id, acts, pack_of(self.context, case.pack), known, upto)
        ahead = min((act.occurred_at for act in acts if act.occurred_at > upto), default=None)
        return shared.JudgedCase(take(case, judgement, upto), judgement.next_due_at, ahead)


async def judge(context: ServiceContext) -> None:
    """The task that judges."""
    await FinancingJudge(context, CASES).run()


async def wait_for_judgement(context: ServiceContext) -> None:
    """Refuse a pack or routing rules that cannot be used; say no watermark before the first judgement."""
    newest_pack(context)
    routing_now(context)
    await shared.prepare(context, CASES)
