"""Whom to contact about a loan request or a complaint, in full, over HTTP: for a reason, and on record."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.financing.answers import LoanContact, WholeLoanContact
from services.financing.complaints import queries as complaint_queries
from services.financing.loans import queries
from services.financing.readers import LoanFieldKind
from shared.service.errors import NotFound
from shared.web.purposes import Reading as ReadingFor
from shared.web.reads import put_on_record
from shared.web.request import Reading, json

router = APIRouter(tags=["financing"])
KINDS = (LoanFieldKind.CONTACT.value,)
SHOWN = ("name", "phone", "email", "language")


@router.post(
    "/requests/{loan_id}/contact-readings",
    summary="查看完整联系方式 / Read whom to contact in full",
    response_model=WholeLoanContact,
)
async def read_contact(loan_id: UUID, body: ReadingFor, conn: Reading, http_request: Request) -> Response:
    """Whom to contact about a loan request, in full, for a purpose that is put on record."""
    contact = await queries.contact(conn, loan_id)
    if contact is None:
        raise _no_such_loan()
    return await _whole(http_request, loan_id, contact, body)


@router.post(
    "/complaints/{complaint_id}/contact-readings",
    summary="查看投诉人完整联系方式 / Read whom to contact about a complaint in full",
    response_model=WholeLoanContact,
)
async def read_complainant(
    complaint_id: UUID, body: ReadingFor, conn: Reading, http_request: Request
) -> Response:
    """Whom to contact about a complaint, in full, for a purpose that is put on record."""
    complaint = await complaint_queries.complaint(conn, complaint_id)
    if complaint is None:
        raise NotFound("没有这项投诉", "no such complaint here", "complaint_id")
    contact = complaint.contact.model_dump(mode="json") if complaint.contact else {}
    return await _whole(http_request, complaint_id, contact, body)


async def _whole(request: Request, case_id: UUID, contact: dict[str, Any], body: ReadingFor) -> Response:
    await put_on_record(request, [case_id], KINDS, purpose=body.purpose, reason=body.reason)
    return json({name: contact.get(name) for name in SHOWN})


@router.get(
    "/requests/{loan_id}/contact",
    summary="企业联系方式 / How the enterprise is reached",
    response_model=LoanContact,
)
async def contact(loan_id: UUID, conn: Reading, http_request: Request) -> Response:
    """How the enterprise is reached, for the service that writes to it; null for an imported request."""
    contact = await queries.contact(conn, loan_id)
    if contact is None:
        raise _no_such_loan()
    await put_on_record(http_request, [loan_id], KINDS, purpose="message")
    return json({name: contact.get(name) for name in ("phone", "email", "language")})


def _no_such_loan() -> NotFound:
    return NotFound("没有这项融资需求", "no such loan request here", "loan_id")
