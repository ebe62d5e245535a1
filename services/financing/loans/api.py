"""Loan requests over HTTP: what the window and the office do to them."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Response

from services.financing.answers import ChangedLoan, RegisteredLoan
from services.financing.enterprises.domain import EnterpriseKey, completed
from services.financing.loans import acts, domain
from services.financing.loans.document import LoanDocument
from services.financing.loans.enterprise_word import require_closable
from services.financing.rules import pack_of, pack_on, routing_now
from services.financing.work import Work
from shared.roles import AccountRole
from shared.service.receipts import CHANCE_BYTES, receipt_code, receipt_hash
from shared.service.service import ServiceContext
from shared.states import LoanState
from shared.web.request import Acting, Deciding, WriteContext, Writing
from shared.web.writer import Answer

router = APIRouter(prefix="/requests", tags=["financing"])

Change = Callable[[Work, LoanDocument, Any], None]


@router.post(
    "", summary="登记融资需求 / Register a loan request", response_model=RegisteredLoan, status_code=201
)
async def register(body: acts.LoanRequestBody, request: Writing) -> Response:
    """Register a loan request and push it to its first banks. Only this answer holds the receipt code.

    The window may leave out the name and locality of an enterprise it knows, and whether this is its first
    loan. The public must give all of these, so that nobody learns them by another enterprise's credit code.
    """
    context, at_window = request.context, request.caller.role in (AccountRole.OPERATOR, AccountRole.OFFICE)
    enterprise = EnterpriseKey(body.enterprise.credit_code)
    routing, zone = routing_now(context), context.zone
    loan_id, code = uuid4(), receipt_code(secrets.token_bytes(CHANCE_BYTES))

    def do(work: Work) -> Answer:
        wish = completed(body, work.enterprises.get(enterprise.credit_code) if at_window else None)
        pack, day = pack_on(context, work.at), work.at.astimezone(zone).date()
        number = domain.registration_number(pack.prefix, day, work.last_numbers[day] + 1)
        loan, events = domain.register(
            wish, loan_id, number, pack, work.at, receipt_hash(code), routing, work.banks
        )
        work.next_number(day)
        if at_window:
            work.keep_enterprise(wish)
        work.say(loan, events)
        answer = {
            "loan_id": loan_id,
            "registration_number": loan.number,
            "receipt_code": code,
            "received_at": loan.received_at.astimezone(zone),
            "state": loan.state,
            "legs": [{"leg": leg.leg, "bank": leg.bank, "bank_name": leg.bank_name} for leg in loan.legs],
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([zone, enterprise] if at_window else [zone], do)


async def change(request: WriteContext, loan_id: UUID, body: acts.LoanAct, change: Change) -> Response:
    """Apply `change` to a loan request. Answers its state and new version."""

    def do(work: Work) -> Answer:
        loan = work.loan(loan_id).model_copy(deep=True)
        request.check(loan.version)
        change(work, loan, body)
        loan.version += 1
        answer = {"registration_number": loan.number, "state": loan.state, "version": loan.version}
        return Answer(orjson.dumps(answer).decode(), 200, str(loan.version))

    return await request.write([loan_id], do)


def push_to_banks(work: Work, loan: LoanDocument, body: acts.PushToBanks) -> None:
    """Ask the banks that the office names."""
    work.say(loan, domain.push(loan, body.banks, work.at, work.banks))


def close_loan(context: ServiceContext) -> Change:
    """The change that closes a loan request, where it has what its pack needs for that."""

    def close(work: Work, loan: LoanDocument, body: acts.CloseLoan) -> None:
        require_closable(loan, pack_of(context, loan.pack).closure)
        end_as(LoanState.CLOSED)(work, loan, body)

    return close


def end_as(state: LoanState) -> Change:
    """The change that ends a loan request in `state`."""

    def end(work: Work, loan: LoanDocument, body: Any) -> None:
        loan.outcome = getattr(body, "outcome", None)
        work.say(loan, [domain.end(loan, state, work.at)])

    return end


@router.post("/{loan_id}/pushes", summary="追加推送银行 / Ask further banks", response_model=ChangedLoan)
async def push(loan_id: UUID, body: acts.PushToBanks, request: Deciding) -> Response:
    """The office asks further banks itself."""
    return await change(request, loan_id, body, push_to_banks)


@router.post("/{loan_id}/closures", summary="办结归档 / Close a loan request", response_model=ChangedLoan)
async def close(loan_id: UUID, body: acts.CloseLoan, request: Deciding) -> Response:
    """The office closes the request once the enterprise was heard; deadlines not yet due fall away."""
    return await change(request, loan_id, body, close_loan(request.context))


@router.post(
    "/{loan_id}/withdrawals",
    summary="窗口代为撤回 / Withdraw a request for the enterprise",
    response_model=ChangedLoan,
)
async def withdraw_at_window(loan_id: UUID, body: acts.WithdrawLoan, request: Acting) -> Response:
    """The window takes the request back for the enterprise."""
    return await change(request, loan_id, body, end_as(LoanState.WITHDRAWN))


@router.post(
    "/{loan_id}/consent-withdrawals",
    summary="窗口代为撤回授权 / Withdraw the consent for the enterprise",
    response_model=ChangedLoan,
)
async def withdraw_consent_at_window(loan_id: UUID, body: acts.WithdrawConsent, request: Acting) -> Response:
    """The window takes the consent back for the enterprise."""
    return await change(request, loan_id, body, end_as(LoanState.CONSENT_WITHDRAWN))
