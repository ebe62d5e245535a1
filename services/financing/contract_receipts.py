"""The receipts that answer banks' reports, the same over each integration.

Classes, enums and their docstrings are published in `docs/banks` and stay as they are.
"""

from datetime import timedelta, timezone
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from services.financing.contract_fields import Word
from shared.states import BankLegState

BEIJING = timezone(timedelta(hours=8))
"""The zone of the moments that are meant for people in a bank."""


class ReportOutcome(StrEnum):
    """What became of a report."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"


class ReceiptCode(StrEnum):
    """Why. An unknown leg is none of this bank's: whether another bank has it is not said."""

    ACCEPTED = "accepted"
    TOO_LATE_BUT_RECORDED = "too_late_but_recorded"
    REPEATED = "repeated"
    REPORT_ID_REUSED = "report_id_reused"
    UNKNOWN_LEG = "unknown_leg"
    OUT_OF_ORDER = "out_of_order"
    MORE_THAN_APPROVED = "more_than_approved"
    TOO_MANY_NOTES = "too_many_notes"
    REQUEST_ENDED = "request_ended"
    MALFORMED = "malformed"
    NOT_PROCESSED = "not_processed"  # a defect on our side


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _absent(default: Any = None) -> Any:
    """A field that is left out where it has nothing to say, so that no schema of it has a null."""
    return Field(default=default, exclude_if=lambda value: not value, json_schema_extra=_without_default)


class NextDeadline(BaseModel):
    """What the bank has to meet next. `due_at` is its last moment, in Beijing time (+08:00).

    `deadline` is its kind, a word of the rule pack like bank_contact, bank_status or bank_decision.
    """

    model_config = ConfigDict(frozen=True)

    deadline: Word
    zh: str
    en: str
    due_at: AwareDatetime


class ReceiptWarning(BaseModel):
    """What was accepted and is likely a slip: `field` of the report. Codes may be added."""

    model_config = ConfigDict(frozen=True)

    code: Word
    field: str
    zh: str
    en: str


class ReportReceipt(BaseModel):
    """The answer to a report. `at` is when it counts as reported; `leg_state` how the leg stands now.

    `state` is the same, but `REPEATED` repeats the first answer's time and state. `report_id` and `leg` are
    None where they could not be read. `next_deadline` is as last judged, without those that the report meets;
    it is absent where no limit of the bank runs on the leg, and before the first judgement. `warnings` are
    absent where there are none.
    """

    model_config = ConfigDict(frozen=True)

    type: ClassVar[str] = "bank.receipt.v1"

    report_id: str | None
    leg: str | None
    outcome: ReportOutcome
    code: ReceiptCode
    at: AwareDatetime
    state: BankLegState | None = None
    zh: str
    en: str
    field: str | None = None
    leg_state: BankLegState | SkipJsonSchema[None] = _absent()
    next_deadline: NextDeadline | SkipJsonSchema[None] = _absent()
    warnings: tuple[ReceiptWarning, ...] = _absent(())
