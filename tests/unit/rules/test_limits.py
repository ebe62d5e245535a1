"""Limits on real dates. 2026: Spring Festival 02-15 to 02-23, 02-14 and 02-28 worked."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Due, Limit, LimitUnit
from shared.rules.time.pauses import Pause

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(SHANGHAI)


def at(text: str) -> datetime:
    """A local time of 2026, or of the year given; "24:00" is the next day's 00:00."""
    return datetime.fromisoformat(text if text.startswith("20") else f"2026-{text}").replace(tzinfo=SHANGHAI)


def ends(number: int, unit: str, start: str, *pauses: Pause, roll: bool = False) -> str | None:
    end = due(Limit(number=number, unit=LimitUnit(unit), roll=roll), at(start), CALENDAR, pauses=pauses)
    return end.due_at and f"{end.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def pause(start: str, end: str | None = None) -> Pause:
    return Pause(at(start), end and at(end))


TABLE = [
    # the worked examples of the domain description
    (3, "working_days", "02-13 10:00", "2026-02-25 17:30"),  # 14, 24, 25
    (3, "working_days", "09-30 10:00", "2026-10-10 17:30"),  # 8, 9, Saturday 10
    (1, "half_working_days", "03-18 10:00", "2026-03-18 15:45"),  # 120 + 75
    (1, "half_working_days", "03-20 17:00", "2026-03-23 11:15"),  # 30 + 165
    (3, "natural_days", "03-06 00:00", "2026-03-10 00:00"),  # 24:00 of the 5th to 24:00 of the 9th
    # natural days
    (3, "natural_days", "03-05 23:59", "2026-03-09 00:00"),  # 6, 7, 8
    (1, "natural_days", "2026-12-31 09:00", "2027-01-02 00:00"),
    # working days
    (1, "working_days", "03-20 17:31", "2026-03-23 17:30"),
    (1, "working_days", "03-21 12:00", "2026-03-23 17:30"),  # started on a Saturday
    (2, "working_days", "03-20 00:00", "2026-03-24 17:30"),
    # office clock: a used-up span ends at its end
    (1, "half_working_days", "03-18 08:30", "2026-03-18 11:45"),
    (2, "half_working_days", "03-18 08:30", "2026-03-18 17:30"),
    (2, "half_working_days", "03-18 20:00", "2026-03-19 17:30"),
    (2, "half_working_days", "03-18 12:00", "2026-03-19 12:00"),  # 180 + 210
    (2, "half_working_days", "03-18 13:00", "2026-03-19 12:00"),
    (1, "half_working_days", "02-14 16:00", "2026-02-24 10:15"),  # 90 + 105
    (1, "working_hours", "03-18 11:00", "2026-03-18 12:00"),
    (1, "working_hours", "03-18 11:30", "2026-03-18 15:00"),  # 30 + 30
    (13, "working_hours", "03-20 08:30", "2026-03-23 17:30"),  # 2 × 390
    # months
    (1, "months", "01-31 10:00", "2026-03-01 00:00"),  # to 02-28
    (1, "months", "2024-01-31 10:00", "2024-03-01 00:00"),  # to 02-29
    (1, "months", "02-28 10:00", "2026-03-29 00:00"),
    (13, "months", "2025-12-15 10:00", "2027-01-16 00:00"),
    (12, "months", "2024-02-29 10:00", "2025-03-01 00:00"),
]


@pytest.mark.parametrize(("number", "unit", "start", "end"), TABLE)
def test_a_limit_ends_when_the_calendar_says(number: int, unit: str, start: str, end: str) -> None:
    assert ends(number, unit, start) == end


ROLLS = [
    (3, "natural_days", "02-13 10:00", "2026-02-25 00:00"),  # 02-16 is in Spring Festival
    (1, "natural_days", "02-13 10:00", "2026-02-15 00:00"),  # 02-14 is a make-up workday
    (2, "natural_days", "03-19 10:00", "2026-03-24 00:00"),  # Saturday 21 to Monday 23
    (1, "months", "01-31 10:00", "2026-03-01 00:00"),  # Saturday 02-28 is worked
    (1, "months", "02-21 10:00", "2026-03-24 00:00"),  # Saturday 21 to Monday 23
]


