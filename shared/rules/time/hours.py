"""When an office is open on a working day, by time-tables that hold from a date on.

A shift past midnight belongs to the working day on which it begins, whatever the day is on which it ends,
and closes on that next morning. `24:00` is the end of a day. Hours count on working days alone.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from shared.named import WrongValue
from shared.rules.time.notices import FIRST_YEAR, LAST_YEAR

DAY_US = 86_400_000_000
MOST_CHANGES = 40
LONGEST_NIGHT_US = 16 * 3_600_000_000
"""A longer shift past midnight is taken for a span whose ends were exchanged: 12:00 to 08:30."""
Spans = tuple[tuple[str, str], ...]


class Change(NamedTuple):
    """Other hours from the day `since` on; where `yearly`, from that day of each later year too."""

    since: date
    spans: Spans
    yearly: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TimeTable:
    """The hours of one working day: spans in order, in microseconds since its midnight, none of them empty.

    The last one may end beyond midnight. `closes_us` is the close of business, `day_us` what is worked.
    """

    spans_us: tuple[tuple[int, int], ...]
    closes_us: int = field(init=False)
    day_us: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out when it closes and how much is worked."""
        object.__setattr__(self, "closes_us", self.spans_us[-1][1])
        object.__setattr__(self, "day_us", sum(end - start for start, end in self.spans_us))

    @property
    def written(self) -> tuple[tuple[str, str], ...]:
        """The spans as people write them: 22:00 to 06:00."""
        return tuple((clock(start), clock(end)) for start, end in self.spans_us)


@dataclass(frozen=True, slots=True, eq=False)
class OfficeHours:
    """An office's hours: time-tables, each from a day on, in order; the first from the first day on.

    `only` is the one that holds every day, if they never change. `overnight`: some shift runs past midnight.
    `next_day`: what is received after hours counts as received on the next working day; `plain` are the same
    hours without that. Equal hours are one object (`parse`).
    """

    starts: tuple[date, ...]
    tables: tuple[TimeTable, ...]
    next_day: bool = False
    only: TimeTable | None = field(init=False)
    overnight: bool = field(init=False)

    def __post_init__(self) -> None:
        """ValueError for a shift that would run into the hours of the next day."""
        latest = max(self.tables, key=lambda table: table.closes_us)
        earliest = min(table.spans_us[0][0] for table in self.tables)
        if latest.closes_us > DAY_US + earliest:
            raise WrongValue(
                f"office hours to {clock(latest.closes_us)} end after those of the next day begin"
                f" at {clock(earliest)}",
                f"工作时间到 {clock(latest.closes_us)} 结束，晚于次日 {clock(earliest)} 的开始",
            )
        object.__setattr__(self, "only", self.tables[0] if len(self.tables) == 1 else None)
        object.__setattr__(self, "overnight", latest.closes_us > DAY_US)

    @classmethod
    def parse(
        cls,
        spans: Iterable[tuple[str, str]],
        changes: Iterable[Change] = (),
        *,
        next_day: bool = False,
    ) -> "OfficeHours":
        """From pairs like ("08:30", "12:00"), and changes in order. ValueError says which part is wrong."""
        return _office_hours(tuple((start, end) for start, end in spans), tuple(changes), next_day)

    @property
    def plain(self) -> "OfficeHours":
        """The same hours for what is not received: the longest pause, the time to ask for reopening."""
        return _plain(self) if self.next_day else self

    def on(self, day: date) -> TimeTable:
        """The time-table of a day."""
        return self.only or self.tables[self.index(day)]

    def index(self, day: date) -> int:
        """Which of `tables` holds on a day."""
        return max(bisect_right(self.starts, day) - 1, 0)


@lru_cache(maxsize=1024)
def _plain(hours: OfficeHours) -> OfficeHours:
    return OfficeHours(hours.starts, hours.tables)


