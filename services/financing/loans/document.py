"""The documents of financing: a loan request with its bank legs, and a complaint about a bank."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.financing.contract import DeclineReason, Evidence, LegState, PushedRequest
from services.financing.contract import Enterprise as Shown
from services.financing.loans.acts import Asking, Contact, NewRequest
from shared import events
from shared.events import Event, Verdict
from shared.service.errors import Conflict, NotFound


class LoanState(StrEnum):
    """How a loan request stands (融资需求). From `WITHDRAWN` on they are final."""

    REGISTERED = "registered"
    PUSHED = "pushed"
    WITH_OFFICE = "with_office"
    APPROVED = "approved"
    DISBURSED = "disbursed"
    WITHDRAWN = "withdrawn"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CLOSED = "closed"


ENDED = (LoanState.WITHDRAWN, LoanState.CONSENT_WITHDRAWN, LoanState.CLOSED)


class Reported(BaseModel):
    """A report that was taken, and when it counts as reported. `late`: after a deadline it meets."""

    report_id: str
    state: LegState
    evidence: Evidence
    reported_at: datetime
    late: bool = False
    done_at: datetime | None = None
    amount: str | None = None
    rate_percent: str | None = None
    term_months: int | None = None
    reason: DeclineReason | None = None


class BankLegFile(BaseModel):
    """One bank's share (银行分支): its reports, and its deadlines as last judged, explained."""

    leg_id: UUID
    leg: str
    bank: str
    bank_name: str
    wave: int
    pushed_at: datetime
    state: LegState = LegState.PUSHED
    reports: list[Reported] = Field(default_factory=list)
    deadlines: list[events.Deadline] = Field(default_factory=list)

    def overdue(self) -> bool:
        """Whether a deadline passed and was not met since."""
        return any(d.verdict is Verdict.OVERDUE and d.met_at is None for d in self.deadlines)

    def silent(self, deadlines: frozenset[str]) -> bool:
        """Whether one of `deadlines` passed and was not met since."""
        late = (d for d in self.deadlines if d.verdict is Verdict.OVERDUE and d.met_at is None)
        return any(d.deadline in deadlines for d in late)


class Judged(BaseModel):
    """What is judged: a case of the engine, up to `judged_upto`.

    `said` are the ids of what the judge said of it; never said again. `judged_state` is the engine's word.
    `traceparent` is where it began.
    """

    case_id: UUID
    number: str
    pack: str
    judged_state: str = "registered"
    deadlines: list[events.Deadline] = Field(default_factory=list)
    said: set[UUID] = Field(default_factory=set)
    judged_upto: datetime | None = None
    traceparent: str | None = None
    version: int = 0

    @property
    def banks(self) -> list[str]:
        """The banks it is about."""
        raise NotImplementedError

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        raise NotImplementedError


class Loan(Judged):
    """A loan request. `plan` are the waves of banks; `waves` says how many of them were asked.

    `met_by` is its pack's: what meets each deadline.

    One that was imported has no enterprise and no consent, and no bank is told of it.
    """

    what: Literal["loan"] = "loan"
    source_id: str | None = None
    receipt_hash: str | None = None
    received_at: datetime
    wish: NewRequest | None = None
    amount: str
    product: str
    state: LoanState = LoanState.REGISTERED
    plan: list[list[str]] = Field(default_factory=list)
    silent_on: frozenset[str] = frozenset()
    met_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    waves: int = 0
    taken_over: bool = False
    ended: LoanState | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    legs: list[BankLegFile] = Field(default_factory=list)
    complaints: list[UUID] = Field(default_factory=list)

    @property
    def banks(self) -> list[str]:
        return [leg.bank for leg in self.legs]

    def leg(self, number: str) -> BankLegFile | None:
        """The leg of this number."""
        return next((leg for leg in self.legs if leg.leg == number), None)

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        return type_(occurred_at=at, appeal_id=self.case_id, registration_number=self.number, **fields)

    def require_open(self) -> None:
        """`Conflict` where the request has ended."""
        if self.ended is not None:
            raise Conflict(f"该融资需求{_ENDED_ZH[self.ended]}", f"this loan request has ended: {self.ended}")

    def settle(self) -> None:
        """Bring `state` in line with legs and ends."""
        states = {leg.state for leg in self.legs}
        if self.ended is not None:
            self.state = self.ended
        elif LegState.DISBURSED in states:
            self.state = LoanState.DISBURSED
        elif LegState.APPROVED in states:
            self.state = LoanState.APPROVED
        elif self.taken_over:
            self.state = LoanState.WITH_OFFICE
        else:
            self.state = LoanState.PUSHED if self.legs else LoanState.REGISTERED

    def pushed_request(self, leg: BankLegFile) -> PushedRequest:
        """What the leg's bank is told. There must be a wish: not of an imported request."""
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


_ENDED_ZH = {
    LoanState.WITHDRAWN: "已撤回",
    LoanState.CONSENT_WITHDRAWN: "已撤回授权",
    LoanState.CLOSED: "已办结归档",
}


def _shown(enterprise: Asking, contact: Contact) -> Shown:
    return Shown(
        name=enterprise.name,
        credit_code=enterprise.credit_code,
        contact=contact.name,
        phone=contact.phone,
    )


class Complaint(Judged):
    """A complaint about a bank (投诉), with the regulator until it is decided."""

    what: Literal["complaint"] = "complaint"
    loan_id: UUID
    loan_number: str
    leg: str
    bank: str
    bank_name: str
    enterprise: str
    text: str
    complained_at: datetime
    by: str
    state: Literal["open", "decided"] = "open"
    founded: bool | None = None
    finding: str | None = None
    measures: str | None = None
    result: str | None = None
    shown: str | None = None
    decided_at: datetime | None = None

    @property
    def banks(self) -> list[str]:
        return [self.bank]

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        return type_(
            occurred_at=at,
            appeal_id=self.loan_id,
            registration_number=self.loan_number,
            complaint_id=self.case_id,
            complaint=self.number,
            bank=self.bank,
            **fields,
        )


def required(case: Judged | None, what: type[Judged]) -> Any:
    """The case, or `NotFound`."""
    if not isinstance(case, what):
        raise NotFound("没有这项记录", f"no such {what.__name__.lower()} here", "id")
    return case
