"""How long a limit lasts: a number and a unit, and the moment it ends.

Pauses (暂停), where the policies say nothing: a day does not count when the clock stood still at the
moment it closes, 24:00 for natural days and months, close of business for working days. A limit ends on
the first day at or after its last counted one that counts itself and, where it rolls, is a working day.
On the office clock the paused time does not count, to the microsecond.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from shared.rules.time.calendar import OFFICE_HOURS, Calendar, OfficeHours

DAY = timedelta(days=1)
MIDNIGHT = time()
HOUR_US = 3_600_000_000


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
) -> Due:
    """When `limit` ends that started at `started_at` (aware).

    ValueError for a start without zone, or one or an end outside the calendar where it is asked.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone; give an aware time")
    unit, number = limit.unit, limit.number
    if unit is LimitUnit.HALF_WORKING_DAYS:
        return _on_office_clock(number * hours.day_us // 2, started_at, calendar, hours, pauses)
    if unit is LimitUnit.WORKING_HOURS:
        return _on_office_clock(number * HOUR_US, started_at, calendar, hours, pauses)
    start = started_at.astimezone(calendar.zone).date()
    closes = hours.closes if unit is LimitUnit.WORKING_DAYS else None
    if pauses:
        return _in_days(unit, number, limit.roll, start, calendar, closes, pauses)
    return _in_days_at_a_stretch(unit, number, limit.roll, start, calendar, closes)


@lru_cache(maxsize=65536)
def _in_days_at_a_stretch(
    unit: LimitUnit, number: int, roll: bool, start: date, calendar: Calendar, closes: time | None
) -> Due:
    return _in_days(unit, number, roll, start, calendar, closes, ())


def _in_days(
    unit: LimitUnit,
    number: int,
    roll: bool,
    start: date,
    calendar: Calendar,
    closes: time | None,
    pauses: Sequence[Pause],
) -> Due:
    """The end of a limit in days. `closes` is when a working day closes; None for natural days and months."""
    if closes is not None:
        last = _working_days_on(start, number, calendar, closes, pauses)
    else:
        days = number if unit is LimitUnit.NATURAL_DAYS else (_months_on(start, number) - start).days
        last = _natural_days_on(start, days, roll, calendar, pauses)
    if last is None:
        return SUSPENDED
    return _due_on(last, closes, calendar, start.year if closes is not None or roll else None)


@lru_cache(maxsize=65536)
def _due_on(last: date, closes: time | None, calendar: Calendar, asked_from: int | None) -> Due:
    provisional = asked_from is not None and _provisional(asked_from, last.year, calendar)
    return Due(_utc(last, closes, calendar.zone), last, provisional)


@lru_cache(maxsize=65536)
def _utc(day: date, local: time | None, zone: ZoneInfo) -> datetime:
    """A local time of a day; None for 24:00."""
    moment = (
        datetime.combine(day + DAY, MIDNIGHT, zone) if local is None else datetime.combine(day, local, zone)
    )
    return moment.astimezone(UTC)


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
    start: date, number: int, calendar: Calendar, closes: time, pauses: Sequence[Pause]
) -> date | None:
    last = calendar.working_day(start, number)
    for first_lost, until in _lost_days(pauses, closes, calendar.zone) if pauses else ():
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
    for first_lost, until in _lost_days(pauses, None, calendar.zone) if pauses else ():
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
    pauses: Iterable[Pause], closes: time | None, zone: ZoneInfo
) -> Iterable[tuple[date, date | None]]:
    """The days whose closing moment fell into a pause, as pairs: the first day, and the first one after."""
    for start, end in _merged(pauses):
        yield _first_closing(start, closes, zone), end and _first_closing(end, closes, zone)


def _first_closing(moment: datetime, closes: time | None, zone: ZoneInfo) -> date:
    """The first day that closes at or after `moment`."""
    day = moment.astimezone(zone).date() - DAY
    while _utc(day, closes, zone) < moment:
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
    length_us: int, started_at: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> Due:
    target = _office_us(started_at, calendar, hours) + length_us
    for start, end in _merged(pauses) if pauses else ():
        if end is not None and end <= started_at:
            continue
        before = _office_us(max(start, started_at), calendar, hours)
        if before >= target:
            break
        if end is None:
            return SUSPENDED
        target += _office_us(end, calendar, hours) - before
    due_at, last = _office_moment(target, calendar, hours)
    from_year = started_at.astimezone(calendar.zone).year
    return Due(due_at, last, _provisional(from_year, last.year, calendar))


def _office_us(moment: datetime, calendar: Calendar, hours: OfficeHours) -> int:
    """The reading of the office clock: microseconds worked since the calendar begins."""
    local = moment.astimezone(calendar.zone)
    day = local.date()
    index = calendar.working_days_before(day)
    worked = index * hours.day_us
    if calendar.working_day_at(index) == day:
        now = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        for start, end in hours.spans_us:
            if now <= start:
                break
            worked += min(now, end) - start
    return worked


def _office_moment(shown_us: int, calendar: Calendar, hours: OfficeHours) -> tuple[datetime, date]:
    """The first moment at which the office clock shows `shown_us`, and its local day."""
    index, rest = divmod(shown_us - 1, hours.day_us)
    day = calendar.working_day_at(index)
    rest += 1
    span = 0
    while rest > (length := hours.spans_us[span][1] - hours.spans_us[span][0]):
        rest -= length
        span += 1
    return _utc(day, hours.spans[span][0], calendar.zone) + timedelta(microseconds=rest), day
