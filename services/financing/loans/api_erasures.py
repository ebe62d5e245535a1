"""Loan requests over HTTP for the rights of persons: all that is kept of one's own, and its erasure."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from services.financing.answers import OwnLoanData
from services.financing.complaints.document import ComplaintDocument
from services.financing.complaints.queries import complaints_with_ids
from services.financing.loans import acts, queries
from services.financing.loans.api_status import opened
from services.financing.loans.document import LoanDocument
from services.financing.work import Work
from shared.appeals.answers import ErasureReceipt
from shared.service.errors import Conflict, NotFound
from shared.web.request import Deciding, Reading, Requested, json
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["financing"])


@router.post(
    "/requests/{loan_id}/erasures",
    summary="删除个人信息 / Erase the personal data of a loan request",
    response_model=ErasureReceipt,
)
async def erase(loan_id: UUID, body: acts.ErasePersons, conn: Reading, request: Deciding) -> Response:
    """Erase the contact and what people wrote of an ended request and its complaints; notify follows.

    The answer is the receipt: what was erased here. What a bank was sent is the bank's to erase.
    """
    loan = await queries.loan(conn, loan_id)
    if loan is None:
        raise NotFound("没有这项融资需求", "no such loan request here", "loan_id")

    def do(work: Work) -> Answer:
        loan = work.loan(loan_id)
        request.check(loan.version)
        if loan.ended is None:
            raise Conflict("该融资需求尚未办结", "this loan request is open: it is handled to its end first")
        emitted_before = len(work.pending)
        work.erase_persons(loan)
        event = work.pending[emitted_before].event
        fields = event.model_dump(mode="json", include=set(ErasureReceipt.model_fields))
        return Answer(orjson.dumps(fields).decode(), 200, str(work.loan(loan_id).version))

    return await request.write([loan_id, *loan.complaints], do)


@router.get(
    "/status/{registration_number}/data",
    summary="导出本企业的信息 / All that is kept of one's own",
    response_model=OwnLoanData,
)
async def own_data(
    registration_number: NumberPath, receipt_code: CodeHeader, conn: Reading, request: Requested
) -> Response:
    """What the enterprise said of itself and of its wish, as financing keeps it, for its receipt code."""
    loan = await opened(conn, registration_number, receipt_code)
    return json(_own(loan, await complaints_with_ids(conn, loan.complaints)))


def _own(loan: LoanDocument, complaints: list[ComplaintDocument]) -> dict[str, Any]:
    wish = loan.wish
    own_fields = {"enterprise", "contact", "purpose", "collateral", "locality", "consent", "attachments"}
    return {
        "registration_number": loan.number,
        "received_at": loan.received_at,
        "amount": loan.model_dump(mode="json", include={"amount"})["amount"],
        "product": loan.product,
        "wish": wish and wish.model_dump(mode="json", include=own_fields),
        "comment": loan.rating and loan.rating.comment,
        "complaints": [complaint.text for complaint in complaints],
    }
