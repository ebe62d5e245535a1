"""A loan request over HTTP for its enterprise, which opens it with number and receipt code."""

from fastapi import APIRouter, Response

from services.financing.answers import ChangedLoan, LoanStatus
from services.financing.complaints.queries import complaints_with_ids
from services.financing.loans import acts, queries
from services.financing.loans.api import change, end_as
from services.financing.loans.document import LoanDocument
from services.financing.loans.views import for_enterprise
from shared.database.connection import Connection
from shared.service.errors import NotFound
from shared.service.receipts import opens
from shared.states import LoanState
from shared.web.openapi import VERSIONED
from shared.web.request import Acting, Reading, Requested, json
from shared.web.status import CodeHeader, NumberPath

router = APIRouter(prefix="/status/{registration_number}", tags=["financing"])


async def opened(conn: Connection, number: str, receipt_code: str) -> LoanDocument:
    """The loan request with this number that the receipt code opens, or `NotFound`.

    Only the right code has the request read and parsed: how long a refusal takes does not tell
    which numbers exist.
    """
    kept_hash = await queries.receipt_hash_of(conn, number)
    loan = await queries.loan_numbered(conn, number) if opens(receipt_code, kept_hash) else None
    if loan is None:
        raise NotFound(
            "编号或回执码不符，请核对",
            "no loan request has this number and receipt code: check both",
            "registration_number",
        )
    return loan


@router.get(
    "",
    summary="凭回执码查询融资需求 / Read a loan request by its receipt code",
    response_model=LoanStatus,
    responses=VERSIONED,
)
async def status(
    registration_number: NumberPath, receipt_code: CodeHeader, conn: Reading, request: Requested
) -> Response:
    """How a request stands with every bank, deadlines explained, for whoever has its receipt code."""
    loan = await opened(conn, registration_number, receipt_code)
    complaints = await complaints_with_ids(conn, loan.complaints)
    return json(for_enterprise(loan, complaints, request.context.zone), etag=loan.version)


@router.post(
    "/withdrawals",
    summary="企业撤回融资需求 / Withdraw a request as the enterprise",
    response_model=ChangedLoan,
)
async def withdraw(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.WithdrawLoan, request: Acting
) -> Response:
    """The enterprise takes its request back; the banks are told."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await change(request, loan.case_id, body, end_as(LoanState.WITHDRAWN))


@router.post(
    "/consent-withdrawals",
    summary="企业撤回授权 / Withdraw the consent as the enterprise",
    response_model=ChangedLoan,
)
async def withdraw_consent(
    registration_number: NumberPath,
    receipt_code: CodeHeader,
    body: acts.WithdrawConsent,
    request: Acting,
) -> Response:
    """The enterprise takes its consent back: unsent messages are dropped, banks that know are told."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await change(request, loan.case_id, body, end_as(LoanState.CONSENT_WITHDRAWN))
