"""What the lists of loan requests and of legs of banks answer, as the OpenAPI document describes it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.desks.finding.answers import Counted
from shared.events import AmountBand, Rating
from shared.states import BankLegState, LoanState
from shared.web.answers import PageOf


class ListedLoan(BaseModel):
    """One open loan request. The enterprise and the amount are at financing.

    `due_at` is null where nothing is due; `remaining_minutes` is working time, negative once overdue.
    """

    loan_id: UUID
    registration_number: str
    pack: str
    product: str
    amount_band: AmountBand
    first_loan: bool
    locality: str | None
    locality_name: str | None
    state: LoanState
    rating: Rating | None
    requested_at: datetime
    updated_at: datetime
    due_at: datetime | None
    deadline: str | None
    deadline_name: str | None
    overdue: bool
    remaining_minutes: int | None


class ListedLoans(PageOf[ListedLoan]):
    """A part of a list of loan requests. `count` is there where it was asked for."""

    count: Counted | None


class ListedBankLeg(BaseModel):
    """One open leg of a bank; times as those of loan requests."""

    leg_id: UUID
    leg: str
    loan_id: UUID
    registration_number: str
    pack: str
    product: str
    amount_band: AmountBand
    locality: str | None
    locality_name: str | None
    bank: str
    bank_name: str
    wave: int
    state: BankLegState
    pushed_at: datetime
    reported_at: datetime | None
    due_at: datetime | None
    deadline: str | None
    deadline_name: str | None
    overdue: bool
    remaining_minutes: int | None


class ListedBankLegs(PageOf[ListedBankLeg]):
    """A part of a list of legs of banks. `count` is there where it was asked for."""

    count: Counted | None
