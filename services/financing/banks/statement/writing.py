"""Writes a bank's statement part by part, as JSON or CSV, and counts what it wrote."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import tzinfo
from typing import Any

import orjson

from shared.files.spreadsheets import harmless
from shared.web.moments import local

Parts = AsyncIterator[list[dict[str, Any]]]
Sections = Mapping[str, Parts]
"""The rows of each section, `legs`, `reports` and `messages`, part by part."""

COUNTED_BY = {"legs": "state", "reports": "code", "messages": "type"}
"""The field by which the rows of each section are counted."""
COLUMNS = ("record", "leg", "at", "id", "integration", "type", "state", "code", "outcome", "ended", "count")
"""The columns of a statement as CSV."""
_RECORDS = {"legs": "leg", "reports": "report", "messages": "message"}
_NAMES = {"pushed_at": "at", "reported_at": "at", "sent_at": "at", "report_id": "id", "message_id": "id"}
"""The columns of fields that have another name in JSON."""


class Sums:
    """How many rows each section has, by the field that it is counted by."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {section: Counter() for section in COUNTED_BY}

    def add(self, section: str, rows: list[dict[str, Any]]) -> None:
        """Count rows of a section."""
        self._counts[section].update(str(row[COUNTED_BY[section]]) for row in rows)

    def as_json(self) -> dict[str, Any]:
        """The counts by section."""
        return {
            section: {"count": counts.total(), f"by_{COUNTED_BY[section]}": dict(sorted(counts.items()))}
            for section, counts in self._counts.items()
        }

    def as_rows(self) -> list[dict[str, Any]]:
        """The counts as rows of CSV: one for each section, then one for each of its values."""
        rows: list[dict[str, Any]] = []
        for section, counts in self._counts.items():
            row = {"record": "sum", "id": section}
            rows.append(row | {"count": counts.total()})
            rows += [row | {COUNTED_BY[section]: name, "count": counts[name]} for name in sorted(counts)]
        return rows


async def as_json(head: Mapping[str, Any], sections: Sections) -> AsyncIterator[bytes]:
    """The statement as one JSON object; the sums come last."""
    sums = Sums()
    yield orjson.dumps(head)[:-1]
    for section, parts in sections.items():
        yield f',"{section}":['.encode()
        separator = b""
        async for rows in parts:
            sums.add(section, rows)
            yield separator + orjson.dumps(rows, default=str)[1:-1]
            separator = b","
        yield b"]"
    yield b',"sums":' + orjson.dumps(sums.as_json()) + b"}"


async def as_csv(sections: Sections, zone: tzinfo) -> AsyncIterator[bytes]:
    """The statement as one table with a header, in UTF-8; the sums come last. No cell is a formula.

    Times have the offset of `zone`.
    """
    sums = Sums()
    yield _lines([dict(zip(COLUMNS, COLUMNS, strict=True))], zone)
    for section, parts in sections.items():
        async for rows in parts:
            sums.add(section, rows)
            yield _lines([_row(section, row) for row in rows], zone)
    yield _lines(sums.as_rows(), zone)


def _row(section: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of a section by the columns of CSV. Of a report it is the time at which it came."""
    named = {name: value for name, value in row.items() if name != "at"}
    return {"record": _RECORDS[section], **{_NAMES.get(name, name): value for name, value in named.items()}}


def _lines(rows: list[dict[str, Any]], zone: tzinfo) -> bytes:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n")  # as RFC 4180 has it
    writer.writerows([_cell(row.get(column), zone) for column in COLUMNS] for row in rows)
    return content.getvalue().encode()


def _cell(value: Any, zone: tzinfo) -> str:
    """A value as a cell: times in ISO 8601, truth as `true` and `false`, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return harmless(local(text, zone))
