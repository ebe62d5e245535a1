"""How long a limit lasts: a number and a unit, and the moment it ends.

Pauses (暂停), where the policies say nothing: a day does not count when the clock stood still at the
moment it closes, 24:00 for natural days and months, close of business for working days. A limit ends on
the first day at or after its last counted one that counts itself and, where it rolls, is a working day.
On the office clock the paused time does not count, to the microsecond.

Where office hours change, each day counts by the hours that held on it. Half a working day is half of the
office time of the day on which the limit starts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OFFICE_HOURS, OfficeHours
from shared.rules.time.office_clock import DAY, closes_at, office_moment, office_us

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
MINUTE = timedelta(minutes=1)
NO_DAY = timedelta()
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class LimitUnit(StrEnum):
    """What a limit counts (domain.md, Time)."""

    NATURAL_DAYS = "natural_days"
    WORKING_DAYS = "working_days"
    HALF_WORKING_DAYS = "half_working_days"
    WORKING_HOURS = "working_hours"
    MONTHS = "months"


class Limit(BaseModel):
    """A limit: `number` of `unit`; `roll` moves an end on a day off to the end of the next working day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=3660)
    unit: LimitUnit
    roll: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count: from `start` to just before `end`, or without end so far. Aware times."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        """ValueError for times without a zone, or an end before the start."""
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError(f"pause from {self.start} to {self.end}: a time has no zone; give aware times")
        if self.end is not None and self.end < self.start:
            raise ValueError(f"pause from {self.start} to {self.end}: it ends before it starts")


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends. `due_at` and `last_day` are None while an open pause keeps it from ending.

    `due_at` is UTC and still in time. `last_day` is local; a due moment at 24:00 belongs to it.
    `provisional`: the calendar was asked and a year from start to end has no holiday notice.
    """

    due_at: datetime | None
    last_day: date | None
    provisional: bool


SUSPENDED = Due(None, None, False)


