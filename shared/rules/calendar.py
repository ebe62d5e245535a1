"""Which days are working days, and when an office is open.

A year with a State Council holiday notice follows it, make-up workdays (调休) included. A year without
has its statutory holidays on their own dates, weekends off and nothing moved, and is provisional.
The table reaches from 2004 to 2099 and is built year by year as it is asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Self
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import yaml

FIRST_YEAR = 2004
LAST_YEAR = 2099
SATURDAY = 5

_ENGLISH: dict[str, str] = {holiday.chinese: holiday.value for holiday in chinese_calendar.Holiday} | {
    "农历除夕": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
}
_CHINESE: dict[str, str] = {"农历除夕": "春节", "清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


@dataclass(frozen=True, slots=True)
class DayOff:
    """Why a day is no working day, in both languages."""

    zh: str
    en: str


WEEKEND = DayOff("周末", "weekend")


@dataclass(frozen=True, slots=True)
class Notice:
    """One year's holiday notice: days off with their names, and weekend days worked."""

    year: int
    notice: str
    off: dict[date, DayOff]
    work: frozenset[date]


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working days of one jurisdiction. Never changes to the eye; make one and share it.

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
        notices = read_notices(path) if path else []
        replaced = {notice.year for notice in notices}
        off = {
            day: _day_off(chinese_calendar.Holiday(english).chinese)
            for day, english in chinese_calendar.constants.holidays.items()
            if day.year not in replaced
        }
        work = {day for day in chinese_calendar.constants.workdays if day.year not in replaced}
        noticed = {day.year for day in chinese_calendar.constants.holidays} | replaced
        version = f"chinesecalendar-{chinese_calendar.__version__}"
        for notice in notices:
            work = (work - notice.off.keys()) | notice.work
            off |= notice.off
            version += f"+{notice.year}:{notice.notice}"
        return cls(zone, version, frozenset(noticed), off, frozenset(work))

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


def statutory(year: int) -> dict[date, DayOff]:
    """The year's statutory holidays on their own dates (State Council Order 795), nothing moved."""
    found = {}
    for day, joined in holidays.country_holidays("CN", years=year, observed=False, language="zh_CN").items():
        names = [name for name in joined.split("; ") if name in _ENGLISH]
        if names:
            found[day] = _day_off(*names)
    return found


def _day_off(*names: str) -> DayOff:
    return DayOff("、".join(_CHINESE.get(n, n) for n in names), ", ".join(_ENGLISH.get(n, n) for n in names))


