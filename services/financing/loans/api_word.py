"""What the enterprise says of its request over HTTP: by its receipt code, or noted by the window."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from services.financing.answers import ChangedLoan
from services.financing.loans import acts, enterprise_word
from services.financing.loans.api import Change, change
from services.financing.loans.api_status import opened
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import go_on
from services.financing.work import Work
from shared.web.request import Acting
from shared.web.status import CodeHeader, NumberPath

router = APIRouter(tags=["financing"])
Leg = Annotated[int, Path(ge=1, le=999)]


def _answer_withdrawal(leg: int, by: str | None) -> Change:
    def answer(work: Work, loan: LoanDocument, body: acts.AnswerWithdrawal) -> None:
        work.say(loan, [enterprise_word.answer_withdrawal(loan, leg, body, work.at, by)])
        work.say(loan, go_on(loan, work.at, work.banks))

    return answer


@router.post(
    "/status/{registration_number}/legs/{leg}/withdrawals",
    summary="企业确认或否认向某一银行撤回 / Say whether one withdrew from a bank",
    response_model=ChangedLoan,
)
async def answer_withdrawal(
    registration_number: NumberPath,
    leg: Leg,
    receipt_code: CodeHeader,
    body: acts.AnswerWithdrawal,
    request: Acting,
) -> Response:
    """The enterprise confirms or denies what a bank said, or withdraws from this bank alone."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await change(request, loan.case_id, body, _answer_withdrawal(leg, None))


@router.post(
    "/requests/{loan_id}/legs/{leg}/withdrawals",
    summary="窗口登记企业是否向某一银行撤回 / Note whether the enterprise withdrew from a bank",
    response_model=ChangedLoan,
)
async def note_withdrawal(loan_id: UUID, leg: Leg, body: acts.NoteWithdrawal, request: Acting) -> Response:
    """The window notes what the enterprise said when it was asked."""
    return await change(request, loan_id, body, _answer_withdrawal(leg, request.caller.name))


@router.post(
    "/status/{registration_number}/ratings",
    summary="企业评价融资服务 / Rate how the request was handled",
    response_model=ChangedLoan,
)
async def rate(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.RateLoan, request: Acting
) -> Response:
    """The enterprise rates how its request was handled, once a bank has come to a result."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await change(request, loan.case_id, body, _rate)


def _rate(work: Work, loan: LoanDocument, body: acts.RateLoan) -> None:
    work.say(loan, [enterprise_word.rate(loan, body, work.at)])


@router.post(
    "/requests/{loan_id}/follow-ups",
    summary="窗口回访企业 / Note a call to the enterprise",
    response_model=ChangedLoan,
)
async def follow_up(loan_id: UUID, body: acts.FollowUpLoan, request: Acting) -> Response:
    """The window called the enterprise about how it went, with its rating where it gave one."""
    by = request.caller.name

    def call(work: Work, loan: LoanDocument, body: acts.FollowUpLoan) -> None:
        work.say(loan, enterprise_word.follow_up(loan, body, work.at, by))

    return await change(request, loan_id, body, call)
