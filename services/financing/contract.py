"""The messages between a bank and the window, the same over each integration: Kafka, webhook and desk.

The window sends a bank `BankMessage`s, in order; the bank answers with `BankReport`s, and each report is
answered by a `ReportReceipt` (`contract_receipts`). A bank is named by its code, a leg by its number, e.g.
RZ-20260213-00042/1.

Classes, enums and their docstrings are published in `docs/banks` and stay as they are.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from services.financing.contract_fields import Day, LegNumber, Line, Months, Rate, ReportId, Text, Yuan
from shared.encryption.fields import PERSONAL
from shared.states import BankLegState
from shared.web.bodies import Body, Moment, wrong


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

    name: Annotated[Line, PERSONAL]
    reference: Annotated[str, Field(min_length=1, max_length=1_000), PERSONAL]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Evidence(Body):
    """How it was done: by whom in the bank, how, in which words."""

    by: Annotated[Line, PERSONAL]
    how: Annotated[Line | None, PERSONAL] = None
    text: Annotated[Text | None, PERSONAL] = None
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()


_REPORTED = {
    "type": "string",
    "enum": [state.value for state in BankLegState if state is not BankLegState.PUSHED],
    "title": "ReportedState",
    "description": "How the leg stands.",
}
_NEEDED = {
    BankLegState.APPROVED: ("amount", "rate_percent", "term_months"),
    BankLegState.DECLINED: ("reason",),
}
"""What a report of each state has to have."""
_ONLY_WITH = {
    "amount": (BankLegState.APPROVED, BankLegState.DISBURSED),
    "rate_percent": (BankLegState.APPROVED,),
    "term_months": (BankLegState.APPROVED,),
    "reason": (BankLegState.DECLINED,),
    "disbursed_on": (BankLegState.DISBURSED,),
}
"""The states of which a report may have each field."""
_GIVEN, _ABSENT = {"not": {"type": "null"}}, {"type": "null"}


def _where(states: Iterable[BankLegState]) -> dict[str, Any]:
    return {"properties": {"state": {"enum": [state.value for state in states]}}}


_BY_STATE: dict[str, Any] = {
    "allOf": [
        *(
            {"if": _where(states), "else": {"properties": {field: _ABSENT}}}
            for field, states in _ONLY_WITH.items()
        ),
        *(
            {
                "if": _where([state]),
                "then": {"required": list(needed), "properties": dict.fromkeys(needed, _GIVEN)},
            }
            for state, needed in _NEEDED.items()
        ),
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
    state: Annotated[BankLegState, WithJsonSchema(_REPORTED)]
    evidence: Evidence
    done_at: Moment | None = None
    amount: Yuan | None = None
    rate_percent: Rate | None = None
    term_months: Months | None = None
    reason: DeclineReason | None = None
    disbursed_on: Day | None = Field(default=None, exclude_if=lambda day: day is None)

    @model_validator(mode="after")
    def whole(self) -> Self:
        """ValueError where the state lacks its facts, or has those of another."""
        state = self.state
        if state is BankLegState.PUSHED:
            raise wrong(
                "pushed 不由银行报告，请报 received 或者其后的状态",
                "pushed is no bank's word: report received or a later state",
                "state",
            )
        for field in _NEEDED.get(state, ()):
            if getattr(self, field) is None:
                raise wrong(f"{state} 须填写 {field}", f"{state} needs {field}", field)
        for field, states in _ONLY_WITH.items():
            if getattr(self, field) is not None and state not in states:
                only = "、".join(states), " or ".join(states)
                raise wrong(f"{field} 仅可随 {only[0]} 填写", f"{field} belongs to {only[1]} alone", field)
        if self.reason is DeclineReason.OTHER and self.evidence.text is None:
            raise wrong(
                "reason 为 other 的，须在 evidence.text 中说明",
                "the reason other needs words in evidence.text",
                "evidence.text",
            )
        return self


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
    contact: Annotated[str, PERSONAL]
    phone: Annotated[str, PERSONAL]


class PushedRequest(BankMessage):
    """A loan request is pushed to the bank; its clocks start at `pushed_at`."""

    type = "bank.request.v1"

    pushed_at: AwareDatetime
    enterprise: EnterpriseShown
    amount: Yuan
    term_months: Months
    product: str
    purpose: Annotated[str, PERSONAL]
    first_loan: bool
    collateral: Annotated[str, PERSONAL]
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
    text: Annotated[str, PERSONAL]
    decided: bool


BANK_MESSAGES: dict[str, type[BankMessage]] = {
    cls.type: cls for cls in (PushedRequest, RequestWithdrawn, WithdrawalDenied, BankReminder, ComplaintShown)
}
