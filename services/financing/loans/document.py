"""The document of a loan request (融资需求) with its bank legs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.financing.contract import DeclineReason, EnterpriseShown, Evidence, PushedRequest
from services.financing.contract_fields import fen
from services.financing.document import JudgedDocument
from services.financing.loans.acts import Applicant, LoanContact, NewLoanRequest
from shared import events
from shared.encryption.fields import PERSONAL
from shared.events import Event, Verdict
from shared.rules.pack.counting import Counting
from shared.rules.terms import Rating
from shared.service.errors import Conflict
from shared.states import BankLegState, LoanState
from shared.web.sums import ShownYuan


class RecordedReport(BaseModel):
    """A report that was accepted. `late`: it was made after a deadline that it would have met."""

    report_id: str
    state: BankLegState
    evidence: Evidence
    reported_at: datetime
    late: bool = False
    done_at: datetime | None = None
    amount: ShownYuan | None = None
    rate_percent: str | None = None
    term_months: int | None = None
    reason: DeclineReason | None = None
    disbursed_on: date | None = None


class Withdrawal(BaseModel):
    """A withdrawal from one bank: asked about because the bank reported it, or said by the enterprise itself.

    `confirmed` is None until it is answered; `by` is the account that answered, None for the enterprise.
    """

    asked_at: datetime | None = None
    answered_at: datetime | None = None
    confirmed: bool | None = None
    by: str | None = None
    words: Annotated[str | None, PERSONAL] = None


class FollowUp(BaseModel):
    """A call of the window to the enterprise about how it went (回访), by the account `by`."""

    called_at: datetime
    reached: bool
    by: str
    comment: Annotated[str | None, PERSONAL] = None


class GivenRating(BaseModel):
    """The enterprise's verdict (好差评); `by` is the account that noted it, None for itself."""

    rating: Rating
    rated_at: datetime
    comment: Annotated[str | None, PERSONAL] = None
    by: str | None = None


class BankLegDocument(BaseModel):
    """A bank leg (银行分支): one bank's part of a loan request, with its reports and its judged deadlines.

    `deadlines` are the bank's; those of the window about this leg are the request's alone.
    """

    leg_id: UUID
    leg: str
    bank: str
    bank_name: str
    wave: int
    pushed_at: datetime
    state: BankLegState = BankLegState.PUSHED
    reports: list[RecordedReport] = Field(default_factory=list)
    deadlines: list[events.Deadline] = Field(default_factory=list)
    withdrawals: list[Withdrawal] = Field(default_factory=list)

    @property
    def contacted(self) -> bool:
        """Whether the bank reported that it reached the enterprise."""
        return any(report.state is BankLegState.CONTACTED for report in self.reports)

    @property
    def asked(self) -> Withdrawal | None:
        """The withdrawal that the bank reported and nobody has answered."""
        last = self.withdrawals[-1] if self.withdrawals else None
        return last if last and last.confirmed is None else None

    @property
    def offer(self) -> RecordedReport | None:
        """The offer that holds: the last one that the bank reported."""
        offers = [report for report in self.reports if report.state is BankLegState.APPROVED]
        return offers[-1] if offers else None

    @property
    def disbursed_fen(self) -> int:
        """What the bank disbursed so far. A report without a sum says that all of the offer was."""
        offered = disbursed = 0
        for report in self.reports:
            sum_ = fen(report.amount) if report.amount else None
            if report.state is BankLegState.APPROVED:
                offered = sum_ or 0
            elif report.state is BankLegState.DISBURSED:
                disbursed = max(offered, disbursed) if sum_ is None else disbursed + sum_
        return disbursed

    def overdue(self) -> bool:
        """Whether a deadline passed and was not met since."""
        return bool(self._missed())

    def silent(self, deadlines: frozenset[str]) -> bool:
        """Whether one of `deadlines` passed and was not met since."""
        return not deadlines.isdisjoint(self._missed())

    def _missed(self) -> set[str]:
        return {
            deadline.deadline
            for deadline in self.deadlines
            if deadline.verdict is Verdict.OVERDUE and deadline.met_at is None
        }


