"""What financing answers about banks and to them, for its OpenAPI document."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from services.financing.banks.acts import BankBody
from services.financing.contract import BankLegState, PushedRequest
from services.financing.contract_receipts import ReportReceipt
from shared import events

DeliveryState = Literal["waiting", "sending", "delivered", "failed", "stopped"]


class Bank(BankBody):
    """A bank of the directory."""

    code: str


class ListedBank(Bank):
    """A bank of the directory with the version, which is the ETag."""

    version: int


class DeadlineCounts(BaseModel):
    """How many deadlines of one kind stand how; `met_late` are among those overdue."""

    open: int
    met: int
    overdue: int
    void: int
    met_late: int


class WithdrawalCounts(BaseModel):
    """How often a bank said that an enterprise withdrew: not answered yet, confirmed, and denied by it."""

    open: int
    confirmed: int
    denied: int


class BankRecord(BaseModel):
    """What a bank did in time and what late, by deadline, and how many legs are in each state."""

    bank: str
    name: str
    legs: int
    states: dict[BankLegState, int]
    deadlines: dict[str, DeadlineCounts]
    withdrawals: WithdrawalCounts


class OwnLeg(BaseModel):
    """A bank's own leg. `request` is null once the enterprise withdrew it."""

    leg: str
    state: BankLegState
    pushed_at: datetime
    overdue: bool
    deadlines: list[events.Deadline] | None
    request: PushedRequest | None


class Told(BaseModel):
    """A message about the leg after the request; `data` by its type, as `docs/banks` describes it."""

    type: str
    occurred_at: datetime
    data: dict[str, Any]


class OwnLegWithMessages(OwnLeg):
    """A bank's own leg with the messages about it and the receipts of its reports."""

    told: list[Told]
    receipts: list[ReportReceipt]


class Endpoint(BaseModel):
    """Where the bank is called; since when not any more; until when the old secret signs too."""

    url: str
    disabled_at: datetime | None
    old_until: datetime | None


class SetEndpoint(BaseModel):
    """Where the bank is called; the first time with its secret, which is shown only here."""

    url: str
    secret: str | None = None


class NewSecret(BaseModel):
    """The new secret, shown only here; until `old_until` calls are signed with the old one as well."""

    secret: str
    old_until: datetime


class WebhookDelivery(BaseModel):
    """A webhook call: `status` and `reason` are those of the last answer."""

    seq: int
    message_id: UUID
    type: str
    leg: str
    occurred_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    changed_at: datetime
    status: int | None
    reason: str | None


class Replayed(BaseModel):
    """How many messages are sent again."""

    again: int
