"""What financing answers about how a bank's connection stands, for its OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.financing.banks.acts import Integration
from services.financing.banks.signing.answers import Signing
from services.financing.contract_receipts import ReceiptCode, ReportReceipt

Offset = Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})]
"""An offset of Kafka, or a number of records: 64 bits."""


class ReadPartition(BaseModel):
    """How far one partition of the bank's replies was read.

    `last_offset`: the last reply that was read, null before the first. `log_end`: the offset that the next
    reply will get, as it was at `looked_at`; `lag`: so many replies were not read then. All replies up to
    `complete_upto` are taken.
    """

    topic: str
    partition: int
    last_offset: Offset | None
    log_end: Offset | None
    lag: Offset | None
    looked_at: datetime | None
    complete_upto: datetime | None


class LastReport(BaseModel):
    """The last report that was accepted."""

    report_id: str
    leg: str
    code: ReceiptCode
    at: datetime


class LastRequest(BaseModel):
    """The last loan request that began to leave for the bank, and when."""

    leg: str
    message_id: UUID
    occurred_at: datetime
    sent_at: datetime


class WaitingMessages(BaseModel):
    """Messages that wait to leave by one integration: how many, since when the oldest.

    For webhooks `status` and `reason` are those of the last attempt that failed, `next_at` is when the next
    call is made, and `failed` counts what was given up. On a desk messages wait until the bank reads them.
    """

    integration: Integration
    messages: int
    since: datetime | None
    next_at: datetime | None
    status: int | None
    reason: str | None
    failed: int


class RefusedReport(BaseModel):
    """A report that was refused lately, with its receipt and as it was sent.

    `raw` holds its first 4,096 bytes of `size`: text where they are UTF-8, else in base64, as
    `encoding` says. `headers` are those of a record on Kafka.
    """

    integration: Literal["kafka", "http"]
    source_id: str
    reported_at: datetime
    receipt: ReportReceipt
    size: int
    encoding: Literal["text", "base64"]
    raw: str
    headers: dict[str, str | None] | None


class WebhookState(BaseModel):
    """Whether the bank's address answers: what came of the last call, null before the first.

    After 410 it is not called any more, since `disabled_at`. The signing secret was made at `secret_at`, null
    where that was before it was noted; until `old_until` calls are signed with the old one as well.
    """

    url: str
    answers: bool | None
    called_at: datetime | None
    status: int | None
    reason: str | None
    disabled_at: datetime | None
    secret_at: datetime | None
    secret_age_days: int | None
    old_until: datetime | None


class ApiKey(BaseModel):
    """A key of an account of the bank; what the accounts file does not say is null."""

    account: str
    made_on: date | None
    age_days: int | None
    expires: datetime | None


class BankConnection(BaseModel):
    """How the connection of a bank stands at `at`: what it sent, what waits, what was refused lately.

    `signing` is null where the bank's reports over HTTP need no signature.
    """

    bank: str
    name: str
    ways: list[Integration]
    open: bool
    at: datetime
    replies: list[ReadPartition]
    last_report: LastReport | None
    last_request: LastRequest | None
    waiting: list[WaitingMessages]
    refused: list[RefusedReport]
    webhook: WebhookState | None
    signing: Signing | None
    keys: list[ApiKey]
