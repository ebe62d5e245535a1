"""What financing answers as a bank's statement of one day, for its OpenAPI document."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.financing.contract_receipts import ReceiptCode, ReportOutcome
from shared.states import BankLegState


class StatementLeg(BaseModel):
    """A leg of the bank, and its state at the end of the day; `ended`: the request had ended by then."""

    leg: str
    pushed_at: datetime
    state: BankLegState
    ended: bool


class StatementReport(BaseModel):
    """A report that came on the day, at `reported_at`; the rest is from its receipt.

    `at` of a repeated report is the first one's. `report_id` and `leg` are null where they could not be read.
    """

    reported_at: datetime
    integration: Literal["kafka", "http"]
    report_id: str | None
    leg: str | None
    code: ReceiptCode
    outcome: ReportOutcome
    at: datetime
    state: BankLegState | None


class StatementMessage(BaseModel):
    """A message that began to leave for the bank on the day."""

    sent_at: datetime
    message_id: UUID
    type: str
    leg: str


class LegSums(BaseModel):
    """How many legs there are, and in which states."""

    count: int
    by_state: dict[BankLegState, int]


class ReportSums(BaseModel):
    """How many reports came, and what they were answered."""

    count: int
    by_code: dict[ReceiptCode, int]


class MessageSums(BaseModel):
    """How many messages left, and of which types."""

    count: int
    by_type: dict[str, int]


class Sums(BaseModel):
    """The counts of a statement. They come last: a statement that was cut off has none."""

    legs: LegSums
    reports: ReportSums
    messages: MessageSums


class Statement(BaseModel):
    """A bank's statement of one day in the city's `zone`: from `since` up to, without, `before`.

    `complete`: nothing can be added any more. Of a day that has not ended, or of which replies on Kafka are
    still to be read, it holds what is known up to `upto`.
    """

    bank: str
    name: str
    date: date
    zone: str
    since: datetime
    before: datetime
    upto: datetime
    complete: bool
    legs: list[StatementLeg]
    reports: list[StatementReport]
    messages: list[StatementMessage]
    sums: Sums
