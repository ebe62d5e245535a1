"""Financing: loan requests and their bank legs."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.base import Event, Words
from shared.events.judgement import Deadline
from shared.named import Coded
from shared.rules.terms import PackWord, RaisedTo, Rating


class AmountBand(Coded):
    """How much credit is asked for, in steps of yuan."""

    BELOW_500K = "below_500k", "不足50万元"
    BELOW_1M = "below_1m", "50万元至100万元"
    BELOW_5M = "below_5m", "100万元至500万元"
    BELOW_10M = "below_10m", "500万元至1000万元"
    FROM_10M = "from_10m", "1000万元及以上"


class LoanEvent(Event):
    """Something about a loan request (融资需求): `appeal_id` is its id, `registration_number` its number."""


class LoanRequested(LoanEvent):
    """An enterprise's wish for credit was registered. `receipt_hash` is as for an appeal."""

    type = "loan.requested.v1"
    source = "financing"

    product: str
    amount_band: AmountBand
    first_loan: bool
    locality: str | None = None
    pack: str
    source_id: str | None = None
    receipt_hash: Words | None = None


class BankLeg(BaseModel):
    """One bank's share of a loan request. `leg` is its number, e.g. RZ-20260213-00042/1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    leg: str
    bank: str
    bank_name: str = ""


class LoanPushed(LoanEvent):
    """The request was pushed to the banks of one wave; their clocks start now."""

    type = "loan.pushed.v1"
    source = "financing"

    wave: int
    legs: tuple[BankLeg, ...]


class LoanLegEvent(LoanEvent):
    """Something about one bank leg."""

    leg_id: UUID
    leg: str
    bank: str


class LoanReported(LoanLegEvent):
    """The bank reported how its leg stands. `late`: a deadline that this meets had passed."""

    type = "loan.reported.v1"
    source = "financing"

    state: PackWord
    late: bool = False


class LoanReportedAgain(LoanLegEvent):
    """The bank reported a state again: with a note, another offer, or a further part that it disbursed.

    Nothing is judged by it: it meets no deadline, and starts none anew.
    """

    type = "loan.reported_again.v1"
    source = "financing"

    state: PackWord


class LoanWithdrawalAsked(LoanLegEvent):
    """The bank says that the enterprise withdrew. The enterprise and the window are asked; clocks run on."""

    type = "loan.withdrawal_asked.v1"
    source = "financing"


class LoanWithdrawalAnswered(LoanLegEvent):
    """The enterprise, or the window for it, says whether it withdrew; `asked`: the bank had said so."""

    type = "loan.withdrawal_answered.v1"
    source = "financing"

    confirmed: bool
    by: Literal["enterprise", "window"]
    asked: bool = True


class LoanDeadlineEvent(LoanLegEvent):
    """Something about one deadline of a bank leg; `title` is its name, zh and en."""

    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = Field(default={})


class LoanDueSoon(LoanDeadlineEvent):
    """A bank's deadline comes near and is not met."""

    type = "loan.due_soon.v1"
    source = "financing"


class LoanOverdue(LoanDeadlineEvent):
    """A bank's deadline passed with nothing that meets it. Said once per deadline."""

    type = "loan.overdue.v1"
    source = "financing"


class LoanReminded(LoanDeadlineEvent):
    """The bank is reminded of a deadline it let pass."""

    type = "loan.reminded.v1"
    source = "financing"

    clause: str


class LoanSupervised(LoanDeadlineEvent):
    """The bank is asked in writing about a deadline it let pass."""

    type = "loan.supervised.v1"
    source = "financing"

    clause: str


class LoanDeadlineMoved(LoanDeadlineEvent):
    """A year's holiday notice came out: a bank's deadline ends on another day, `due_at`."""

    type = "loan.deadline_moved.v1"
    source = "financing"

    was_due_at: AwareDatetime
    calendar: str


class LoanOfficeDeadlineEvent(LoanEvent):
    """Something about a deadline of the window or the office; `leg` is the bank leg it is about, if one."""

    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = Field(default={})
    leg: str | None = None


class LoanOfficeDueSoon(LoanOfficeDeadlineEvent):
    """A deadline of the office comes near and is not met."""

    type = "loan.office_due_soon.v1"
    source = "financing"


class LoanOfficeOverdue(LoanOfficeDeadlineEvent):
    """A deadline of the office passed with nothing that meets it. Said once per deadline."""

    type = "loan.office_overdue.v1"
    source = "financing"


class LoanRaised(LoanOfficeDeadlineEvent):
    """The office let a deadline pass: it is raised (上报), to its head or the leader above."""

    type = "loan.raised.v1"
    source = "financing"

    to: RaisedTo
    clause: str


class LoanRated(LoanEvent):
    """The enterprise's verdict (好差评) on how its request was handled."""

    type = "loan.rated.v1"
    source = "financing"

    rating: Rating


class LoanFollowedUp(LoanEvent):
    """The window called the enterprise about how it went (回访). `reached`: it answered."""

    type = "loan.followed_up.v1"
    source = "financing"

    reached: bool


class LoanJudged(LoanEvent):
    """The request's deadlines changed: all of them as they now stand, in place of what was said before."""

    type = "loan.judged.v1"
    source = "financing"

    state: str
    deadlines: tuple[Deadline, ...]


class LoanOfficeTookOver(LoanEvent):
    """No bank is left to ask: all declined or stayed silent, or none was found. The office goes on."""

    type = "loan.office_took_over.v1"
    source = "financing"

    reason: Literal["declined_by_all", "declined_or_silent", "no_bank"]


class LoanWithdrawn(LoanEvent):
    """The enterprise took its request back."""

    type = "loan.withdrawn.v1"
    source = "financing"


class LoanConsentWithdrawn(LoanEvent):
    """The enterprise no longer agrees that its data are passed on: no further bank gets them."""

    type = "loan.consent_withdrawn.v1"
    source = "financing"


class LoanClosed(LoanEvent):
    """The office closed the request."""

    type = "loan.closed.v1"
    source = "financing"
