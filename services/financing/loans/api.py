"""Financing over HTTP: loan requests, their public status, and what enterprise and window do to them."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy import text

from services.financing.complaints.document import ComplaintDocument
from services.financing.complaints.domain import complain
from services.financing.enterprises.api import EnterpriseKey, completed
from services.financing.loans import acts, domain
from services.financing.loans.document import LoanDocument, LoanState
from services.financing.loans.status import full, public
from services.financing.rules import pack_now, routing_now
from services.financing.work import Work
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import NotFound
from shared.service.receipts import CHANCE_BYTES, opens, receipt_code, receipt_hash
from shared.web.request import Page, Paged, Reading, RequestContext, Requested, json
from shared.web.writer import Answer

router = APIRouter(tags=["financing"])

Number = Annotated[str, Path(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$")]
ReceiptCode = Annotated[str, Header(max_length=100)]
Do = Callable[[Work, LoanDocument, Any], None]


@router.post("/requests", status_code=201)
async def register(body: acts.LoanRequestBody, request: Requested) -> Response:
    """Register a loan request and push it to its first banks. The receipt code is told here alone.

    The window need not repeat the name and locality of an enterprise it knows, nor say whether this is its
    first loan. The public says all of it: who asks by a foreign credit code learns nothing.
    """
    running, at_window = request.context, request.caller.role in (AccountRole.OPERATOR, AccountRole.OFFICE)
    whose = EnterpriseKey(body.enterprise.credit_code)
    pack, routing, zone = pack_now(running), routing_now(running), running.zone
    loan_id, code = uuid4(), receipt_code(secrets.token_bytes(CHANCE_BYTES))

    def do(desk: Work) -> Answer:
        wish = completed(body, desk.enterprises.get(whose.credit_code) if at_window else None)
        day = desk.at.astimezone(zone).date()
        n = desk.last[day] + 1
        number = domain.registration_number(pack.prefix, day, n)
        loan, said = domain.register(
            wish, loan_id, number, pack, desk.at, receipt_hash(code), routing, desk.banks
        )
        desk.number(day)
        if at_window:
            desk.meet(wish)
        desk.say(loan, said)
        answer = {
            "loan_id": loan_id,
            "registration_number": loan.number,
            "receipt_code": code,
            "received_at": loan.received_at.astimezone(zone),
            "state": loan.state,
            "legs": [{"leg": leg.leg, "bank": leg.bank, "bank_name": leg.bank_name} for leg in loan.legs],
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([zone, whose] if at_window else [zone], do)


_LIST = text(
    """
    select number, cast(file as text) as file from cases
    where what = 'loan' and number > :after
      and (cast(:state as text) is null or state = :state)
      and (cast(:credit_code as text) is null or credit_code = :credit_code)
    order by number limit :limit
    """
)


@router.get("/requests")
async def requests(
    conn: Reading,
    page: Paged,
    state: LoanState | None = None,
    credit_code: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{18}$")] = None,
) -> Response:
    """All loan requests, the office's from their first moment; those of one enterprise by its credit code."""
    values = {"state": state, "credit_code": credit_code}
    rows = await conn.execute(_LIST, values | after(page))
    return page.answer([_row(row) for row in rows], "registration_number")


def after(page: Page) -> dict[str, Any]:
    """Where a page of cases by number begins, and one more than its length."""
    return {"after": str(page.after[0]) if page.after else "", "limit": page.limit + 1}


def _row(row: Any) -> dict[str, Any]:
    loan = LoanDocument.model_validate_json(row.file)
    return {"registration_number": loan.number, **full(loan)}


@router.get("/requests/{loan_id}")
async def request(loan_id: UUID, conn: Reading) -> Response:
    """One loan request with its bank legs, reports and deadlines. Its ETag is what a decision names."""
    query = text("select cast(file as text) from cases where case_id = :id and what = 'loan'")
    file = (await conn.execute(query, {"id": loan_id})).scalar()
    if file is None:
        raise NotFound("没有这项融资需求", "no such loan request here", "loan_id")
    loan = LoanDocument.model_validate_json(file)
    return json({"registration_number": loan.number, **full(loan)}, etag=loan.version)


_OPENED = text("select cast(file as text) from cases where number = :number and what = 'loan'")
_COMPLAINTS = text(
    """
    select cast(file as text) from cases
    where case_id = any(cast(:ids as uuid[])) and what = 'complaint' order by number
    """
)


async def opened(conn: Connection, number: str, code: str) -> LoanDocument:
    """The loan request that the receipt code opens."""
    file = (await conn.execute(_OPENED, {"number": number})).scalar()
    loan = LoanDocument.model_validate_json(file) if file else None
    if not opens(code, loan.receipt_hash if loan else None) or loan is None:
        raise NotFound(
            "编号或回执码不符，请核对",
            "no loan request has this number and receipt code: check both",
            "registration_number",
        )
    return loan


