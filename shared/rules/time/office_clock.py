"""When an office closes, and its clock, which runs only while it is open.

Readings are of one time-table or, where office hours change, begin with one of them: `first`.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import DAY_US, OfficeHours, TimeTable, microseconds

DAY = timedelta(days=1)
MIDNIGHT = time()
CHANGED_US = 4 * 3_600_000_000
"""By when zones have put their clocks forward or back on the day on which they do."""


def closes_at(day: date, hours: OfficeHours | None, calendar: Calendar) -> datetime:
    """When a day closes: 24:00 without `hours`."""
    return _utc(day, hours.on(day).closes_us if hours else DAY_US, calendar.zone)


@lru_cache(maxsize=65536)
def _utc(day: date, since_midnight_us: int, zone: ZoneInfo) -> datetime:
    """A local time of a day; from 24:00 on it is one of the next day."""
    days, rest = divmod(since_midnight_us, DAY_US)
    local = datetime.combine(day + days * DAY, MIDNIGHT, zone) + timedelta(microseconds=rest)
    return local.astimezone(UTC)


def office_us(moment: datetime, calendar: Calendar, hours: OfficeHours, first: int) -> int:
    """The reading of the office clock: microseconds worked since the time-table `first` began to hold."""
    local = moment.astimezone(calendar.zone)
    day = local.date()
    index = calendar.working_days_before(day)
    table = hours.only or hours.on(day)
    worked = (
        index * table.day_us
        if hours.only
        else _worked_before(index, hours.index(day), calendar, hours, first)
    )
    if calendar.working_day_at(index) == day:
        now = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        for start, end in table.spans_us:
            if now <= start:
                break
            worked += min(now, end) - start
    if hours.overnight and index and calendar.working_day_at(index - 1) == day - DAY:
        now = DAY_US + microseconds(local.time())
        worked -= max(hours.on(day - DAY).closes_us - now, 0)  # the shift of the day before goes on
    return worked


def _worked_before(index: int, table: int, calendar: Calendar, hours: OfficeHours, first: int) -> int:
    """What is worked on the working days before the one with `index`, the last of them by `table`."""
    worked, before = 0, calendar.working_days_before(hours.starts[first])
    for held in range(first, table):
        until = calendar.working_days_before(hours.starts[held + 1])
        worked += (until - before) * hours.tables[held].day_us
        before = until
    return worked + (index - before) * hours.tables[table].day_us


def office_moment(shown_us: int, calendar: Calendar, hours: OfficeHours, first: int) -> tuple[datetime, date]:
    """The first moment at which the office clock shows `shown_us`, and the working day it belongs to."""
    held, before = hours.only, 0
    if held is None:
        held, before, shown_us = _held_when(shown_us, calendar, hours, first)
    index, rest = divmod(shown_us - 1, held.day_us)
    day = calendar.working_day_at(before + index)
    rest += 1
    for opens, closes in held.spans_us:
        if rest <= closes - opens:
            break
        rest -= closes - opens
    if opens < CHANGED_US or closes > DAY_US:
        return _utc(day, opens + rest, calendar.zone), day  # the zone may change its clocks in between
    return _utc(day, opens, calendar.zone) + timedelta(microseconds=rest), day


def _held_when(
    shown_us: int, calendar: Calendar, hours: OfficeHours, first: int
) -> tuple[TimeTable, int, int]:
    """The time-table when the clock shows `shown_us`, the working days before, and the reading since then."""
    table, before = first, calendar.working_days_before(hours.starts[first])
    while table + 1 < len(hours.tables):
        until = calendar.working_days_before(hours.starts[table + 1])
        worked = (until - before) * hours.tables[table].day_us
        if shown_us <= worked:
            break
        shown_us -= worked
        table, before = table + 1, until
    return hours.tables[table], before, shown_us
