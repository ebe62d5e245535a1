"""A limit walked to its end, day by day: what became of each day.

The walk shares no arithmetic with `ends.due`: each checks the other.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import DAY_US, OFFICE_HOURS, OfficeHours, TimeTable
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.time.notices import DayOff
from shared.rules.time.pauses import Pause

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CLOCK_UNITS = (LimitUnit.HALF_WORKING_DAYS, LimitUnit.WORKING_HOURS)


class Fate(StrEnum):
    """What became of a day. From `ROLLED` on the limit is used up and looks for a working day to end on."""

    COUNTED = "counted"
    OFF = "off"
    PAUSED = "paused"
    ROLLED = "rolled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class WalkedDay:
    """One day of a walk. `why` is given for a day off; `worked` are the local spans the office clock counted.

    On the office clock a working day without a minute worked is left out.
    """

    day: date
    fate: Fate
    why: DayOff | None = None
    worked: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """A limit walked to its end. `started_at` is local, `due_at` UTC.

    `due_at` and `last_day` are None where an open pause stops it. `provisional_years` have no notice yet.
    `received_on`: the day on which it counts as received. `hours`: those of its days, each from a day on.
    """

    limit: Limit
    started_at: datetime
    days: tuple[WalkedDay, ...]
    due_at: datetime | None
    last_day: date | None
    provisional_years: tuple[int, ...]
    received_on: date
    hours: tuple[tuple[date, TimeTable], ...]

    @property
    def provisional(self) -> bool:
        """Whether it leans on a year without a holiday notice."""
        return bool(self.provisional_years)


def walk(
    limit: Limit,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours = OFFICE_HOURS,
    pauses: Sequence[Pause] = (),
    *,
    whole_minutes: bool = False,
    pauses_at_due: bool = False,
) -> Walk:
    """Every day from the start of `limit` to its end, and what became of it; for arguments see `due`."""
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone; give an aware time")
    start, by_clock = started_at.astimezone(calendar.zone), limit.unit in CLOCK_UNITS
    received_on = start.date() if by_clock else _received_on(start, calendar, hours)
    if by_clock:
        length = _length(limit, start.date(), hours)
        if whole_minutes and length % MINUTE:
            length += MINUTE - length % MINUTE
        days, ended = _clock_days(length, start, calendar, hours, pauses)
    else:
        days, ended = _whole_days(limit, received_on, calendar, hours, pauses)
    asked = limit.roll or hours.next_day or limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS)
    begins = start.date() - DAY if hours.overnight and by_clock else start.date()
    dates = [begins, *(walked.day for walked in days)] if asked else []
    provisional = tuple(sorted({day.year for day in dates if calendar.is_provisional(day)}))
    held = _held(hours, [start.date(), *(walked.day for walked in days)])
    if not ended:
        return Walk(limit, start, tuple(days), None, None, (), received_on, held)
    last = days[-1]
    due_at = last.worked[-1][1] if last.worked else _closing(limit, last.day, calendar, hours)
    if by_clock and pauses_at_due and (pause := next((p for p in pauses if p.start == due_at), None)):
        if pause.end is None:
            return Walk(limit, start, tuple(days), None, None, (), received_on, held)
        due_at = pause.end.astimezone(calendar.zone)  # nothing was left of the limit
        return Walk(limit, start, tuple(days), pause.end, due_at.date(), provisional, received_on, held)
    return Walk(limit, start, tuple(days), due_at.astimezone(UTC), last.day, provisional, received_on, held)


def _received_on(start: datetime, calendar: Calendar, hours: OfficeHours) -> date:
    """The day of the start; after hours the next working day, where the hours say so."""
    day = start.date()
    night_before = hours.on(day - DAY).spans_us[-1][1]
    if not hours.next_day or (
        night_before > DAY_US
        and not calendar.why_off(day - DAY)
        and start <= _local(day - DAY, night_before, calendar)
    ):
        return day
    if calendar.why_off(day) or start > _local(day, hours.on(day).spans_us[-1][1], calendar):
        day += DAY
        while calendar.why_off(day):
            day += DAY
    return day


def _held(hours: OfficeHours, days: Sequence[date]) -> tuple[tuple[date, TimeTable], ...]:
    """The time-tables of these days, each with the first of them on which it holds."""
    held: list[tuple[date, TimeTable]] = []
    for day in days:
        if not held or held[-1][1] is not hours.on(day):
            held.append((day, hours.on(day)))
    return tuple(held)


def _whole_days(
    limit: Limit, start: date, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> tuple[list[WalkedDay], bool]:
    days: list[WalkedDay] = []
    left, day = _days_wanted(limit, start), start
    while left or days[-1].fate is not Fate.ENDED:
        day += DAY
        why = calendar.why_off(day) if limit.roll or limit.unit is LimitUnit.WORKING_DAYS else None
        pause = next((p for p in pauses if _covers(p, _closing(limit, day, calendar, hours))), None)
        if pause and any(_covers(p, _closing(limit, day, calendar, hours)) for p in pauses if not p.end):
            return [*days, WalkedDay(day, Fate.PAUSED)], False
        if limit.unit is LimitUnit.WORKING_DAYS and why:
            days.append(WalkedDay(day, Fate.OFF, why))
        elif pause:
            days.append(WalkedDay(day, Fate.PAUSED))
        elif left:
            left -= 1
            days.append(WalkedDay(day, Fate.COUNTED, why))
            if not left and not why:
                return days, True
        else:
            days.append(WalkedDay(day, Fate.ROLLED if why else Fate.ENDED, why))
    return days, True


def _closing(limit: Limit, day: date, calendar: Calendar, hours: OfficeHours) -> datetime:
    if limit.unit is LimitUnit.WORKING_DAYS:
        return _local(day, hours.on(day).spans_us[-1][1], calendar)
    return datetime.combine(day + DAY, time(), calendar.zone)


def _local(day: date, since_midnight_us: int, calendar: Calendar) -> datetime:
    return datetime.combine(day, time(), calendar.zone) + timedelta(microseconds=since_midnight_us)


def _days_wanted(limit: Limit, start: date) -> int:
    if limit.unit is not LimitUnit.MONTHS:
        return limit.number
    year, month = start.year, start.month
    for _ in range(limit.number):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return (date(year, month, min(start.day, monthrange(year, month)[1])) - start).days


def _length(limit: Limit, start: date, hours: OfficeHours) -> timedelta:
    if limit.unit is LimitUnit.WORKING_HOURS:
        return timedelta(hours=limit.number)
    day_us = sum(end - begin for begin, end in hours.on(start).spans_us)
    return timedelta(microseconds=day_us) * limit.number / 2


def _clock_days(
    left: timedelta, start: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> tuple[list[WalkedDay], bool]:
    days: list[WalkedDay] = []
    day = start.date() - DAY if hours.overnight else start.date()  # a shift of the day before may go on
    while left:
        if any(not p.end and p.start <= datetime.combine(day, time(), calendar.zone) for p in pauses):
            return days, False
        why = calendar.why_off(day)
        worked = []
        for begin, end in () if why else _open_spans(day, start, calendar, hours, pauses):
            if left:
                worked.append((begin, min(end, begin + left)))
                left -= worked[-1][1] - begin
        if worked or (why and day >= start.date()):
            days.append(WalkedDay(day, Fate.OFF if why else Fate.COUNTED, why, tuple(worked)))
        day += DAY
    return days, True


def _open_spans(
    day: date, start: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> list[tuple[datetime, datetime]]:
    """The local spans of a working day after `start` and outside every pause, in order."""
    spans = []
    for opens_us, closes_us in hours.on(day).spans_us:
        begin, end = max(_local(day, opens_us, calendar), start), _local(day, closes_us, calendar)
        cuts = [moment.astimezone(calendar.zone) for p in pauses for moment in (p.start, p.end) if moment]
        edges = sorted({begin, end, *(cut for cut in cuts if begin < cut < end)}) if begin < end else []
        spans += [(a, b) for a, b in pairwise(edges) if not any(_covers(pause, a) for pause in pauses)]
    return spans


def _covers(pause: Pause, moment: datetime) -> bool:
    return pause.start <= moment and (pause.end is None or moment < pause.end)
