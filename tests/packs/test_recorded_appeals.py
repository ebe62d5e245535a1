"""Recorded Chinese appeals under all five packs: late are those that another way of counting finds."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from huying.simulate.simulate import simulate
from tests.packs.histories import SETTINGS, ZONE

DAY = timedelta(days=1)
FILE = "appeals_zh_2017_2018.csv"


def third_day_rolled(day: date) -> datetime:
    """24:00 of the third day after `day`, or of the next working day."""
    last = day + 3 * DAY
    while not chinese_calendar.is_workday(last):
        last += DAY
    return datetime.combine(last + DAY, time(), ZONE)


def working_day(day: date, number: int) -> datetime:
    """17:30 of the working day so many after `day`, counted one by one."""
    while number:
        day += DAY
        number -= chinese_calendar.is_workday(day)
    return datetime.combine(day, time(17, 30), ZONE)


def due(pack_id: str, received_on: date) -> datetime:
    """When the reply (Bozhou) or the completion is due, by the policy or the sample settings."""
    if pack_id == "bozhou-2024":
        return third_day_rolled(received_on)
    days = {"bowu-2022": 3, "xuancheng-2024": 5, "qingyang-2023@2": 10, "xx-city-2022@2": 7}
    return working_day(received_on, days[pack_id])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("pack_id", "deadline"),
    [
        ("bozhou-2024", "reply"),
        ("bowu-2022", "completion"),
        ("xuancheng-2024", "completion"),
        ("qingyang-2023@2", "completion"),
        ("xx-city-2022@2", "completion"),
    ],
)
def test_the_late_appeals_and_what_follows_for_them(
    pack_id: str, deadline: str, real_cases: Path, tmp_path: Path
):
    late = {}
    for row in rows(real_cases / FILE):
        received, replied = (
            datetime.fromisoformat(row[name]).replace(tzinfo=ZONE) for name in ("received_at", "replied_at")
        )
        due_at = due(pack_id, received.date())
        if replied > due_at:
            late[row["source_id"]] = due_at
    simulate(real_cases / FILE, "appeals-zh", [pack_id], tmp_path, SETTINGS)
    overdue = {
        row["source_id"]: datetime.fromisoformat(row["due_at"])
        for row in rows(tmp_path / "deadlines.csv")
        if (row["deadline"], row["round"], row["verdict"]) == (deadline, "1", "overdue")
    }
    assert overdue == late
    assert 0 < len(late) < 1300

    cases = rows(tmp_path / "cases.csv")
    assert {case["state"] for case in cases} == {"completed"}
    assert {case["source_id"] for case in cases if case["cards"] != "0"} == (
        late.keys() if pack_id == "bozhou-2024" else set()
    )
    assert {case["source_id"] for case in cases if case["rounds"] == "2"} == (
        late.keys() if pack_id in ("bozhou-2024", "xx-city-2022@2") else set()
    )
    lifted = {case["source_id"] for case in cases if case["lifted_at"]}
    assert (lifted == late.keys()) == (pack_id == "qingyang-2023@2")
    assert bool(lifted) == (pack_id in ("bozhou-2024", "qingyang-2023@2"))