def read_notices(path: Path) -> list[Notice]:
    """The notices in a YAML file, by year: one mapping a year, or a list of them.

    `year`, `notice` (its number), `off` (date: name, weekend days of a holiday included) and `work`
    (make-up workdays, may be absent). A notice may also move days of the December before. A year's
    data replace all that was known of that year. A mistake raises ValueError with file, line, rule.
    """
    try:
        with path.open("rb") as stream:
            root = yaml.compose(stream, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ValueError(
            f"{path}, line {line}: not readable as YAML ({getattr(error, 'problem', error)})"
        ) from error
    if root is None or not root.value:
        raise ValueError(f"{path}, line 1: the file is empty; give year, notice, off and work")
    found: dict[int, Notice] = {}
    for node in root.value if isinstance(root, yaml.SequenceNode) else [root]:
        notice = _notice(node)
        if notice.year in found:
            raise _mistake(node, f"the year {notice.year} is given twice")
        found[notice.year] = notice
    return [found[year] for year in sorted(found)]


def _notice(node: yaml.Node) -> Notice:
    fields = {_text(key, "a key"): (key, value) for key, value in _pairs(node, "a year's data")}
    for name, (key, _) in fields.items():
        if name not in ("year", "notice", "off", "work"):
            raise _mistake(key, f"'{name}' is not known; a year has year, notice, off and work")
    for name in ("year", "notice", "off"):
        if name not in fields:
            raise _mistake(node, f"'{name}' is missing")
    year = _year(fields["year"][1])
    notice = _text(fields["notice"][1], "notice")
    off = _off_days(fields["off"][1], year)
    work = _work_days(fields["work"][1], year, off) if "work" in fields else frozenset()
    for day, why in statutory(year).items():
        if day not in off:
            raise _mistake(fields["off"][1], f"{day} ({why.zh}) is a statutory holiday and missing from off")
    return Notice(year, notice, off, work)


def _off_days(node: yaml.Node, year: int) -> dict[date, DayOff]:
    off: dict[date, DayOff] = {}
    for key, value in _pairs(node, "off"):
        off[_day(key, year)] = _day_off(_text(value, "a holiday's name"))
    return off


def _work_days(node: yaml.Node, year: int, off: dict[date, DayOff]) -> frozenset[date]:
    if not isinstance(node, yaml.SequenceNode):
        raise _mistake(node, "work must be a list of dates")
    work: set[date] = set()
    for item in node.value:
        day = _day(item, year)
        if day in off or day in work:
            raise _mistake(item, f"{day} is given twice")
        if day.weekday() < SATURDAY:
            raise _mistake(item, f"{day} is no Saturday or Sunday, so it needs no make-up entry")
        work.add(day)
    return frozenset(work)


def _pairs(node: yaml.Node, what: str) -> list[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _mistake(node, f"{what} must be a mapping")
    seen = set()
    for key, _ in node.value:
        name = _text(key, "a key")
        if name in seen:
            raise _mistake(key, f"'{name}' is given twice")
        seen.add(name)
    return list(node.value)


def _text(node: yaml.Node, what: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise _mistake(node, f"{what} must be a text")
    return str(node.value).strip()


def _year(node: yaml.Node) -> int:
    text = _text(node, "year")
    if not text.isdecimal() or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise _mistake(node, f"year must be a number from {FIRST_YEAR} to {LAST_YEAR}, not '{text}'")
    return int(text)


def _day(node: yaml.Node, year: int) -> date:
    text = _text(node, "a date")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise _mistake(node, f"'{text}' is no date; write it like {year}-10-01")
    if day.year != year and (day.year, day.month) != (year - 1, 12):
        raise _mistake(node, f"{day} is not in {year}, nor in the December before")
    return day


def _mistake(node: yaml.Node, rule: str) -> ValueError:
    return ValueError(f"{node.start_mark.name}, line {node.start_mark.line + 1}: {rule}")


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When an office is open on a working day: spans of local time in order, none of them empty.

    `closes` is the close of business; `spans_us` and `day_us` are microseconds since midnight and a day.
    """

    spans: tuple[tuple[time, time], ...]
    closes: time = field(init=False, repr=False, compare=False)
    spans_us: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    day_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """ValueError for no spans, an empty span, or spans that overlap or are out of order."""
        if not self.spans:
            raise ValueError("office hours need at least one span, like 08:30 to 12:00")
        last = None
        for start, end in self.spans:
            if start >= end:
                raise ValueError(f"office hours from {start:%H:%M} to {end:%H:%M} end before they begin")
            if last is not None and start < last:
                raise ValueError(
                    f"office hours from {start:%H:%M} begin before {last:%H:%M}, when others end"
                )
            last = end
        object.__setattr__(self, "closes", self.spans[-1][1])
        spans_us = tuple((microseconds(start), microseconds(end)) for start, end in self.spans)
        object.__setattr__(self, "spans_us", spans_us)
        object.__setattr__(self, "day_us", sum(end - start for start, end in spans_us))

    @classmethod
    def parse(cls, spans: Iterable[tuple[str, str]]) -> "OfficeHours":
        """From pairs like ("08:30", "12:00"). ValueError says which pair is wrong."""
        return _office_hours(tuple((start, end) for start, end in spans))


@lru_cache(maxsize=1024)
def _office_hours(spans: tuple[tuple[str, str], ...]) -> OfficeHours:
    return OfficeHours(tuple((_local_time(start), _local_time(end)) for start, end in spans))


def _local_time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no time of day; write it like 08:30, up to 23:59") from error
    if found.tzinfo is not None:
        raise ValueError(f"'{text}' has a zone; office hours are local times, like 08:30")
    return found


def microseconds(moment: time) -> int:
    """Microseconds since midnight."""
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


OFFICE_HOURS = OfficeHours.parse((("08:30", "12:00"), ("14:30", "17:30")))