@router.get("/status/{registration_number}")
async def status(
    registration_number: Number, receipt_code: ReceiptCode, conn: Reading, request: Requested
) -> Response:
    """How a request stands with every bank, deadlines explained, for whoever has its receipt code."""
    loan = await opened(conn, registration_number, receipt_code)
    rows = await conn.execute(_COMPLAINTS, {"ids": loan.complaints})
    complaints = [ComplaintDocument.model_validate_json(row) for row in rows.scalars()]
    return json(public(loan, complaints, request.context.zone), etag=loan.version)


def _end(how: LoanState) -> Do:
    def do(desk: Work, loan: LoanDocument, body: Any) -> None:
        loan.outcome = getattr(body, "outcome", None)
        desk.say(loan, [domain.end(loan, how, desk.at)])

    return do


def _push(desk: Work, loan: LoanDocument, body: acts.PushToBanks) -> None:
    desk.say(loan, domain.push(loan, body.banks, desk.at, desk.banks))


async def _do(
    request: RequestContext, loan_id: UUID, body: acts.LoanAct, do: Do, *, decision: bool = False
) -> Response:
    def act(desk: Work) -> Answer:
        loan = desk.loan(loan_id).model_copy(deep=True)
        request.check(loan.version, needed=decision)
        do(desk, loan, body)
        loan.version += 1
        answer = {"registration_number": loan.number, "state": loan.state, "version": loan.version}
        return Answer(orjson.dumps(answer).decode(), 200, str(loan.version))

    return await request.write([loan_id], act)


@router.post("/requests/{loan_id}/pushes")
async def push(loan_id: UUID, body: acts.PushToBanks, request: Requested) -> Response:
    """The office asks further banks itself."""
    return await _do(request, loan_id, body, _push, decision=True)


@router.post("/requests/{loan_id}/closures")
async def close(loan_id: UUID, body: acts.CloseLoan, request: Requested) -> Response:
    """The office closes the request; what is not yet due falls away."""
    return await _do(request, loan_id, body, _end(LoanState.CLOSED), decision=True)


@router.post("/requests/{loan_id}/withdrawals")
async def withdraw_at_window(loan_id: UUID, body: acts.WithdrawLoan, request: Requested) -> Response:
    """The window takes the request back for the enterprise."""
    return await _do(request, loan_id, body, _end(LoanState.WITHDRAWN))


@router.post("/requests/{loan_id}/consent-withdrawals")
async def withdraw_consent_at_window(
    loan_id: UUID, body: acts.WithdrawConsent, request: Requested
) -> Response:
    """The window takes the consent back for the enterprise."""
    return await _do(request, loan_id, body, _end(LoanState.CONSENT_WITHDRAWN))


@router.post("/requests/{loan_id}/complaints", status_code=201)
async def complain_at_window(loan_id: UUID, body: acts.Complain, request: Requested) -> Response:
    """The window takes down a complaint about a bank; it goes to the regulator."""
    return await _complain(request, loan_id, body)


@router.post("/status/{registration_number}/withdrawals")
async def withdraw(
    registration_number: Number, receipt_code: ReceiptCode, body: acts.WithdrawLoan, request: Requested
) -> Response:
    """The enterprise takes its request back; the banks are told."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await _do(request, loan.case_id, body, _end(LoanState.WITHDRAWN))


@router.post("/status/{registration_number}/consent-withdrawals")
async def withdraw_consent(
    registration_number: Number, receipt_code: ReceiptCode, body: acts.WithdrawConsent, request: Requested
) -> Response:
    """The enterprise takes its consent back: what has not left stays, and banks that know are told."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await _do(request, loan.case_id, body, _end(LoanState.CONSENT_WITHDRAWN))


@router.post("/status/{registration_number}/complaints", status_code=201)
async def complain_by_enterprise(
    registration_number: Number, receipt_code: ReceiptCode, body: acts.Complain, request: Requested
) -> Response:
    """The enterprise complains about an unreasonable demand of a bank; it goes to the regulator."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await _complain(request, loan.case_id, body)


async def _complain(request: RequestContext, loan_id: UUID, body: acts.Complain) -> Response:
    complaint_id, pack = uuid4(), pack_now(request.context)
    by = request.caller.name if request.caller.role else "enterprise"

    def do(desk: Work) -> Answer:
        loan = desk.loan(loan_id).model_copy(deep=True)
        complaint, event = complain(loan, body, complaint_id, desk.at, by, pack.ref)
        desk.keep(loan)
        desk.say(complaint, [event])
        answer = {"complaint_id": complaint_id, "complaint": complaint.number, "bank": complaint.bank}
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([loan_id], do)
