"""Erases what financing keeps no longer, by rules of the city."""

from datetime import datetime

from services.financing.retaining import queries
from services.financing.retaining.queries import EndedLoan
from services.financing.work import Work
from shared.service.retention import Retained, Then
from shared.service.service import ServiceContext
from shared.web.writer import Answer


async def erase_due(context: ServiceContext, moment: datetime) -> int:
    """Erase some of what ended before this moment; returns of how many loan requests."""
    loans = await queries.due(context.reader.reading(), moment)
    for loan in loans:
        await _erase(context, loan)
    return len(loans)


async def _erase(context: ServiceContext, ended: EndedLoan) -> None:
    def do(work: Work) -> Answer:
        loan = work.loan(ended.loan_id)
        if loan.erased_at is None:
            work.erase_persons(loan)
        return Answer("")

    await context.writer.write([ended.loan_id, *ended.complaints], do)


async def _erase_reports(context: ServiceContext, moment: datetime) -> int:
    async with context.engine.begin() as conn:
        return await queries.erase_reports(conn, moment)


RETAINED = (
    Retained("ended_cases", Then.ERASE, "the loan request ended", queries.count_due, erase_due),
    Retained("refused_reports", Then.ERASE, "it was refused", queries.count_reports, _erase_reports),
)
