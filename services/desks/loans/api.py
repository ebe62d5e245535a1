"""Open loan requests and legs of banks over HTTP, by remaining working time."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.desks.finding import pages
from services.desks.finding.conditions import position
from services.desks.finding.names import with_names
from services.desks.finding.parameters import Name
from services.desks.finding.units import codes_of
from services.desks.legs.remaining import with_remaining
from services.desks.loans import queries
from services.desks.loans.answers import ListedBankLegs, ListedLoans
from services.desks.loans.queries import WantedLoans
from services.desks.resources import resources_of
from services.desks.rows.cases import Row
from shared.roles import AccountRole
from shared.service.service import ServiceContext
from shared.states import BankLegState, LoanState
from shared.web.bodies import Moment
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Requested

router = APIRouter(tags=["desks"])
LOANS, BANK_LEGS = "loans", "bank legs"
"""The orders that cursors belong to."""
BankCode = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,20}$")]


@router.get(
    "/loans",
    summary="融资需求，按剩余工作时间 / Open loan requests by remaining time",
    response_model=ListedLoans,
)
async def loans(
    conn: Reading,
    page: Paged,
    request: Requested,
    state: LoanState | None = None,
    locality: Name = None,
    overdue: bool | None = None,
    due_before: Moment | None = None,
    count: bool = False,
) -> Response:
    """The open loan requests, those due first; what has no limit comes last."""
    now, after = request.context.clock.now(), position(page.after, LOANS)
    localities = await codes_of(conn, locality, "locality")
    wanted = WantedLoans(state, None, localities, overdue, due_before)
    rows = await queries.loans(conn, wanted, now, after, page.limit + 1)
    counted = pages.counted(await queries.count_loans(conn, wanted, now)) if count else None
    shown = [_shown(row, request.context) for row in rows]
    return pages.answer(page, shown, LOANS, "loan_id", request.context.zone, count=counted)


@router.get(
    "/bank-legs",
    summary="银行承办件，按剩余工作时间 / Open legs of banks by remaining time",
    response_model=ListedBankLegs,
)
async def bank_legs(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    bank: BankCode = None,
    state: BankLegState | None = None,
    locality: Name = None,
    overdue: bool | None = None,
    due_before: Moment | None = None,
    count: bool = False,
) -> Response:
    """The open legs of all banks, those due first; a bank reads its own alone."""
    now, after = request.context.clock.now(), position(page.after, BANK_LEGS)
    localities = await codes_of(conn, locality, "locality")
    own = (called.code or "") if called.role == AccountRole.BANK else bank
    wanted = WantedLoans(state, own, localities, overdue, due_before)
    rows = await queries.bank_legs(conn, wanted, now, after, page.limit + 1)
    counted = pages.counted(await queries.count_bank_legs(conn, wanted, now)) if count else None
    shown = [_shown(row, request.context) for row in rows]
    return pages.answer(page, shown, BANK_LEGS, "leg_id", request.context.zone, count=counted)


def _shown(row: Row, context: ServiceContext) -> Row:
    remaining = with_remaining({**row, "office_hours": None}, context, context.clock.now())
    return with_names(remaining, resources_of(context))
