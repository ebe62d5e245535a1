"""A limit walked to its end, day by day: what became of each day.

The walk shares no arithmetic with `limits.due`: each checks the other.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.rules.time.calendar import OFFICE_HOURS, Calendar, OfficeHours
from shared.rules.time.limits import Limit, LimitUnit, Pause
from shared.rules.time.notices import DayOff

DAY = timedelta(days=1)
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
    """

    limit: Limit
    started_at: datetime
    days: tuple[WalkedDay, ...]
    due_at: datetime | None
    last_day: date | None
    provisional_years: tuple[int, ...]

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
) -> Walk:
    """Every day from the start of `limit` to its end, and what became of it; for arguments see `due`."""
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone; give an aware time")
    start = started_at.astimezone(calendar.zone)
    if limit.unit in CLOCK_UNITS:
        days, ended = _clock_days(limit, start, calendar, hours, pauses)
    else:
        days, ended = _whole_days(limit, start.date(), calendar, hours, pauses)
    asked = limit.roll or limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS)
    dates = [start.date(), *(walked.day for walked in days)] if asked else []
    provisional = tuple(sorted({day.year for day in dates if calendar.is_provisional(day)}))
    if not ended:
        return Walk(limit, start, tuple(days), None, None, ())
    last = days[-1]
    due_at = last.worked[-1][1] if last.worked else _closing(limit, last.day, calendar, hours)
    return Walk(limit, start, tuple(days), due_at.astimezone(UTC), last.day, provisional)


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
        return datetime.combine(day, hours.spans[-1][1], calendar.zone)
    return datetime.combine(day + DAY, time(), calendar.zone)


def _days_wanted(limit: Limit, start: date) -> int:
    if limit.unit is not LimitUnit.MONTHS:
        return limit.number
    year, month = start.year, start.month
    for _ in range(limit.number):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return (date(year, month, min(start.day, monthrange(year, month)[1])) - start).days


def _length(limit: Limit, hours: OfficeHours) -> timedelta:
    if limit.unit is LimitUnit.WORKING_HOURS:
        return timedelta(hours=limit.number)
    day = sum((_between(start, end) for start, end in hours.spans), timedelta())
    return day * limit.number / 2


def _between(start: time, end: time) -> timedelta:
    return datetime.combine(date.min, end) - datetime.combine(date.min, start)


def _clock_days(
    limit: Limit, start: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> tuple[list[WalkedDay], bool]:
    days: list[WalkedDay] = []
    left, day = _length(limit, hours), start.date()
    while left:
        if any(not p.end and p.start <= datetime.combine(day, time(), calendar.zone) for p in pauses):
            return days, False
        why = calendar.why_off(day)
        worked = []
        for begin, end in () if why else _open_spans(day, start, calendar, hours, pauses):
            if left:
                worked.append((begin, min(end, begin + left)))
                left -= worked[-1][1] - begin
        if why or worked:
            days.append(WalkedDay(day, Fate.OFF if why else Fate.COUNTED, why, tuple(worked)))
        day += DAY
    return days, True


def _open_spans(
    day: date, start: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> list[tuple[datetime, datetime]]:
    """The local spans of a working day after `start` and outside every pause, in order."""
    spans = []
    for opens, closes in hours.spans:
        begin = max(datetime.combine(day, opens, calendar.zone), start)
        end = datetime.combine(day, closes, calendar.zone)
        cuts = [moment.astimezone(calendar.zone) for p in pauses for moment in (p.start, p.end) if moment]
        edges = sorted({begin, end, *(cut for cut in cuts if begin < cut < end)}) if begin < end else []
        spans += [(a, b) for a, b in pairwise(edges) if not any(_covers(pause, a) for pause in pauses)]
    return spans


def _covers(pause: Pause, moment: datetime) -> bool:
    return pause.start <= moment and (pause.end is None or moment < pause.end)
