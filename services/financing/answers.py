"""What financing answers about loan requests, enterprises and complaints, for its OpenAPI document."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import Attachment, DeclineReason
from services.financing.enterprises.acts import EnterpriseBody
from services.financing.loans.acts import Applicant, Consent
from services.financing.loans.acts import LoanContact as GivenContact
from services.financing.loans.document import LoanDocument
from services.financing.views import INTERNAL
from shared import events
from shared.events import Verdict
from shared.events.loans import AmountBand
from shared.rules.pack.parts import Title
from shared.rules.terms import Rating
from shared.states import BankLegState, LoanState
from shared.web.answers import Shown
from shared.web.sums import ShownYuan


class AskedBank(BaseModel):
    """A bank that the request was pushed to."""

    leg: str
    bank: str
    bank_name: str


class RegisteredLoan(BaseModel):
    """A registered loan request, with the receipt code that only this answer holds."""

    loan_id: UUID
    registration_number: str
    receipt_code: str
    received_at: datetime
    state: LoanState
    legs: list[AskedBank]


class ChangedLoan(BaseModel):
    """A loan request after an act on it."""

    registration_number: str
    state: LoanState
    version: int


class ShownDeadline(BaseModel):
    """A deadline as people see it, with its explanation."""

    deadline: str
    title: dict[str, str]
    due_at: datetime | None
    met_at: datetime | None
    verdict: Verdict
    clause: str
    ground: Title
    explanation: dict[str, str]


class Offer(BaseModel):
    """What a bank offers: yuan, interest a year in percent, months."""

    amount: ShownYuan | None
    rate_percent: str | None
    term_months: int | None


class ShownReport(BaseModel):
    """What a bank reported. `late`: after a deadline that it would have met. `amount` is in yuan."""

    state: BankLegState
    reported_at: datetime
    late: bool
    how: str | None
    text: str | None
    amount: ShownYuan | None
    disbursed_on: date | None


class ShownWithdrawal(BaseModel):
    """A withdrawal from one bank; `asked_at`: when the bank said so; `confirmed` is null until then."""

    asked_at: datetime | None
    answered_at: datetime | None
    confirmed: bool | None


class ShownRating(BaseModel):
    """The enterprise's rating."""

    rating: Rating
    rated_at: datetime


class ShownLeg(BaseModel):
    """One bank's part of the request, as the enterprise sees it. `offer` is the last, `disbursed` in yuan."""

    leg: str
    bank: str
    bank_name: str
    state: BankLegState
    state_zh: str
    pushed_at: datetime
    offer: Offer | None
    disbursed: ShownYuan | None
    reason: DeclineReason | None
    reports: list[ShownReport]
    withdrawal: ShownWithdrawal | None
    deadlines: list[ShownDeadline]


class ShownComplaint(BaseModel):
    """A complaint as the enterprise that made it sees it."""

    complaint: str
    bank: str
    bank_name: str
    complained_at: datetime
    state: Literal["open", "decided"]
    founded: bool | None
    result: str | None
    decided_at: datetime | None
    deadlines: list[ShownDeadline]


class LoanStatus(BaseModel):
    """A loan request as its enterprise sees it."""

    registration_number: str
    state: LoanState
    amount: ShownYuan
    product: str
    received_at: datetime
    with_office: bool
    ended_at: datetime | None
    outcome: str | None
    legs: list[ShownLeg]
    rating: ShownRating | None
    complaints: list[ShownComplaint]


class OwnWish(BaseModel):
    """What an enterprise wanted, and whom it named."""

    enterprise: Applicant
    contact: GivenContact
    purpose: str
    collateral: str
    locality: str | None
    consent: Consent
    attachments: list[Attachment]


class OwnLoanData(BaseModel):
    """What an enterprise said of itself and of its wish. `wish` is null for an imported request."""

    registration_number: str
    received_at: datetime
    amount: ShownYuan
    product: str
    wish: OwnWish | None
    comment: str | None
    complaints: list[str]


class WindowLoan(Shown, LoanDocument):
    """A loan request as the window and the office see it."""

    hidden = frozenset(INTERNAL)

    registration_number: str
    amount_band: AmountBand


class LoanContact(BaseModel):
    """How the enterprise is reached; null where the request was imported."""

    phone: str | None
    email: str | None
    language: str | None


class WholeLoanContact(LoanContact):
    """Whom to contact, in full; null where nobody was named."""

    name: str | None


class PassedDeadline(BaseModel):
    """A deadline that passed and was not met since."""

    deadline: str
    due_at: datetime


class OverdueLeg(BaseModel):
    """A bank leg with a deadline that passed."""

    leg: str
    loan_id: UUID
    bank: str
    state: BankLegState
    pushed_at: datetime
    overdue: list[PassedDeadline]


class JudgedLoan(BaseModel):
    """A loan request as last judged, in the shape of escalation's cases."""

    appeal_id: UUID
    registration_number: str
    source_id: str | None
    pack: str
    state: str
    rounds: int
    cards_counted: int
    lifted_at: None
    deadlines: list[events.Deadline]


class ImportedLoan(BaseModel):
    """A past loan request that was brought in or acted on."""

    source_id: str
    registration_number: str


class FiledComplaint(BaseModel):
    """A complaint that went to the regulator. `bank` is empty for an institution that the directory lacks."""

    complaint_id: UUID
    complaint: str
    bank: str


class FiledComplaintWithCode(FiledComplaint):
    """The same without a loan request, with the receipt code that only this answer holds."""

    receipt_code: str


class RegulatorComplaint(Shown, ComplaintDocument):
    """A complaint as the regulator and the window see it."""

    hidden = frozenset(INTERNAL)


class Enterprise(EnterpriseBody):
    """What the window knows of an enterprise."""

    credit_code: str


class RequestCounts(BaseModel):
    """How many loan requests an enterprise made, and what came of them."""

    all: int
    open: int
    approved: int
    declined: int


class BandTotals(BaseModel):
    """Requests of one band: how many, how much was asked for and approved, in yuan."""

    requests: int
    asked: ShownYuan
    approved: ShownYuan


class ComplaintCounts(BaseModel):
    """How many complaints an enterprise made."""

    all: int
    open: int
    founded: int


class EnterpriseWithRequests(Enterprise):
    """An enterprise, and what came of its requests."""

    first_seen_at: datetime
    first_loan: bool
    requests: RequestCounts
    amounts: dict[AmountBand, BandTotals]
    complaints: ComplaintCounts
