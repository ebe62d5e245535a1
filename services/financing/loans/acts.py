"""What enterprises, the window and the office send about loan requests: the bodies of the routes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.financing.contract import Attachment, Evidence
from services.financing.contract_fields import BankCode, Line, ShortCode, Text, Word, Yuan
from shared.addresses.credit_codes import CreditCode
from shared.addresses.mail import MailAddress
from shared.addresses.masking import NotMasked
from shared.addresses.phones import Phone
from shared.encryption.fields import PERSONAL
from shared.named import Named
from shared.rules.terms import Rating
from shared.states import BankLegState
from shared.web.bodies import Body, Moment, PastTime, wrong

Term = Annotated[int, Field(ge=1, le=600, strict=True)]
Yes = Annotated[bool, Field(strict=True)]


class ApplicantBody(Body):
    """The enterprise that asks for credit. The window may leave out the name of an enterprise it knows."""

    name: Line | None = None
    credit_code: CreditCode


class Applicant(Body):
    """The enterprise that asks for credit."""

    name: Line
    credit_code: CreditCode


class LoanContact(Body):
    """Whom the banks call. E-mail and `language` are for the window's own messages; no bank sees them.

    What an earlier version accepted stays readable: phone and e-mail are checked where they are sent.
    """

    name: Annotated[str, Field(min_length=1, max_length=100), PERSONAL]
    phone: Annotated[str, PERSONAL]
    email: Annotated[str | None, PERSONAL] = None
    language: Literal["zh-CN", "en"] | None = None


class LoanContactBody(LoanContact):
    """Whom the banks call, as it is sent."""

    name: Annotated[str, Field(min_length=1, max_length=100), NotMasked]
    phone: Phone
    email: MailAddress | None = None


class Consent(Body):
    """The enterprise agrees that its data are passed on to banks: when, and under which consent text."""

    given_at: Moment
    text_version: Annotated[str, Field(min_length=1, max_length=100)]


class LoanWish(Body):
    """What an enterprise wants. `banks`: the banks it chooses, which are asked first.

    `others_too`: if these decline or stay silent, the banks of the routing rules may be asked.
    """

    contact: LoanContact
    amount: Yuan
    term_months: Term
    purpose: Annotated[Text, PERSONAL]
    product: Word
    collateral: Annotated[Line, PERSONAL]
    consent: Consent
    locality: ShortCode | None = None
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()
    banks: Annotated[tuple[BankCode, ...], Field(max_length=10)] = ()
    others_too: Yes = False


class LoanRequestBody(LoanWish):
    """A loan request as it is sent. The window may leave out what is known of the enterprise."""

    enterprise: ApplicantBody
    contact: LoanContactBody
    first_loan: Yes | None = None


class NewLoanRequest(LoanWish):
    """A loan request as it is registered."""

    enterprise: Applicant
    first_loan: Yes


class LoanAct(Body):
    """One act on one loan request."""


class ErasePersons(LoanAct):
    """The personal data of an ended request are erased, here and at notify, which hears of it."""


class WithdrawLoan(LoanAct):
    """The enterprise takes its request back."""

    reason: Line | None = None


class WithdrawConsent(LoanAct):
    """The enterprise takes its consent back: messages not yet sent are dropped, no further bank is asked."""


class AnswerWithdrawal(LoanAct):
    """Whether the enterprise withdrew from one bank, as the enterprise says it."""

    confirmed: Yes
    words: Line | None = None


class NoteWithdrawal(AnswerWithdrawal):
    """The same as the window notes it: `words` say who in the enterprise was asked and how."""

    words: Line


class RateLoan(LoanAct):
    """The enterprise's verdict (好差评) on how its request was handled."""

    rating: Rating
    comment: Line | None = None


class FollowUpLoan(LoanAct):
    """The window called the enterprise (回访), with its verdict where it gave one. `reached`: it answered."""

    reached: Yes
    rating: Rating | None = None
    comment: Line | None = None

    @model_validator(mode="after")
    def answered(self) -> Self:
        """ValueError for the verdict of an enterprise that was not reached."""
        if self.rating is not None and not self.reached:
            raise wrong(
                "未接通时不能填写评价",
                "an enterprise that was not reached gave no rating: leave it out",
                "rating",
            )
        return self


class PushToBanks(LoanAct):
    """The office asks further banks itself."""

    banks: Annotated[tuple[BankCode, ...], Field(min_length=1, max_length=10)]


class LoanOutcome(Named):
    """What came of a loan request."""

    FINANCED = "financed", "已获融资"
    NOT_FINANCED = "not_financed", "未获融资"
    SETTLED_OTHERWISE = "settled_otherwise", "以其他方式解决"


class CloseLoan(LoanAct):
    """The office closes the request, with what came of it."""

    outcome: LoanOutcome
    remark: Text | None = None


class PastLoanAct(Body):
    """A past act from another system. `source_id` is the id of the loan request there."""

    source_id: Annotated[str, Field(min_length=1, max_length=200)]
    occurred_at: PastTime


class PastLoan(PastLoanAct):
    """A past loan request, pushed to one bank at once. The bank gets no message."""

    act: Literal["request"] = "request"
    amount: Yuan
    bank: BankCode
    product: Word = "other"


class PastBankReport(PastLoanAct):
    """A past report of the bank."""

    act: Literal["report"] = "report"
    state: BankLegState
    evidence: Evidence


class PastLoanWithdrawal(PastLoanAct):
    """A past withdrawal of the request."""

    act: Literal["withdraw"] = "withdraw"


AnyPastAct = Annotated[PastLoan | PastBankReport | PastLoanWithdrawal, Field(discriminator="act")]


class ImportLoans(Body):
    """Past acts from one source, in the order in which they happened."""

    source: ShortCode
    items: Annotated[list[AnyPastAct], Field(min_length=1, max_length=20_000)]
