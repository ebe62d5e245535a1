"""Reports that changed nothing, because they were repeated or refused: what is kept of them. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from services.financing.contract_receipts import ReportOutcome, ReportReceipt

LONGEST_RAW = 4_096
"""Bytes that are kept of a refused report."""
MOST_HEADERS, LONGEST_HEADER = 20, 200
"""So many headers of a record on Kafka are kept, with so many characters of name and value each."""

Headers = Sequence[tuple[str, bytes | None]]


class UnrecordedReport(NamedTuple):
    """A report that changed nothing. `reported_at` is when it came; a receipt may repeat an earlier time.

    `raw` is what was sent, `headers` those of a record on Kafka.
    """

    bank: str
    source_id: str
    reported_at: datetime
    receipt: ReportReceipt
    raw: bytes
    headers: Headers | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of `unrecorded_reports`. Of a repeated report the content is not kept."""
        is_refused = self.receipt.outcome is ReportOutcome.REFUSED
        headers = _storable_headers(self.headers) if is_refused and self.headers is not None else None
        return {
            "bank": self.bank,
            "source_id": self.source_id,
            "reported_at": self.reported_at,
            "receipt": self.receipt.model_dump_json(),
            "size": len(self.raw),
            "headers": headers,
            "raw": first_bytes(self.raw) if is_refused else None,
        }


def first_bytes(raw: bytes) -> bytes:
    """The first `LONGEST_RAW` bytes; no character of UTF-8 is cut in two."""
    if len(raw) <= LONGEST_RAW:
        return raw
    end = LONGEST_RAW
    while end > LONGEST_RAW - 4 and raw[end] & 0xC0 == 0x80:
        end -= 1
    return raw[:end]


def _storable_headers(headers: Headers) -> str:
    """Headers as JSON. PostgreSQL's texts have no null character."""
    kept = {
        _storable(name): None if value is None else _storable(value.decode(errors="replace"))
        for name, value in headers[:MOST_HEADERS]
    }
    return orjson.dumps(kept).decode()


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")[:LONGEST_HEADER]
