"""Which days are working days.

A year with a State Council holiday notice follows it, make-up workdays (调休) included. A year without
has its statutory holidays on their own dates, weekends off and nothing moved, and is provisional.
The table reaches from 2004 to 2099 and is built year by year as it is asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Self
from zoneinfo import ZoneInfo

from shared.rules.time import notices as known_notices
from shared.rules.time.notices import (
    FIRST_YEAR,
    LAST_YEAR,
    SATURDAY,
    WEEKEND,
    DayOff,
    Known,
    Notice,
    statutory,
)


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working days of one jurisdiction. Immutable to its users: make one and share it.

    Days outside 2004 to 2099 raise ValueError.
    """

    zone: ZoneInfo
    version: str
    _noticed: frozenset[int]
    _off: dict[date, DayOff]
    _work: frozenset[date]
    _days: list[date] = field(default_factory=list)
    _built: list[int] = field(default_factory=lambda: [FIRST_YEAR - 1])
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def load(cls, zone: ZoneInfo, path: Path | None = None) -> Self:
        """The published notices, with the years of the YAML file `path` put in their place.

        A mistake in the file raises ValueError with file, line and rule.
        """
        published = known_notices.published(path)
        return cls.of(zone, published.version, published.notices)

    @classmethod
    def of(cls, zone: ZoneInfo, version: str, notices: Iterable[Notice]) -> Self:
        """What `notices` say, one a year; one may also move days of the December before."""
        off: dict[date, DayOff] = {}
        work: frozenset[date] = frozenset()
        years = {notice.year: notice for notice in notices}
        for _, notice in sorted(years.items()):
            work = (work - notice.off.keys()) | notice.work
            off |= notice.off
        return cls(zone, version, frozenset(years), off, work)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`."""
        index = self.working_days_before(day)
        return index < len(self._days) and self._days[index] == day

    def working_day(self, after: date, nth: int) -> date:
        """The `nth` (1, 2, …) working day after `after`, which itself does not count."""
        if not FIRST_YEAR <= after.year <= self._built[0]:
            self._build(after.year)
        index = bisect_right(self._days, after) + nth - 1
        return self._days[index] if index < len(self._days) else self.working_day_at(index)

    def next_working_day(self, day: date) -> date:
        """`day` itself if it is a working day, else the first one after it."""
        if not FIRST_YEAR <= day.year <= self._built[0]:
            self._build(day.year)
        index = bisect_left(self._days, day)
        return self._days[index] if index < len(self._days) else self.working_day_at(index)

    def working_days_before(self, day: date) -> int:
        """How many working days lie before `day`, counted from the beginning of the table."""
        if not FIRST_YEAR <= day.year <= self._built[0]:
            self._build(day.year)
        return bisect_left(self._days, day)

    def working_day_at(self, index: int) -> date:
        """The working day with `index` working days before it."""
        while index >= len(self._days):
            self._build(self._built[0] + 1)
        return self._days[index]

    def why_off(self, day: date) -> DayOff | None:
        """The holiday's name, or the weekend; None for a working day."""
        return None if self.is_working_day(day) else self._off.get(day, WEEKEND)

    def is_provisional(self, day: date) -> bool:
        """Whether `day` is in a year whose notice is not known, so that it may yet turn out otherwise."""
        return day.year not in self._noticed

    def _build(self, year: int) -> None:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(
                f"the calendar knows {FIRST_YEAR} to {LAST_YEAR}, not {year}: check the start and the limit"
            )
        with self._lock:
            for missing in range(self._built[0] + 1, year + 1):
                if missing not in self._noticed:
                    self._off.update({d: why for d, why in statutory(missing).items() if d not in self._off})
                self._days.extend(self._working_days(missing))
                self._built[0] = missing

    def _working_days(self, year: int) -> list[date]:
        days = (
            date.fromordinal(n)
            for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
        )
        return [d for d in days if d in self._work or (d.weekday() < SATURDAY and d not in self._off)]


@dataclass(frozen=True, slots=True)
class Calendars:
    """A calendar as it became known: the first, and each that took its place at a moment, in order."""

    first: Calendar
    later: Sequence[tuple[datetime, Calendar]] = ()

    @classmethod
    def of(cls, zone: ZoneInfo, records: Iterable[Known]) -> "Calendars":
        """From what became known, in order; the first record stands for all that was known before."""
        years: dict[int, Notice] = {}
        calendars = []
        for record in records:
            years |= {notice.year: notice for notice in record.notices}
            calendars.append((record.known_from, Calendar.of(zone, record.version, years.values())))
        return cls(calendars[0][1], calendars[1:])

    def since(self, moment: datetime) -> "Calendars":
        """What is known at `moment`, and what becomes known after it."""
        known = [calendar for at, calendar in self.later if at <= moment]
        return Calendars(known[-1], self.later[len(known) :]) if known else self
