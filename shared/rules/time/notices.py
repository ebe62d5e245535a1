"""Holiday notices, a year each: those that are published, those in a file, and those sent as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import chinese_calendar
import holidays
import yaml

from shared.files import yaml_nodes

FIRST_YEAR = 2004
LAST_YEAR = 2099
SATURDAY = 5
NO_LINE = -1
MOST_OFF, MOST_WORKED = 100, 60
"""So many days a notice names at most. No year is off as a whole, so every limit ends."""

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

    def data(self) -> dict[str, Any]:
        """As JSON, the way a file has it."""
        return {
            "year": self.year,
            "notice": self.notice,
            "off": {day.isoformat(): why.zh for day, why in sorted(self.off.items())},
            "work": [day.isoformat() for day in sorted(self.work)],
        }

    def moves_as(self, other: "Notice | None") -> bool:
        """Whether both notices name the same days, whatever their numbers are."""
        return other is not None and (self.off.keys(), self.work) == (other.off.keys(), other.work)


@dataclass(frozen=True, slots=True)
class Known:
    """What became known at a moment: the years that differ from before, and the calendar's new version."""

    version: str
    known_from: datetime
    notices: tuple[Notice, ...]

    def data(self) -> dict[str, Any]:
        """As JSON."""
        notices = [notice.data() for notice in self.notices]
        return {"version": self.version, "known_from": self.known_from.isoformat(), "notices": notices}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Known":
        """From what `data` wrote."""
        known_from = datetime.fromisoformat(data["known_from"])
        return cls(data["version"], known_from, tuple(map(recorded, data["notices"])))


@dataclass(frozen=True, slots=True)
class Published:
    """The notices that this release and the city's file bring."""

    version: str
    notices: tuple[Notice, ...]


class NoticeMistake(ValueError):
    """A year's data cannot be used. `place` is a line of the file or a field of the data."""

    def __init__(self, place: str, rule: str) -> None:
        super().__init__(f"{place}: {rule}")
        self.place = place
        self.rule = rule


def published(path: Path | None = None) -> Published:
    """Those of the package, with the years of the YAML file `path` in their place."""
    packaged = _packaged()
    if path is None:
        return packaged
    years, version = {notice.year: notice for notice in packaged.notices}, packaged.version
    for notice in read_notices(path):
        years[notice.year] = notice
        version += f"+{notice.year}:{notice.notice}"
    return Published(version, tuple(years[year] for year in sorted(years)))


@cache
def _packaged() -> Published:
    version = f"chinesecalendar-{chinese_calendar.__version__}"
    off: dict[int, dict[date, DayOff]] = {}
    for day, english in chinese_calendar.constants.holidays.items():
        off.setdefault(day.year, {})[day] = _day_off(chinese_calendar.Holiday(english).chinese)
    notices = []
    for year, days in sorted(off.items()):
        work = frozenset(day for day in chinese_calendar.constants.workdays if day.year == year)
        notices.append(Notice(year, version, days, work))
    return Published(version, tuple(notices))


def checked(data: object) -> Notice:
    """A year's notice sent as data. NoticeMistake names the field."""
    return _notice(_node(data, ""))


def recorded(data: Mapping[str, Any]) -> Notice:
    """A notice that `Notice.data` wrote."""
    off = {date.fromisoformat(day): _day_off(name) for day, name in data["off"].items()}
    return Notice(data["year"], data["notice"], off, frozenset(map(date.fromisoformat, data["work"])))


def statutory(year: int) -> dict[date, DayOff]:
    """The year's statutory holidays on their own dates (State Council Order 795), nothing moved."""
    days = {}
    for day, joined in holidays.country_holidays("CN", years=year, observed=False, language="zh_CN").items():
        names = [name for name in joined.split("; ") if name in _ENGLISH]
        if names:
            days[day] = _day_off(*names)
    return days


def _day_off(*names: str) -> DayOff:
    return DayOff("、".join(_CHINESE.get(n, n) for n in names), ", ".join(_ENGLISH.get(n, n) for n in names))


def read_notices(path: Path) -> list[Notice]:
    """The notices in a YAML file, by year: one mapping a year, or a list of them.

    `year`, `notice` (its number), `off` (date: name, weekend days of a holiday included) and `work`
    (make-up workdays, may be absent). A notice may also move days of the December before. A year's
    data replace all that was known of that year. A mistake raises ValueError with file, line, rule.
    """
    root = yaml_nodes.document(path)
    if not root.value:
        raise ValueError(f"{path}, line 1: the file is empty; give year, notice, off and work")
    notices: dict[int, Notice] = {}
    for node in root.value if isinstance(root, yaml.SequenceNode) else [root]:
        notice = _notice(node)
        if notice.year in notices:
            raise _mistake(node, f"the year {notice.year} is given twice")
        notices[notice.year] = notice
    return [notices[year] for year in sorted(notices)]


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
        if len(off) == MOST_OFF:
            raise _mistake(key, f"a year has {MOST_OFF} days off at most, ordinary weekends left out")
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
        if len(work) == MOST_WORKED:
            raise _mistake(item, f"a year has {MOST_WORKED} make-up workdays at most")
        work.add(day)
    return frozenset(work)


def _pairs(node: yaml.Node, subject: str) -> list[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _mistake(node, f"{subject} must be a mapping")
    seen = set()
    for key, _ in node.value:
        name = _text(key, "a key")
        if name in seen:
            raise _mistake(key, f"'{name}' is given twice")
        seen.add(name)
    return list(node.value)


def _text(node: yaml.Node, subject: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise _mistake(node, f"{subject} must be a text")
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


def _node(data: object, place: str) -> yaml.Node:
    """`data` as nodes of YAML, each marked with its field instead of a line."""
    mark = yaml.Mark(place or "body", 0, NO_LINE, 0, None, 0)
    below = f"{place}." if place else ""
    if isinstance(data, dict):
        pairs = [(_node(key, f"{below}{key}"), _node(value, f"{below}{key}")) for key, value in data.items()]
        return yaml.MappingNode("", pairs, start_mark=mark)
    if isinstance(data, list):
        parts = [_node(value, f"{below}{index}") for index, value in enumerate(data)]
        return yaml.SequenceNode("", parts, start_mark=mark)
    return yaml.ScalarNode("", "" if data is None else str(data), start_mark=mark)


def _mistake(node: yaml.Node, rule: str) -> NoticeMistake:
    mark = node.start_mark
    return NoticeMistake(mark.name if mark.line == NO_LINE else f"{mark.name}, line {mark.line + 1}", rule)
