"""Lists of loan requests and of their legs over HTTP, for the office and for other services."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.financing.answers import JudgedLoan, OverdueLeg, WindowLoan
from services.financing.loans import queries
from services.financing.loans.document import LoanDocument
from services.financing.loans.views import for_window
from services.financing.readers import FIELDS
from shared.addresses.credit_codes import CreditCode
from shared.service.errors import NotFound
from shared.states import LoanState
from shared.web.answers import PageOf
from shared.web.openapi import VERSIONED
from shared.web.paging import Page, Paged
from shared.web.request import Called, Reading, json

router = APIRouter(tags=["financing"])


def part(page: Page) -> dict[str, Any]:
    """The part of a list that a page asks for, by number, and one item more."""
    return {"after": page.after_text, "limit": page.limit + 1}


@router.get("/requests", summary="融资需求列表 / List loan requests", response_model=PageOf[WindowLoan])
async def requests(
    conn: Reading,
    called: Called,
    page: Paged,
    state: LoanState | None = None,
    credit_code: Annotated[CreditCode | None, Query()] = None,
) -> Response:
    """All loan requests by number, from their registration; optionally in one state or of one enterprise."""
    loans = await queries.loans(conn, **part(page), state=state, credit_code=credit_code)
    shown = [FIELDS.shown(for_window(loan), called.role) for loan in loans]
    return page.answer(shown, "registration_number")


@router.get(
    "/requests/{loan_id}",
    summary="查看融资需求 / Read a loan request",
    response_model=WindowLoan,
    responses=VERSIONED,
)
async def request(loan_id: UUID, conn: Reading, called: Called) -> Response:
    """One loan request with its bank legs, reports and deadlines. Decisions name its ETag."""
    loan = await queries.loan(conn, loan_id)
    if loan is None:
        raise _no_such_loan()
    return json(FIELDS.shown(for_window(loan), called.role), etag=loan.version)


def _no_such_loan() -> NotFound:
    return NotFound("没有这项融资需求", "no such loan request here", "loan_id")


@router.get("/overdue", summary="超期的银行 / Bank legs that are overdue", response_model=PageOf[OverdueLeg])
async def overdue(conn: Reading, page: Paged) -> Response:
    """Bank legs with a deadline that passed and was not met since."""
    rows = await queries.overdue_legs(conn, **part(page))
    return page.answer([_overdue(row) for row in rows], "leg")


def _overdue(row: Any) -> dict[str, Any]:
    late = [
        deadline
        for deadline in row.deadlines
        if deadline["verdict"] == "overdue" and deadline["met_at"] is None
    ]
    return {
        "leg": row.leg,
        "loan_id": row.case_id,
        "bank": row.bank,
        "state": row.state,
        "pushed_at": row.pushed_at,
        "overdue": [{"deadline": deadline["deadline"], "due_at": deadline["due_at"]} for deadline in late],
    }


@router.get(
    "/cases", summary="全部判定结果 / List loan requests as last judged", response_model=PageOf[JudgedLoan]
)
async def cases(conn: Reading, page: Paged) -> Response:
    """All loan requests as last judged, in the shape of escalation's cases."""
    loans = await queries.loans(conn, **part(page))
    return page.answer([_case(loan) for loan in loans], "registration_number")


def _case(loan: LoanDocument) -> dict[str, Any]:
    return {
        "appeal_id": loan.case_id,
        "registration_number": loan.number,
        "source_id": loan.source_id,
        "pack": loan.pack,
        "state": loan.judged_state,
        "rounds": 1 if loan.legs else 0,
        "cards_counted": 0,
        "lifted_at": None,
        "deadlines": [deadline.model_dump(mode="json") for deadline in loan.deadlines],
    }