@lru_cache(maxsize=1024)
def _office_hours(spans: Spans, changes: tuple[Change, ...], next_day: bool) -> OfficeHours:
    if len(changes) > MOST_CHANGES:
        raise WrongValue(
            f"office hours change more than {MOST_CHANGES} times: write those that still count",
            f"工作时间变更超过 {MOST_CHANGES} 次，请只写仍然有效的",
        )
    for before, after in pairwise(changes):
        if after.since <= before.since:
            raise WrongValue(
                f"office hours since {after.since} stand after those since {before.since}: put them in order",
                f"自 {after.since} 起的工作时间排在自 {before.since} 起的之后，请按日期先后排列",
            )
    tables = {date(FIRST_YEAR, 1, 1): _time_table(spans)}
    for change in changes:
        table = _time_table(change.spans)
        tables |= dict.fromkeys(_beginnings(change), table)
    starts = tuple(sorted(tables))
    return OfficeHours(starts, tuple(tables[start] for start in starts), next_day)


def _beginnings(change: Change) -> list[date]:
    since = change.since
    if not FIRST_YEAR <= since.year <= LAST_YEAR:
        raise WrongValue(
            f"office hours since {since}: the calendar knows {FIRST_YEAR} to {LAST_YEAR}",
            f"自 {since} 起的工作时间：日历只含 {FIRST_YEAR} 年至 {LAST_YEAR} 年",
        )
    if not change.yearly:
        return [since]
    if (since.month, since.day) == (2, 29):
        raise WrongValue(
            f"office hours since {since}: not every year has this day; take 03-01 or 02-28",
            f"自 {since} 起的工作时间：并非每年都有这一天，请写 03-01 或 02-28",
        )
    return [since.replace(year=year) for year in range(since.year, LAST_YEAR + 1)]


@lru_cache(maxsize=1024)
def _time_table(spans: Spans) -> TimeTable:
    if not spans:
        raise WrongValue(
            "office hours need at least one span, like 08:30 to 12:00",
            "工作时间至少写一段，如 08:30 至 12:00",
        )
    read: list[tuple[int, int]] = []
    for index, (opens, closes) in enumerate(spans):
        start, end = time_of_day(opens), time_of_day(closes)
        if start == DAY_US:
            raise WrongValue(
                f"office hours from {opens} to {closes}: no day begins at 24:00; write 00:00",
                f"工作时间 {opens} 至 {closes}：一天从 00:00 开始，请写 00:00",
            )
        if start == end:
            raise WrongValue(
                f"office hours from {opens} to {closes} are empty; write 00:00 to 24:00 for round the clock",
                f"工作时间 {opens} 至 {closes} 为空；全天请写 00:00 至 24:00",
            )
        if end < start:
            end += DAY_US
            if index < len(spans) - 1 or end - start > LONGEST_NIGHT_US:
                raise WrongValue(
                    f"office hours from {opens} to {closes} end before they begin;"
                    " past midnight only the last span of a day may run, for 16 hours at most",
                    f"工作时间 {opens} 至 {closes} 结束早于开始；只有当天最后一段可以跨过零点，最长 16 小时",
                )
        if read and start < read[-1][1]:
            raise WrongValue(
                f"office hours from {opens} begin before {clock(read[-1][1])}, when others end",
                f"工作时间自 {opens} 开始，早于前一段 {clock(read[-1][1])} 的结束",
            )
        read.append((start, end))
    return TimeTable(tuple(read))


def time_of_day(text: str) -> int:
    """A local time like 08:30, up to 24:00, in microseconds since midnight. ValueError if it is none.

    Every setting and file that holds a time of day is read by it.
    """
    if text in ("24:00", "24:00:00"):
        return DAY_US
    try:
        local = time.fromisoformat(text)
    except ValueError as error:
        raise WrongValue(
            f"'{text}' is no time of day; write it like 08:30, up to 24:00",
            f"“{text}”不是时刻，请写成 08:30，最晚 24:00",
        ) from error
    if local.tzinfo is not None:
        raise WrongValue(
            f"'{text}' has a zone; a time of day is a local time, like 08:30",
            f"“{text}”带有时区；时刻是当地时间，如 08:30",
        )
    return microseconds(local)


def microseconds(local: time) -> int:
    """Microseconds since midnight."""
    return ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond


def clock(since_midnight_us: int) -> str:
    """A time of day as people write it, to the minute; beyond 24:00 that of the next day."""
    minutes = since_midnight_us // 60_000_000
    minutes -= 24 * 60 if since_midnight_us > DAY_US else 0
    return f"{minutes // 60:02}:{minutes % 60:02}"


OFFICE_HOURS = OfficeHours.parse((("08:30", "12:00"), ("14:30", "17:30")))