@pytest.mark.parametrize(("number", "unit", "start", "end"), ROLLS)
def test_an_end_on_a_day_off_rolls_to_the_next_working_day(
    number: int, unit: str, start: str, end: str
) -> None:
    assert ends(number, unit, start, roll=True) == end


# 2026-03-16 is a Monday
PAUSED = [
    # a day counts unless the clock stood still when it closed
    (3, "natural_days", "03-16 10:00", [pause("03-17 09:00", "03-17 18:00")], "2026-03-20 00:00"),
    (3, "natural_days", "03-16 10:00", [pause("03-17 09:00", "03-18 09:00")], "2026-03-21 00:00"),
    (3, "natural_days", "03-16 10:00", [pause("03-17 09:00", "03-18 00:00")], "2026-03-20 00:00"),
    (3, "natural_days", "03-16 10:00", [pause("03-18 00:00", "03-18 00:01")], "2026-03-21 00:00"),
    (3, "natural_days", "03-16 10:00", [pause("03-10 09:00", "03-18 09:00")], "2026-03-21 00:00"),
    (3, "natural_days", "03-16 10:00", [pause("03-10 09:00", "03-16 09:00")], "2026-03-20 00:00"),
    (3, "working_days", "03-16 10:00", [pause("03-17 09:00", "03-17 17:30")], "2026-03-19 17:30"),
    (3, "working_days", "03-16 10:00", [pause("03-17 17:30", "03-17 17:31")], "2026-03-20 17:30"),
    (3, "working_days", "03-16 10:00", [pause("03-17 18:00", "03-18 08:00")], "2026-03-19 17:30"),
    (
        3,
        "working_days",
        "03-16 10:00",
        [pause("03-19 09:00", "03-23 09:00")],
        "2026-03-23 17:30",
    ),  # 17, 18, 23
    (1, "months", "03-16 10:00", [pause("04-01 09:00", "04-11 09:00")], "2026-04-27 00:00"),  # ten days
    # pauses that overlap or touch are one
    (
        3,
        "natural_days",
        "03-16 10:00",
        [pause("03-18 09:00", "03-19 09:00"), pause("03-17 09:00", "03-18 12:00")],
        "2026-03-22 00:00",
    ),
    # a pause met only because of one before it
    (
        2,
        "natural_days",
        "03-16 10:00",
        [pause("03-17 09:00", "03-18 09:00"), pause("03-19 09:00", "03-20 09:00")],
        "2026-03-21 00:00",  # 18, 20
    ),
    # office clock
    (1, "half_working_days", "03-16 10:00", [pause("03-16 11:00", "03-16 15:00")], "2026-03-16 17:15"),
    (1, "half_working_days", "03-16 10:00", [pause("03-16 12:00", "03-16 14:30")], "2026-03-16 15:45"),
    (1, "half_working_days", "03-16 10:00", [pause("03-16 15:45", "03-16 16:00")], "2026-03-16 15:45"),
    (1, "half_working_days", "03-16 10:00", [pause("03-16 09:00", "03-16 11:00")], "2026-03-16 16:45"),
    (1, "working_hours", "03-16 11:00", [pause("03-16 13:00")], "2026-03-16 12:00"),
]


@pytest.mark.parametrize(("number", "unit", "start", "pauses", "end"), PAUSED)
def test_paused_time_does_not_count(
    number: int, unit: str, start: str, pauses: list[Pause], end: str
) -> None:
    assert ends(number, unit, start, *pauses) == end


def test_a_rolled_end_that_is_paused_rolls_on() -> None:
    # two days to Saturday 21, rolled to Monday 23, paused at its close: Tuesday 24
    assert (
        ends(2, "natural_days", "03-19 10:00", pause("03-23 09:00", "03-24 09:00"), roll=True)
        == "2026-03-25 00:00"
    )


