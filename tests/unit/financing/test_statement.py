"""The statement of a day: which day it is, how a leg stood at its end, and how it is written."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.financing.banks.statement.domain import AcceptedReport, day_of, state_before
from services.financing.banks.statement.writing import COLUMNS, as_csv, as_json
from shared.service.errors import Invalid
from shared.states import BankLegState

SHANGHAI, KATHMANDU, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Asia/Kathmandu", "America/New_York"))
NOW = datetime(2026, 11, 9, 1, 0, tzinfo=UTC)
END = datetime(2026, 11, 9, 16, 0, tzinfo=UTC)
PUSHED, CONTACTED, REVIEW, APPROVED, WITHDRAWN = (
    BankLegState.PUSHED,
    BankLegState.CONTACTED,
    BankLegState.UNDER_REVIEW,
    BankLegState.APPROVED,
    BankLegState.WITHDRAWN,
)


@pytest.mark.parametrize(
    ("text", "zone", "since", "hours"),
    [
        ("2026-11-09", SHANGHAI, "2026-11-08T16:00", 24),
        ("2026-11-08", KATHMANDU, "2026-11-07T18:15", 24),
        ("2026-11-01", NEW_YORK, "2026-11-01T04:00", 25),  # the clocks go back
        ("2026-03-08", NEW_YORK, "2026-03-08T05:00", 23),
    ],
)
def test_a_day_is_the_citys(text: str, zone: ZoneInfo, since: str, hours: int) -> None:
    day = day_of(text, zone, NOW)
    assert f"{day.since:%Y-%m-%dT%H:%M}" == since
    assert day.before - day.since == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["2026-11-10", "2026-02-30", "1989-12-31", "9999-12-31", "0000-00-00"])
def test_a_day_that_is_none_or_has_not_begun_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        day_of(text, SHANGHAI, NOW)
    assert refusal.value.field == "date"


def at(state: BankLegState, seconds: float) -> AcceptedReport:
    return AcceptedReport(state, END + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("reports", "more", "state"),
    [
        ([], {}, PUSHED),
        ([at(CONTACTED, -1)], {}, CONTACTED),
        ([at(CONTACTED, 0)], {}, PUSHED),  # the end belongs to the next day
        ([at(REVIEW, -5), at(CONTACTED, -4)], {}, REVIEW),  # a call that is reported later changes nothing
        ([at(REVIEW, -5), at(APPROVED, 1)], {}, REVIEW),
        ([at(APPROVED, 1), at(CONTACTED, -4)], {}, CONTACTED),  # read in another order than it came
        ([at(REVIEW, -5), at(WITHDRAWN, -4)], {"asks_back": True}, REVIEW),
        ([at(REVIEW, -5), at(WITHDRAWN, -4)], {}, WITHDRAWN),
        ([at(REVIEW, -5)], {"withdrawn_at": END - timedelta(seconds=1)}, WITHDRAWN),
        ([at(REVIEW, -5)], {"withdrawn_at": END}, REVIEW),
    ],
)
def test_a_legs_state_is_that_of_the_end_of_the_day(
    reports: list[AcceptedReport], more: dict[str, Any], state: BankLegState
) -> None:
    assert state_before(reports, END, **more) == state


LEG = {"leg": "RZ-20261109-00001/1", "pushed_at": NOW, "state": "contacted", "ended": False}
REPORT = {
    "reported_at": NOW,
    "integration": "kafka",
    "report_id": "=cmd|' /C calc'!A0",
    "leg": "＠SUM(A1)",
    "code": "malformed",
    "outcome": "refused",
    "at": NOW,
    "state": None,
}
MESSAGE = {"sent_at": NOW, "message_id": "8d0f", "type": "bank.request.v1", "leg": LEG["leg"]}


async def parts(*rows: list[dict[str, Any]]) -> AsyncIterator[list[dict[str, Any]]]:
    for row in rows:
        yield row


def sections() -> dict[str, AsyncIterator[list[dict[str, Any]]]]:
    return {"legs": parts([LEG]), "reports": parts([REPORT], [REPORT, REPORT]), "messages": parts()}


async def written(chunks: AsyncIterator[bytes]) -> str:
    return b"".join([chunk async for chunk in chunks]).decode()


async def test_as_json_it_has_its_parts_and_their_sums() -> None:
    statement = json.loads(await written(as_json({"bank": "abc"}, sections())))
    assert statement["bank"] == "abc"
    assert [len(statement[section]) for section in ("legs", "reports", "messages")] == [1, 3, 0]
    assert statement["sums"] == {
        "legs": {"count": 1, "by_state": {"contacted": 1}},
        "reports": {"count": 3, "by_code": {"malformed": 3}},
        "messages": {"count": 0, "by_type": {}},
    }


async def test_as_csv_no_cell_is_a_formula_and_the_sums_come_last() -> None:
    text = await written(as_csv({**sections(), "messages": parts([MESSAGE])}, UTC))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == dict.fromkeys(COLUMNS, "") | {
        "record": "leg",
        "leg": LEG["leg"],
        "at": NOW.isoformat(),
        "state": "contacted",
        "ended": "false",
    }
    assert (rows[1]["id"], rows[1]["leg"]) == ("'=cmd|' /C calc'!A0", "'＠SUM(A1)")
    assert (rows[4]["record"], rows[4]["type"], rows[4]["id"]) == ("message", "bank.request.v1", "8d0f")
    sums = [(row["id"], row["state"] or row["code"] or row["type"], row["count"]) for row in rows[5:]]
    assert sums == [
        ("legs", "", "1"),
        ("legs", "contacted", "1"),
        ("reports", "", "3"),
        ("reports", "malformed", "3"),
        ("messages", "", "1"),
        ("messages", "bank.request.v1", "1"),
    ]
    assert {row["record"] for row in rows[5:]} == {"sum"}
