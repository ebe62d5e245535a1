"""Every limit from every start minute of nine weeks with holidays, against counting on fingers.

Working days are asked of `chinese_calendar` one by one, and office time is a tape of minutes laid end to end:
neither knows the tables and bisections of `limits`.
"""

from bisect import bisect_left
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import pytest

from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.limits import Limit, LimitUnit

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(SHANGHAI)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MINUTES_OF_A_WEEK = 7 * 24 * 60
LAST_NOTICED = max(day.year for day in chinese_calendar.constants.holidays)
HALF_DAY = 195
WEEKS = {
    "Spring Festival 2024": date(2024, 2, 8),
    "National Day 2024": date(2024, 9, 28),
    "year end 2024": date(2024, 12, 28),
    "Spring Festival 2025": date(2025, 1, 24),
    "National Day 2025": date(2025, 9, 27),
    "year end 2025": date(2025, 12, 29),
    "Spring Festival 2026": date(2026, 2, 11),
    "National Day 2026": date(2026, 9, 28),
    "year end 2026": date(2026, 12, 28),
}
LIMITS = [
    (3, LimitUnit.NATURAL_DAYS, False),
    (3, LimitUnit.NATURAL_DAYS, True),
    (3, LimitUnit.WORKING_DAYS, False),
    (1, LimitUnit.HALF_WORKING_DAYS, False),
    (13, LimitUnit.WORKING_HOURS, False),
    (1, LimitUnit.MONTHS, False),
    (1, LimitUnit.MONTHS, True),
]


@cache
def worked(day: date) -> bool:
    if day.year <= LAST_NOTICED:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and day not in holidays.country_holidays("CN", years=day.year, observed=False)


@cache
def last_day(start: date, number: int, unit: LimitUnit, roll: bool) -> date:
    """Day after day, none of them skipped by arithmetic."""
    day, left = start, number
    if unit is LimitUnit.MONTHS:
        month = start.year * 12 + start.month - 1 + number
        year, month = month // 12, month % 12 + 1
        day = date(year, month, min(start.day, monthrange(year, month)[1]))
        left = 0
    while left:
        day += DAY
        left -= unit is LimitUnit.NATURAL_DAYS or worked(day)
    while roll and not worked(day):
        day += DAY
    return day


@cache
def tape(monday: date) -> list[datetime]:
    """The office minutes of some weeks, by their local start, in order."""
    minutes = []
    for day in (monday + DAY * n for n in range(40)):
        for opens, closes in ((time(8, 30), time(12)), (time(14, 30), time(17, 30))) if worked(day) else ():
            moment = datetime.combine(day, opens)
            while moment < datetime.combine(day, closes):
                minutes.append(moment)
                moment += MINUTE
    return minutes


def counted(start: datetime, number: int, unit: LimitUnit, roll: bool, monday: date) -> datetime:
    """The local moment at which it ends; a start is on a full minute."""
    if unit in (LimitUnit.HALF_WORKING_DAYS, LimitUnit.WORKING_HOURS):
        minutes = number * (HALF_DAY if unit is LimitUnit.HALF_WORKING_DAYS else 60)
        laid = tape(monday)
        return laid[bisect_left(laid, start) + minutes - 1] + MINUTE
    last = last_day(start.date(), number, unit, roll)
    if unit is LimitUnit.WORKING_DAYS:
        return datetime.combine(last, time(17, 30))
    return datetime.combine(last + DAY, time())


@pytest.mark.parametrize("week", WEEKS)
def test_every_limit_ends_where_counting_ends_from_every_minute_of(week: str) -> None:
    monday = WEEKS[week]
    midnight = datetime.combine(monday, time(), SHANGHAI).astimezone(UTC)
    for number, unit, roll in LIMITS:
        limit = Limit(number=number, unit=unit, roll=roll)
        local = datetime.combine(monday, time())
        for minute in range(MINUTES_OF_A_WEEK):
            due_at = due(limit, midnight + minute * MINUTE, CALENDAR).due_at
            expected = counted(local + minute * MINUTE, number, unit, roll, monday)
            assert due_at == expected.replace(tzinfo=SHANGHAI), (limit, local + minute * MINUTE)