def test_a_pause_between_the_last_day_and_its_roll_changes_nothing() -> None:
    assert (
        ends(2, "natural_days", "03-19 10:00", pause("03-22 09:00", "03-23 09:00"), roll=True)
        == "2026-03-24 00:00"
    )


@pytest.mark.parametrize(
    ("number", "unit", "last_moment"),
    [
        (3, "natural_days", "03-20 00:00"),
        (3, "working_days", "03-19 17:30"),
        (1, "half_working_days", "03-16 15:44"),
        (1, "months", "04-17 00:00"),
    ],
)
def test_an_open_pause_before_the_end_suspends_the_limit(number: int, unit: str, last_moment: str) -> None:
    limit = Limit(number=number, unit=LimitUnit(unit))

    assert due(limit, at("03-16 10:00"), CALENDAR, pauses=[pause(last_moment)]) == Due(None, None, False)


@pytest.mark.parametrize(
    ("number", "unit", "moment", "end"),
    [
        (3, "natural_days", "03-20 00:01", "2026-03-20 00:00"),
        (3, "working_days", "03-19 17:31", "2026-03-19 17:30"),
        (1, "half_working_days", "03-16 15:45", "2026-03-16 15:45"),
    ],
)
def test_an_open_pause_after_the_end_changes_nothing(number: int, unit: str, moment: str, end: str) -> None:
    assert ends(number, unit, "03-16 10:00", pause(moment)) == end


def test_the_due_moment_is_utc_and_24_00_belongs_to_the_day_that_ends() -> None:
    end = due(Limit(number=3, unit=LimitUnit.NATURAL_DAYS), at("03-05 10:00"), CALENDAR)

    assert end == Due(datetime(2026, 3, 8, 16, tzinfo=UTC), date(2026, 3, 8), False)
    assert end.due_at is not None
    assert end.due_at.tzinfo is UTC


def test_the_office_clock_counts_seconds_and_odd_halves() -> None:
    hours = OfficeHours.parse((("09:00", "12:01"),))  # half of 181 minutes is 90.5
    end = due(Limit(number=1, unit=LimitUnit.HALF_WORKING_DAYS), at("03-16 09:00:01"), CALENDAR, hours)

    assert end.due_at == at("03-16 10:30:31")


def test_a_unit_with_its_own_hours_closes_at_its_own_time() -> None:
    hours = OfficeHours.parse((("09:00", "12:00"), ("13:00", "17:00")))
    end = due(Limit(number=1, unit=LimitUnit.WORKING_DAYS), at("03-16 10:00"), CALENDAR, hours)

    assert end.due_at == at("03-17 17:00")


@pytest.mark.parametrize(
    ("number", "unit", "roll", "provisional"),
    [
        (40, "working_days", False, True),
        (1, "working_days", False, False),
        (80, "half_working_days", False, True),
        (40, "natural_days", True, True),
        (40, "natural_days", False, False),  # no holiday can move it
        (2, "months", True, True),
    ],
)
def test_an_end_that_a_coming_notice_may_move_is_provisional(
    number: int, unit: str, roll: bool, provisional: bool
) -> None:
    end = due(Limit(number=number, unit=LimitUnit(unit), roll=roll), at("12-01 10:00"), CALENDAR)

    assert end.provisional is provisional


def test_due_dates_of_2059_are_found() -> None:
    assert ends(1, "working_days", "2059-09-30 10:00") == "2059-10-06 17:30"  # 4 and 5 are a weekend
    assert ends(397, "months", "10-15 10:00", roll=True) == "2059-11-18 00:00"  # Saturday 15 to Monday 17


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone; give an aware time"):
        due(Limit(number=1, unit=LimitUnit.MONTHS), datetime(2026, 3, 16, 10), CALENDAR)  # noqa: DTZ001


def test_a_pause_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="it ends before it starts"):
        pause("03-17 09:00", "03-16 09:00")
    with pytest.raises(ValueError, match="a time has no zone"):
        Pause(datetime(2026, 3, 16, 10))  # noqa: DTZ001
