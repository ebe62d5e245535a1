"""The messages between a bank and the window, the same over each integration: Kafka, webhook and desk.

The window sends a bank `BankMessage`s, in order; the bank answers with `BankReport`s, and each report is
answered by a `ReportReceipt` (`contract_receipts`). A bank is named by its code, a leg by its number, e.g.
RZ-20260213-00042/1.

Classes, enums and their docstrings are published in `docs/banks` and stay as they are.
"""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from shared.web.bodies import Body, Moment

BankCode = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,20}$")]
LegNumber = Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}/[0-9]{1,3}$")]
ReportId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
ShortCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]

MOST_FEN = 10_000_000_000 * 100
_YUAN = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?", re.ASCII)


def _yuan(value: Any) -> Any:
    """A sum in yuan with two decimals. ValueError for a JSON number, which may have lost its fen."""
    if not isinstance(value, str):
        raise ValueError('is no text; write yuan in quotes, like "500000.00"')
    if not _YUAN.fullmatch(value.strip()):
        raise ValueError('is no sum; write yuan with at most two decimals, like "500000.00"')
    fen = int(Decimal(value.strip()) * 100)
    if not 0 < fen <= MOST_FEN:
        raise ValueError("must be above 0 and at most 10,000,000,000 yuan")
    return yuan(fen)


_YUAN_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*(?!0+(\.0+)?\s*$)(0?[0-9]{1,10}(\.[0-9]{1,2})?|10{10}(\.00?)?)\s*$",
    "description": "Yuan (元, not 万元) with at most two decimals, above 0, at most 10,000,000,000.",
}
Yuan = Annotated[str, BeforeValidator(_yuan), WithJsonSchema(_YUAN_SCHEMA)]
"""A sum in yuan, e.g. "500000.00"."""


def fen(amount: str) -> int:
    """A `Yuan` in fen (1 yuan = 100 fen)."""
    return int(Decimal(amount) * 100)


def yuan(fen: int) -> str:
    """Fen as a sum in yuan, e.g. "500000.00"."""
    return f"{fen // 100}.{fen % 100:02d}"


def _day(value: Any) -> Any:
    """A day as text. ValueError for anything else, and for a day that no calendar has or of another age."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError('is no day; write it like "2026-02-13"')
    return value


_DAY = re.compile(r"(199[0-9]|20[0-8][0-9])-[0-9]{2}-[0-9]{2}", re.ASCII)
_DAY_SCHEMA = {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(_DAY_SCHEMA)]
"""A day between 1990 and 2089, of the bank's own calendar."""


class BankLegState(StrEnum):
    """How a bank leg stands. All but `PUSHED` are what a bank reports."""

    PUSHED = "pushed"
    RECEIVED = "received"
    CONTACTED = "contacted"
    DOCUMENTS_NEEDED = "documents_needed"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    DECLINED = "declined"
    DISBURSED = "disbursed"
    WITHDRAWN = "withdrawn"


class DeclineReason(StrEnum):
    """Why a bank declines."""

    CREDIT_RECORD = "credit_record"
    COLLATERAL = "collateral"
    CASH_FLOW = "cash_flow"
    INDUSTRY = "industry"
    DOCUMENTS = "documents"
    PRODUCT = "product"
    OTHER = "other"


