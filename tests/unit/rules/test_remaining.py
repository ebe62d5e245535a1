"""Working time that is left, by the office clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OFFICE_HOURS, OfficeHours
from shared.rules.time.remaining import working_minutes

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "due", "minutes"),
    [
        ("2026-11-09 09:00", "2026-11-09 17:30", 360),  # 180 to noon, 180 from 14:30
        ("2026-11-09 12:30", "2026-11-09 17:30", 180),
        ("2026-11-09 16:30", "2026-11-10 09:00", 90),  # 60 today, 30 tomorrow
        ("2026-11-13 17:00", "2026-11-16 00:00", 30),  # Friday; the weekend does not count
        ("2026-11-10 09:00", "2026-11-09 16:30", -90),
        ("2026-02-13 17:00", "2026-02-24 09:00", 450),  # 30, the make-up day of 02-14 with 390, then 30
    ],
)
def test_what_is_left(now: str, due: str, minutes: int) -> None:
    assert working_minutes(moment(now), moment(due), CALENDAR, OFFICE_HOURS) == minutes


def test_a_unit_has_hours_of_its_own() -> None:
    late = OfficeHours.parse((("13:00", "21:00"),))
    assert working_minutes(moment("2026-11-09 09:00"), moment("2026-11-09 20:00"), CALENDAR, late) == 420