def due(
    limit: Limit,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours = OFFICE_HOURS,
    pauses: Sequence[Pause] = (),
    *,
    whole_minutes: bool = False,
    pauses_at_due: bool = False,
) -> Due:
    """When `limit` ends that started at `started_at` (aware). `whole_minutes`: half a day is rounded up.

    `pauses_at_due`: a pause that begins at the due moment stops the clock too.

    ValueError for a start without zone, or one or an end outside the calendar where it is asked.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone; give an aware time")
    unit, number = limit.unit, limit.number
    if unit is LimitUnit.HALF_WORKING_DAYS:
        held = hours.only or hours.on(started_at.astimezone(calendar.zone).date())
        length_us = number * held.day_us // 2
        if whole_minutes:
            length_us = -(-length_us // MINUTE_US) * MINUTE_US
        return _on_office_clock(length_us, started_at, calendar, hours, pauses, pauses_at_due)
    if unit is LimitUnit.WORKING_HOURS:
        return _on_office_clock(number * HOUR_US, started_at, calendar, hours, pauses, pauses_at_due)
    closing = hours if unit is LimitUnit.WORKING_DAYS else None
    start = started_at.astimezone(calendar.zone).date()
    if hours.next_day:
        received_on = counts_as_received(started_at, calendar, hours)
        return _in_days(unit, number, limit.roll, received_on, calendar, closing, pauses, start.year)
    if pauses:
        return _in_days(unit, number, limit.roll, start, calendar, closing, pauses)
    return _in_days_at_a_stretch(unit, number, limit.roll, start, calendar, closing)


def counts_as_received(moment: datetime, calendar: Calendar, hours: OfficeHours) -> date:
    """The local day on which something counts as received: where the hours say so, after hours the next one.

    After hours is after the close of business and on days off, but for a shift that began the day before.
    """
    day = moment.astimezone(calendar.zone).date()
    if not hours.next_day:
        return day
    for opened in (day - DAY, day) if hours.overnight else (day,):
        if calendar.is_working_day(opened) and moment <= closes_at(opened, hours, calendar):
            return day
    return calendar.working_day(day, 1)


@lru_cache(maxsize=65536)
def _in_days_at_a_stretch(
    unit: LimitUnit,
    number: int,
    roll: bool,
    start: date,
    calendar: Calendar,
    closing: OfficeHours | None,
) -> Due:
    return _in_days(unit, number, roll, start, calendar, closing, ())


def _in_days(
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
    provisional = asked_from is not None and _provisional(asked_from, last.year, calendar)
    return Due(closes_at(last, closing, calendar), last, provisional)


@lru_cache(maxsize=1024)
def _provisional(from_year: int, to_year: int, calendar: Calendar) -> bool:
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
    for start, end in _merged(pauses):
        yield _first_closing(start, hours, calendar), end and _first_closing(end, hours, calendar)


def _first_closing(moment: datetime, hours: OfficeHours | None, calendar: Calendar) -> date:
    """The first day that closes at or after `moment`."""
    day = moment.astimezone(calendar.zone).date() - DAY
    while closes_at(day, hours, calendar) < moment:
        day += DAY
    return day


def _merged(pauses: Iterable[Pause]) -> list[tuple[datetime, datetime | None]]:
    """Pauses in order with none touching another; only the last may be open."""
    merged: list[tuple[datetime, datetime | None]] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start, end = pause.start, pause.end
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            start, before = merged.pop()
            end = None if before is None or end is None else max(before, end)
        merged.append((start, end))
    return merged


def _on_office_clock(
    length_us: int,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours,
    pauses: Sequence[Pause],
    pauses_at_due: bool,
) -> Due:
    day, first = _begins_on(started_at, calendar, hours)
    target = office_us(started_at, calendar, hours, first) + length_us
    for start, end in _merged(pauses) if pauses else ():
        if end is not None and end <= started_at:
            continue
        before = office_us(max(start, started_at), calendar, hours, first)
        if before > target or (
            before == target
            and not (pauses_at_due and start == office_moment(target, calendar, hours, first)[0])
        ):
            break
        if end is None:
            return SUSPENDED
        if before == target:  # nothing is left of the limit: it ends when the pause does
            return _ends_with_pause(end, day, calendar)
        target += office_us(end, calendar, hours, first) - before
    due_at, last = office_moment(target, calendar, hours, first)
    return Due(due_at, last, _provisional(day.year, last.year, calendar))


def _ends_with_pause(end: datetime, day: date, calendar: Calendar) -> Due:
    last = end.astimezone(calendar.zone).date()
    return Due(end.astimezone(UTC), last, _provisional(day.year, last.year, calendar))


def _begins_on(started_at: datetime, calendar: Calendar, hours: OfficeHours) -> tuple[date, int]:
    """The day whose shift may go on at the start, and the time-table with which readings begin."""
    day = started_at.astimezone(calendar.zone).date() - (DAY if hours.overnight else NO_DAY)
    return day, 0 if hours.only else hours.index(day)


def moved(given_at: datetime, pauses: Sequence[Pause], *, pauses_at_due: bool = False) -> datetime | None:
    """When a limit ends that was given as a moment: later by what was paused.

    None while a pause is open, and beyond the year 9999. `pauses_at_due`: also by a pause that begins then.
    """
    for start, end in _merged(pauses):
        if start > given_at or (start == given_at and not pauses_at_due):
            break
        if end is None or end - start > LAST_MOMENT - given_at:
            return None
        given_at += end - start
    return given_at


def part_over_at(
    percent: int,
    limit: Limit | None,
    ran: tuple[datetime, datetime],
    calendar: Calendar,
    hours: OfficeHours,
    pauses: Sequence[Pause],
) -> datetime:
    """When `percent` of the time that counts is over, of a limit that `ran` from and to; a whole minute.

    Office hours count for limits in working time, all hours for others and for given moments; pauses never.
    """
    by_office_clock = limit is not None and limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS)

    started_at, due_at = ran
    _, first = _begins_on(started_at, calendar, hours)

    def shown_us(moment: datetime) -> int:
        return office_us(moment, calendar, hours, first) if by_office_clock else (moment - EPOCH) // TICK

    target = start_us = shown_us(started_at)
    lost = [(max(start, started_at), end) for start, end in _merged(pauses) if end and end > started_at]
    lost_us = sum(shown_us(min(end, due_at)) - shown_us(min(start, due_at)) for start, end in lost)
    target += -(-(shown_us(due_at) - start_us - lost_us) * percent // 100)
    for start, end in lost:
        before = shown_us(start)
        if before >= target:
            break
        target += shown_us(end) - before
    over_at = office_moment(target, calendar, hours, first)[0] if by_office_clock else EPOCH + target * TICK
    return over_at + (EPOCH - over_at) % MINUTE