class Attachment(Body):
    """A file kept elsewhere: its address or id, and the SHA-256 of its content."""

    name: Line
    reference: Annotated[str, Field(min_length=1, max_length=1_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Evidence(Body):
    """How it was done: by whom in the bank, how, in which words."""

    by: Line
    how: Line | None = None
    text: Text | None = None
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()


_RATE = "Percent a year, 3.85 for 3.85 %."
_GIVEN, _ABSENT = {"not": {"type": "null"}}, {"type": "null"}


def _only_where(state: str, *fields: str, given: bool = False) -> dict[str, Any]:
    """A condition: no other state has the fields, and with `given` this one has them all."""
    condition = {
        "if": {"properties": {"state": {"const": state}}},
        "else": {"properties": dict.fromkeys(fields, _ABSENT)},
    }
    then = {"required": list(fields), "properties": dict.fromkeys(fields, _GIVEN)}
    return condition | {"then": then} if given else condition


_BY_STATE: dict[str, Any] = {
    "allOf": [
        {"properties": {"state": {"not": {"const": "pushed"}}}},
        {
            "if": {"properties": {"state": {"enum": ["approved", "disbursed"]}}},
            "else": {"properties": {"amount": _ABSENT}},
        },
        {
            "if": {"properties": {"state": {"const": "approved"}}},
            "then": {"required": ["amount"], "properties": {"amount": _GIVEN}},
        },
        _only_where("approved", "rate_percent", "term_months", given=True),
        _only_where("disbursed", "disbursed_on"),
        _only_where("declined", "reason", given=True),
        {
            "if": {"required": ["reason"], "properties": {"reason": {"const": "other"}}},
            "then": {"properties": {"evidence": {"required": ["text"], "properties": {"text": _GIVEN}}}},
        },
    ]
}
"""What `BankReport.whole` demands, as JSON Schema."""


class BankReport(Body):
    """A bank says how one of its legs stands. The same `report_id` again changes nothing.

    When it happened is when it reached the window; `done_at` is the bank's own word and judges nothing.
    Approved: `amount`, `rate_percent` (a year) and `term_months`; declined: `reason`, and words for `other`.
    Disbursed: the `amount` of this part, without it all that is left, and `disbursed_on`, the day of it.
    """

    model_config = ConfigDict(json_schema_extra=_BY_STATE)

    type: ClassVar[str] = "bank.report.v1"

    report_id: ReportId
    leg: LegNumber
    state: BankLegState
    evidence: Evidence
    done_at: Moment | None = None
    amount: Yuan | None = None
    rate_percent: Annotated[str, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,4})?$", description=_RATE)] | None = (
        None
    )
    term_months: Annotated[int, Field(ge=1, le=600, strict=True, description="Months.")] | None = None
    reason: DeclineReason | None = None
    disbursed_on: Day | None = Field(default=None, exclude_if=lambda day: day is None)

    @model_validator(mode="after")
    def whole(self) -> Self:
        """ValueError where the state lacks its facts, or has those of another."""
        if self.state is BankLegState.PUSHED:
            raise ValueError("pushed is no bank's word: report received or a later state")
        self._whole_offer()
        if self.disbursed_on is not None and self.state is not BankLegState.DISBURSED:
            raise ValueError("disbursed_on belongs to disbursed alone")
        if (self.state is BankLegState.DECLINED) != (self.reason is not None):
            raise ValueError("declined has a reason, and no other state has")
        if self.reason is DeclineReason.OTHER and self.evidence.text is None:
            raise ValueError("the reason other needs evidence.text")
        return self

    def _whole_offer(self) -> None:
        offer = (self.amount, self.rate_percent, self.term_months)
        if self.state is BankLegState.APPROVED and None in offer:
            raise ValueError("approved has amount, rate_percent and term_months")
        if self.state is not BankLegState.APPROVED and offer[1:] != (None, None):
            raise ValueError("rate_percent and term_months belong to approved alone")
        if self.state not in (BankLegState.APPROVED, BankLegState.DISBURSED) and self.amount is not None:
            raise ValueError("amount belongs to approved and disbursed alone")


class BankMessage(BaseModel):
    """A message of the window to one bank about one of its legs."""

    model_config = ConfigDict(frozen=True)

    type: ClassVar[str]

    leg: str


class EnterpriseShown(BaseModel):
    """Who asks. The credit code is the unified social credit code (GB 32100-2015)."""

    model_config = ConfigDict(frozen=True)

    name: str
    credit_code: str
    contact: str
    phone: str


class PushedRequest(BankMessage):
    """A loan request is pushed to the bank; its clocks start at `pushed_at`."""

    type = "bank.request.v1"

    pushed_at: AwareDatetime
    enterprise: EnterpriseShown
    amount: Yuan
    term_months: int
    product: str
    purpose: str
    first_loan: bool
    collateral: str
    locality: str | None
    attachments: tuple[Attachment, ...] = ()
    consent_text_version: str


class RequestWithdrawn(BankMessage):
    """The enterprise took its request or its consent back: the bank stops, and keeps what law makes it."""

    type = "bank.request_withdrawn.v1"

    withdrawn_at: AwareDatetime
    consent: bool


class WithdrawalDenied(BankMessage):
    """The enterprise did not withdraw: the report counts as denied, and no limit stopped."""

    type = "bank.withdrawal_denied.v1"

    reported_at: AwareDatetime
    answered_at: AwareDatetime


class BankReminder(BankMessage):
    """A deadline of the leg comes near, or has passed."""

    type = "bank.reminder.v1"

    deadline: str
    due_at: AwareDatetime
    overdue: bool


class ComplaintShown(BankMessage):
    """What the regulator lets the bank see of a complaint about it."""

    type = "bank.complaint_shown.v1"

    complaint: str
    text: str
    decided: bool


BANK_MESSAGES: dict[str, type[BankMessage]] = {
    cls.type: cls for cls in (PushedRequest, RequestWithdrawn, WithdrawalDenied, BankReminder, ComplaintShown)
}
