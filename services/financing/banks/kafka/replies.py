"""A bank's message on its topic, read as the contract has it, and the answer to one that does not fit."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from services.financing.contract import BankReport, Receipt, ReceiptCode, ReportOutcome
from shared.messaging.records import Raw
from shared.web.bodies import mistakes

LONGEST = 64 * 1024
APPENDED = 1  # the timestamp_type of a record whose time is the broker's own, not its writer's
_OURS = (
    "系统未能处理该回报，正在检查，请勿重复发送",
    "we failed to handle this report and look into it: do not repeat it",
)


class BankReply(NamedTuple):
    """One record; `report` is None where it cannot be read, and `field` and both sentences say why."""

    raw: Raw
    report: BankReport | None
    said: dict[str, str]
    field: str | None = None
    zh: str = ""
    en: str = ""

    def place(self) -> dict[str, Any]:
        """Which record a receipt answers."""
        return {"id": self.said.get("id"), "partition": self.raw.partition, "offset": self.raw.offset}

    def named(self) -> tuple[UUID | None, str | None]:
        """What the bank calls it, where that is an id and no text of its own, and what it is."""
        if self.report is None:
            return None, None
        with suppress(ValueError):
            return UUID(self.said.get("id", "")), self.report.type
        return None, self.report.type


def read(raw: Raw) -> BankReply:
    """Read one record; never raises."""
    said: dict[str, str] = {}
    if raw.value is None or len(raw.value) > LONGEST:
        return BankReply(
            raw, None, said, "body", "消息为空或超过 64 KiB", "the message is empty or above 64 KiB"
        )
    said |= _words(raw)
    try:
        headers = {name: value.decode() for name, value in raw.headers if name.startswith("ce_")}
    except (UnicodeDecodeError, AttributeError):
        return BankReply(raw, None, said, "headers", "消息头不是 UTF-8 文本", "a header is not UTF-8 text")
    if _is_plain(headers.get("ce_id", "")):
        said["id"] = headers["ce_id"]
    if headers.get("ce_specversion") != "1.0" or headers.get("ce_type") != BankReport.type:
        return BankReply(
            raw,
            None,
            said,
            "ce_type",
            f"消息头须为 ce_specversion=1.0、ce_type={BankReport.type}",
            f"the headers must say ce_specversion 1.0 and ce_type {BankReport.type}",
        )
    try:
        return BankReply(raw, BankReport.model_validate_json(raw.value), said)
    except ValidationError as error:
        return BankReply(raw, None, said, *_first(error))


def _first(error: ValidationError) -> tuple[str, str, str]:
    """The first mistake: field, and both sentences."""
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return "body", "消息体不是有效的 JSON", found[0]["msg"]
    first = mistakes(list(found))[0]
    return first["field"], first["zh"], first["en"]


def _words(raw: Raw) -> dict[str, str]:
    """The report's id and leg, as far as they are there and short, so that the answer can name them."""
    try:
        body = orjson.loads(raw.value or b"")
    except orjson.JSONDecodeError:
        return {}
    found = body if isinstance(body, dict) else {}
    words = {name: found.get(name) for name in ("report_id", "leg")}
    return {name: word for name, word in words.items() if isinstance(word, str) and _is_plain(word)}


def _is_plain(word: str) -> bool:
    return 0 < len(word) <= 100 and word.isprintable()


def appended_at(raw: ConsumerRecord, read_at: datetime) -> datetime:
    """When the broker took it, where the record's time is the broker's own; else when it was read."""
    if raw.timestamp_type != APPENDED:
        return read_at
    return min(read_at, datetime.fromtimestamp(raw.timestamp / 1000, UTC))


def unread(reply: BankReply, at: datetime, *, ours: bool) -> Receipt:
    """The answer to what cannot be read, or, where it is `ours`, what we failed on."""
    zh, en = _OURS if ours else (reply.zh, reply.en)
    return Receipt(
        report_id=reply.report.report_id if reply.report else reply.said.get("report_id"),
        leg=reply.report.leg if reply.report else reply.said.get("leg"),
        outcome=ReportOutcome.REFUSED,
        code=ReceiptCode.NOT_PROCESSED if ours else ReceiptCode.MALFORMED,
        at=at,
        zh=zh,
        en=en,
        field=reply.field,
    )
