"""What financing answers about banks and to them, for its OpenAPI document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.financing.banks.acts import BankBody
from services.financing.contract import PushedRequest
from services.financing.contract_receipts import ReportReceipt
from shared import events
from shared.named import Named
from shared.states import BankLegState


class DeliveryState(Named):
    """How the delivery of a message to a bank's webhook stands."""

    WAITING = "waiting", "待发送"
    SENDING = "sending", "发送中"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "发送失败"
    STOPPED = "stopped", "已停止"


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


class WrongField(BaseModel):
    """A field, and what is wrong with it in Chinese and English."""

    field: str
    zh: str
    en: str


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


class ToldMessage(Told):
    """A message of the window to the bank. `message_id` is the `ce_id` on Kafka and the `webhook-id`."""

    message_id: UUID
    leg: str


class ToldFrom(BaseModel):
    """Messages in order. `after` is the cursor to go on with, null before the first; `more`: at once."""

    items: list[ToldMessage]
    after: str | None
    more: bool


class UnreadReport(BaseModel):
    """A report that cannot be read: the problem, and the receipt that the same report gets on Kafka.

    `receipt` is null where the report is right and something else of the request is not.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[WrongField]
    trace_id: str
    receipt: ReportReceipt | None = None


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
    """Where the bank is called; the first time with its secret, which is shown only here.

    `again`: so many messages that had failed are sent again, because the bank had answered 410 before.
    """

    url: str
    secret: str | None = None
    again: int = 0


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
