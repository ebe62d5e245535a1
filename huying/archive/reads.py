"""Who read personal data, by the file of a city's history: each row is held against the event that has it.

Needs no database. What `huying audit verify` says of the file is asked before.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from huying.archive import files
from shared.audit.chain import parse_line
from shared.audit.reads import commitment
from shared.events import CATALOGUE, ReadsRecorded
from shared.events.reads import ReadEntry

TABLE = "reads"
OF_READS = frozenset(type_ for type_, cls in CATALOGUE.items() if issubclass(cls, ReadsRecorded))


class ShownRead(NamedTuple):
    """A read as people see it. `problem` is empty where the row is as its event says."""

    service: str
    at: str
    account: str
    role: str
    address: str
    cases: tuple[str, ...]
    kinds: tuple[str, ...]
    purpose: str
    reason: str
    problem: str = ""


def of_file(path: Path) -> list[ShownRead]:
    """The reads of a file, and those that an event has and no row; in the order of the file."""
    return of_lines(files.lines(path))


def of_lines(lines: Iterable[bytes]) -> list[ShownRead]:
    """The reads of the lines of a file."""
    entries: dict[tuple[str, UUID], ReadEntry] = {}
    rows: list[tuple[str, dict[str, Any]]] = []
    for line in lines:
        if (record := files.read_record(line)) is not None:
            if record.table == TABLE:
                rows.append((record.service, orjson.loads(record.data)))
        elif (chained := parse_line(line)) is not None and chained.event is not None:
            entries |= dict(_entries(orjson.loads(chained.event)))
    shown = [
        _shown(service, row, entries.pop((service, UUID(row["read_id"])), None)) for service, row in rows
    ]
    return [*shown, *(_gone(service, entry) for (service, _), entry in entries.items())]


def _entries(event: dict[str, Any]) -> Iterator[tuple[tuple[str, UUID], ReadEntry]]:
    if event["type"] in OF_READS:
        service = event["source"].rpartition("/")[2]
        for entry in map(ReadEntry.model_validate, event["data"]["entries"]):
            yield (service, entry.read_id), entry


def _shown(service: str, row: dict[str, Any], entry: ReadEntry | None) -> ShownRead:
    return ShownRead(
        service,
        row["at"],
        row["account"],
        row["role"],
        row["address"],
        tuple(row["cases"]),
        tuple(row["kinds"]),
        row["purpose"] or "",
        row["reason"] or "",
        _problem(row, entry),
    )


def _problem(row: dict[str, Any], entry: ReadEntry | None) -> str:
    """What is wrong with a row; a row that no event has yet was written moments before the file."""
    if entry is None:
        return "" if row["event_id"] is None else "no event has it / 无对应事件"
    committed = commitment(row["salt"], row["account"], row["address"], row["reason"])
    same = (
        committed == entry.commitment
        and datetime.fromisoformat(row["at"]) == entry.read_at
        and [UUID(case) for case in row["cases"]] == list(entry.cases)
        and (row["role"], row["code"], tuple(row["kinds"]), row["purpose"])
        == (entry.role, entry.code, entry.kinds, entry.purpose)
    )
    return "" if same else "was altered / 被改动"


def _gone(service: str, entry: ReadEntry) -> ShownRead:
    cases, at = tuple(map(str, entry.cases)), entry.read_at.isoformat()
    unknown = "?"
    return ShownRead(
        service,
        at,
        unknown,
        entry.role,
        unknown,
        cases,
        entry.kinds,
        entry.purpose or "",
        "",
        "its row is gone / 记录缺失",
    )
