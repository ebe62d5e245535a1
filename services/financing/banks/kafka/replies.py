"""Reads a bank's record on its replies by the contract, and answers a record that cannot be read. Pure."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka.structs import ConsumerRecord

from services.financing.banks.report_bodies import Mistake, ReportBody, is_plain, read_body
from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportOutcome, ReportReceipt
from shared.messaging.records import KafkaRecord, UndecodedRecord

NEEDED = {"ce_specversion": "1.0", "ce_type": BankReport.type}
"""The headers that a report must have, and what they say."""
APPENDED = 1  # the `timestamp_type` of a record that was timed by the broker, not by its writer
_OURS = (
    "系统未能处理该回报，正在检查，请勿重复发送",
    "we failed to handle this report and look into it: do not repeat it",
)
_NO_TEXT = Mistake("headers", "消息头不是 UTF-8 文本", "a header is not UTF-8 text")


class BankReply(NamedTuple):
    """One record. Where it cannot be read `report` is None, and `mistake` says why.

    `names` are the id of the record, the id of the report and its leg, as far as these can be read.
    """

    raw: KafkaRecord
    report: BankReport | None
    names: dict[str, str]
    mistake: Mistake | None = None

    def place(self) -> dict[str, Any]:
        """What tells the bank which record a receipt answers."""
        return {"id": self.names.get("id"), "partition": self.raw.partition, "offset": self.raw.offset}

    def named(self) -> tuple[UUID | None, str | None]:
        """The id of the record, where it is a UUID, and the type of its message."""
        if self.report is None:
            return None, None
        with suppress(ValueError):
            return UUID(self.names.get("id", "")), self.report.type
        return None, self.report.type


def read(raw: KafkaRecord) -> BankReply:
    """Read one record; never raises."""
    if isinstance(raw, UndecodedRecord):
        return BankReply(raw, None, {}, Mistake("batch", raw.zh, raw.reason))
    body = read_body(raw.value)
    try:
        headers = {name: _text(value) for name, value in raw.headers if name.startswith("ce_")}
    except UnicodeDecodeError:
        return BankReply(raw, None, body.names, _NO_TEXT)
    names = body.names | _id(headers)
    return (
        BankReply(raw, body.report, names)
        if (mistake := _mistake(headers, body)) is None
        else (BankReply(raw, None, names, mistake))
    )


def _mistake(headers: dict[str, str | None], body: ReportBody) -> Mistake | None:
    """What is wrong with a record: with its size, else its headers, else its body."""
    if body.is_unsized:
        return body.mistake
    for name, value in NEEDED.items():
        if name not in headers:
            return Mistake(name, f"缺少消息头 {name}={value}", f"there is no header {name}: {value}")
        if headers[name] is None:
            return Mistake(name, f"消息头 {name} 没有值", f"header {name} has no value")
        if headers[name] != value:
            return Mistake(name, f"消息头须为 {name}={value}", f"header {name} must say {value}")
    return body.mistake


def _id(headers: dict[str, str | None]) -> dict[str, str]:
    ce_id = headers.get("ce_id") or ""
    return {"id": ce_id} if is_plain(ce_id) else {}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def without_content(raw: ConsumerRecord) -> ConsumerRecord:
    """The record as it is parked where its content cannot be stored: its place and its time."""
    return replace(raw, key=None, value=None, headers=())


def appended_at(raw: ConsumerRecord, read_at: datetime) -> datetime:
    """When the broker appended the record, where the broker timed it; else when it was read."""
    if raw.timestamp_type == APPENDED:
        with suppress(OverflowError, ValueError, OSError):  # a time that no calendar has
            return min(read_at, datetime.fromtimestamp(raw.timestamp / 1000, UTC))
    return read_at


def unread(reply: BankReply, at: datetime, *, ours: bool) -> ReportReceipt:
    """The receipt of a record that cannot be read, or, with `ours`, that this service failed to process."""
    if not ours and reply.mistake is not None:
        return reply.mistake.receipt(reply.names, at)
    zh, en = _OURS
    return ReportReceipt(
        report_id=reply.report.report_id if reply.report else reply.names.get("report_id"),
        leg=reply.report.leg if reply.report else reply.names.get("leg"),
        outcome=ReportOutcome.REFUSED,
        code=ReceiptCode.NOT_PROCESSED,
        at=at,
        zh=zh,
        en=en,
        field=reply.mistake.field if reply.mistake else None,
    )