class LoanDocument(JudgedDocument):
    """A loan request. `plan`: its waves of banks; `waves`: how many of them were asked.

    `silent_on`: the deadlines after which a bank counts as silent. `met_by` says what meets each deadline and
    `counting` how time is counted, as in its pack. `asks_back`: as its pack says, a bank's word that the
    enterprise withdrew has to be confirmed. An imported request has no `wish`, and so no enterprise
    and no consent: no bank is told of it.
    """

    what: Literal["loan"] = "loan"
    source_id: str | None = None
    receipt_hash: str | None = None
    received_at: datetime
    wish: NewLoanRequest | None = None
    amount: ShownYuan
    product: str
    state: LoanState = LoanState.REGISTERED
    plan: list[list[str]] = Field(default_factory=list)
    silent_on: frozenset[str] = frozenset()
    met_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    counting: Counting | None = None
    waves: int = 0
    taken_over: bool = False
    ended: LoanState | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    legs: list[BankLegDocument] = Field(default_factory=list)
    complaints: list[UUID] = Field(default_factory=list)
    asks_back: bool = False
    rating: GivenRating | None = None
    follow_ups: list[FollowUp] = Field(default_factory=list)
    erased_at: datetime | None = None

    @property
    def banks(self) -> list[str]:
        """The banks that were asked."""
        return [leg.bank for leg in self.legs]

    @property
    def decided(self) -> bool:
        """Whether a bank has come to a result, or the office has taken over: there is something to rate."""
        return self.taken_over or any(leg.state in _RESULTS for leg in self.legs)

    @property
    def heard(self) -> bool:
        """Whether the enterprise rated, or a call about how it went reached it."""
        return self.rating is not None or any(call.reached for call in self.follow_ups)

    def columns(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "state": self.state,
            "source_id": self.source_id,
            "credit_code": self.wish.enterprise.credit_code if self.wish else None,
            "banks": self.banks,
        }

    def leg(self, number: str) -> BankLegDocument | None:
        """The leg of this number."""
        return next((leg for leg in self.legs if leg.leg == number), None)

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        return type_(occurred_at=at, appeal_id=self.case_id, registration_number=self.number, **fields)

    def require_open(self) -> None:
        """`Conflict` where the request has ended."""
        if self.ended is not None:
            raise Conflict(f"该融资需求{self.ended.zh}", f"this loan request has ended: {self.ended}")

    def settle(self) -> None:
        """Derive `state` from the end of the request and from the states of its legs."""
        states = {leg.state for leg in self.legs}
        if self.ended is not None:
            self.state = self.ended
        elif BankLegState.DISBURSED in states:
            self.state = LoanState.DISBURSED
        elif BankLegState.APPROVED in states:
            self.state = LoanState.APPROVED
        elif self.taken_over:
            self.state = LoanState.WITH_OFFICE
        else:
            self.state = LoanState.PUSHED if self.legs else LoanState.REGISTERED

    def pushed_request(self, leg: BankLegDocument) -> PushedRequest:
        """The message that pushes the request to the bank of `leg`; not for an imported request."""
        wish = self.wish
        assert wish is not None
        return PushedRequest(
            leg=leg.leg,
            pushed_at=leg.pushed_at,
            enterprise=_shown(wish.enterprise, wish.contact),
            amount=wish.amount,
            term_months=wish.term_months,
            product=wish.product,
            purpose=wish.purpose,
            first_loan=wish.first_loan,
            collateral=wish.collateral,
            locality=wish.locality,
            attachments=wish.attachments,
            consent_text_version=wish.consent.text_version,
        )


_RESULTS = (BankLegState.APPROVED, BankLegState.DECLINED, BankLegState.DISBURSED, BankLegState.WITHDRAWN)


def _shown(enterprise: Applicant, contact: LoanContact) -> EnterpriseShown:
    return EnterpriseShown(
        name=enterprise.name,
        credit_code=enterprise.credit_code,
        contact=contact.name,
        phone=contact.phone,
    )
