"""The end of a limit in days.

Pauses (暂停), where the policies say nothing: a day does not count when the clock stood still at the
moment it closes, 24:00 for natural days and months, close of business for working days. A limit ends on
the first day at or after its last counted one that counts itself and, where it rolls, is a working day.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import SUSPENDED, Due, LimitUnit
from shared.rules.time.office_clock import DAY, closes_at
from shared.rules.time.pauses import Pause, merged_spans


@lru_cache(maxsize=65536)
def in_days_at_a_stretch(
    unit: LimitUnit,
    number: int,
    roll: bool,
    start: date,
    calendar: Calendar,
    closing: OfficeHours | None,
) -> Due:
    """The end of a limit that no pause interrupts; memoised, since most cases begin on the same days."""
    return in_days(unit, number, roll, start, calendar, closing, ())


def in_days(
    unit: LimitUnit,
    number: int,
    roll: bool,
    start: date,
    calendar: Calendar,
    closing: OfficeHours | None,
    pauses: Sequence[Pause],
    asked_from: int | None = None,
) -> Due:
    """The end of a limit in days that close by the hours `closing`; None for natural days and months.

    `asked_from`: the year from which the calendar is asked; None for that of the start, where it is asked.
    """
    if asked_from is None and (closing or roll):
        asked_from = start.year
    if closing is not None:
        last = _working_days_on(start, number, calendar, closing, pauses)
    else:
        days = number if unit is LimitUnit.NATURAL_DAYS else (_months_on(start, number) - start).days
        last = _natural_days_on(start, days, roll, calendar, pauses)
    if last is None:
        return SUSPENDED
    return _due_on(last, closing, calendar, asked_from)


@lru_cache(maxsize=65536)
def _due_on(last: date, closing: OfficeHours | None, calendar: Calendar, asked_from: int | None) -> Due:
    provisional = asked_from is not None and any_provisional(asked_from, last.year, calendar)
    return Due(closes_at(last, closing, calendar), last, provisional)


@lru_cache(maxsize=1024)
def any_provisional(from_year: int, to_year: int, calendar: Calendar) -> bool:
    """Whether a year of these has no holiday notice."""
    return any(calendar.is_provisional(date(year, 1, 1)) for year in range(from_year, to_year + 1))


@lru_cache(maxsize=65536)
def _months_on(start: date, months: int) -> date:
    """The same day number so many months on, or that month's last day."""
    years, month = divmod(start.month - 1 + months, 12)
    first = date(start.year + years, month + 1, 1)
    after = (first + 31 * DAY).replace(day=1)
    return min(first + (start.day - 1) * DAY, after - DAY)


def _working_days_on(
    start: date, number: int, calendar: Calendar, closing: OfficeHours, pauses: Sequence[Pause]
) -> date | None:
    last = calendar.working_day(start, number)
    for first_lost, until in _lost_days(pauses, closing, calendar) if pauses else ():
        first_lost = max(first_lost, start + DAY)
        if first_lost > last:
            break
        if until is None:
            return None
        if until > first_lost:
            number += calendar.working_days_before(until) - calendar.working_days_before(first_lost)
            last = calendar.working_day(start, number)
    return last


def _natural_days_on(
    start: date, number: int, roll: bool, calendar: Calendar, pauses: Sequence[Pause]
) -> date | None:
    last = start + number * DAY
    end = calendar.next_working_day(last) if roll else last
    for first_lost, until in _lost_days(pauses, None, calendar) if pauses else ():
        first_lost = max(first_lost, start + DAY)
        if first_lost > end:
            break
        if until is None:
            return None
        if until <= first_lost:
            continue
        if first_lost <= last:
            last += until - first_lost
            end = last
        else:
            end = max(end, until)
        end = calendar.next_working_day(end) if roll else end
    return end


def _lost_days(
    pauses: Iterable[Pause], hours: OfficeHours | None, calendar: Calendar
) -> Iterable[tuple[date, date | None]]:
    """The days whose closing moment fell into a pause, as pairs: the first day, and the first one after."""
    for start, end in merged_spans(pauses):
        yield _first_closing(start, hours, calendar), end and _first_closing(end, hours, calendar)


def _first_closing(moment: datetime, hours: OfficeHours | None, calendar: Calendar) -> date:
    """The first day that closes at or after `moment`."""
    day = moment.astimezone(calendar.zone).date() - DAY
    while closes_at(day, hours, calendar) < moment:
        day += DAY
    return day
