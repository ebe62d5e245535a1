"""Reads a bank's record on its replies by the contract, and answers a record that cannot be read. Pure."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportOutcome, ReportReceipt
from shared.messaging.records import KafkaRecord, UndecodedRecord
from shared.web.bodies import mistakes
from shared.web.letters import all_visible

LONGEST = 64 * 1024
NEEDED = ("ce_specversion", "ce_type")
APPENDED = 1  # the `timestamp_type` of a record that was timed by the broker, not by its writer
_OURS = (
    "系统未能处理该回报，正在检查，请勿重复发送",
    "we failed to handle this report and look into it: do not repeat it",
)


class BankReply(NamedTuple):
    """One record. Where it cannot be read `report` is None, and `field`, `zh` and `en` say why.

    `names` are the id of the record, the id of the report and its leg, as far as these can be read.
    """

    raw: KafkaRecord
    report: BankReport | None
    names: dict[str, str]
    field: str | None = None
    zh: str = ""
    en: str = ""

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
    names: dict[str, str] = {}
    if isinstance(raw, UndecodedRecord):
        return BankReply(raw, None, names, "batch", raw.zh, raw.reason)
    if raw.value is None or len(raw.value) > LONGEST:
        return BankReply(
            raw, None, names, "body", "消息为空或超过 64 KiB", "the message is empty or above 64 KiB"
        )
    body, not_json = _parsed(raw.value)
    names |= _names(body)
    try:
        headers = {name: _text(value) for name, value in raw.headers if name.startswith("ce_")}
    except UnicodeDecodeError:
        return BankReply(raw, None, names, "headers", "消息头不是 UTF-8 文本", "a header is not UTF-8 text")
    if empty := [name for name in NEEDED if headers.get(name, "") is None]:
        name = empty[0]
        return BankReply(raw, None, names, name, f"消息头 {name} 没有值", f"header {name} has no value")
    if _is_plain(ce_id := headers.get("ce_id") or ""):
        names["id"] = ce_id
    if headers.get("ce_specversion") != "1.0" or headers.get("ce_type") != BankReport.type:
        return BankReply(
            raw,
            None,
            names,
            "ce_type",
            f"消息头须为 ce_specversion=1.0、ce_type={BankReport.type}",
            f"the headers must say ce_specversion 1.0 and ce_type {BankReport.type}",
        )
    if not_json is not None:
        return BankReply(raw, None, names, "body", "消息体不是有效的 JSON", not_json)
    try:
        return BankReply(raw, BankReport.model_validate(body), names)
    except ValidationError as error:
        return BankReply(raw, None, names, *_first(error))


def _first(error: ValidationError) -> tuple[str, str, str]:
    """The first mistake: its field, and what is wrong in Chinese and English."""
    first = mistakes(list(error.errors(include_url=False, include_input=False)))[0]
    return first["field"], first["zh"], first["en"]


def _parsed(content: bytes) -> tuple[Any, str | None]:
    """The JSON of a record without letters that nobody sees; where it is no JSON, None and why."""
    try:
        return all_visible(orjson.loads(content)), None
    except (orjson.JSONDecodeError, RecursionError) as error:
        return None, str(error)


def _names(body: Any) -> dict[str, str]:
    """The report's id and leg where they are short texts, so that the answer can name them."""
    values = body if isinstance(body, dict) else {}
    names = {name: values.get(name) for name in ("report_id", "leg")}
    return {name: value for name, value in names.items() if isinstance(value, str) and _is_plain(value)}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _is_plain(value: str) -> bool:
    return 0 < len(value) <= 100 and value.isprintable()


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
    zh, en = _OURS if ours else (reply.zh, reply.en)
    return ReportReceipt(
        report_id=reply.report.report_id if reply.report else reply.names.get("report_id"),
        leg=reply.report.leg if reply.report else reply.names.get("leg"),
        outcome=ReportOutcome.REFUSED,
        code=ReceiptCode.NOT_PROCESSED if ours else ReceiptCode.MALFORMED,
        at=at,
        zh=zh,
        en=en,
        field=reply.field,
    )
