"""The reads of a file are held against its events: what was altered or taken away is named."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from huying.archive import files
from huying.archive.reads import ShownRead, of_lines
from shared.audit import chain, reads
from shared.audit.chain import ChainedEvent
from shared.events import IntakeReadsRecorded

AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
CASE = UUID(int=7)
EVENT = UUID(int=99)
SEALED = {"salt": "ab" * 16, "account": "operator", "address": "10.1.2.3", "reason": "企业来电"}
ROW: dict[str, Any] = {
    "read_id": str(UUID(int=1)),
    "at": AT.isoformat(),
    "role": "operator",
    "code": None,
    "cases": [str(CASE)],
    "kinds": ["contact"],
    "purpose": "other",
    "event_id": str(EVENT),
    **SEALED,
}


def event() -> IntakeReadsRecorded:
    entry = {
        "read_id": UUID(int=1),
        "read_at": AT,
        "role": "operator",
        "cases": [CASE],
        "kinds": ["contact"],
        "purpose": "other",
        "commitment": reads.commitment(**SEALED),
    }
    return IntakeReadsRecorded.recorded(AT, [entry])


def lines(*rows: dict[str, Any]) -> list[bytes]:
    """An event with one read, and these rows, as a file has them."""
    told = event()
    body = told.model_dump_json(exclude={"id", "occurred_at"})
    written = chain.canonical("intake", str(told.key), told.id, told.type, AT, body)
    first = ChainedEvent(1, 1, chain.link(chain.START, written), str(told.id), str(told.key), written)
    records = [
        files.record_line(chain.START, number, "intake", "reads", orjson.dumps(row).decode())[0]
        for number, row in enumerate(rows, 1)
    ]
    return [first.line(), *records]


def shown(*rows: dict[str, Any]) -> ShownRead:
    (read,) = of_lines(lines(*rows))
    return read


def test_a_row_that_is_as_its_event_says_has_no_problem() -> None:
    read = shown(ROW)
    assert (read.account, read.address, read.cases, read.kinds) == (
        "operator",
        "10.1.2.3",
        (str(CASE),),
        ("contact",),
    )
    assert read.problem == ""


@pytest.mark.parametrize(
    "change",
    [
        {"account": "office"},
        {"address": "10.1.2.4"},
        {"reason": "无"},
        {"role": "office"},
        {"cases": [str(UUID(int=8))]},
        {"kinds": []},
        {"purpose": "contact"},
        {"at": "2026-11-09T02:00:00+00:00"},
    ],
)
def test_a_row_that_was_altered_is_named(change: dict[str, Any]) -> None:
    assert "altered" in shown({**ROW, **change}).problem


def test_a_row_that_is_gone_is_named() -> None:
    assert "gone" in shown().problem


def test_a_row_that_no_event_has_is_named_unless_it_is_new() -> None:
    other = {**ROW, "read_id": str(UUID(int=2))}
    assert [read.problem for read in of_lines(lines(ROW, {**other, "event_id": None}))] == ["", ""]
    assert "no event" in of_lines(lines(ROW, other))[1].problem
