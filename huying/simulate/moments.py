"""Reads the moments of recorded cases as people write them, beyond what `LocalDays` reads at once."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from huying.simulate.table_profile import EXCEL, TableProfile

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_EXCEL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 - local time, as Excel counts
_EXCEL_DAYS = re.compile(r"\d{4,6}(\.\d+)?")
_TIME = re.compile(r"[T ]\d\d(:?\d\d)?(:?\d\d)?([.,]\d+)?")
_MIDNIGHT = re.compile(
    r"(?<=[T 日])24(?=(?::?00){0,2}(?:[.,]0+)?(?:$|Z$|[+-]\d\d:?\d\d$)|[时点](?:00?分)?(?:00?秒)?$)"
)
"""24:00, the end of a day: ISO 8601 has it, Python does not."""
_DIRECTIVE = re.compile("%(.)")
_SHAPES = {"%": "%", "Y": r"\d{4}", **dict.fromkeys("mdyHIMS", r" ?\d{1,2}"), "f": r"\d{1,6}"}
"""What a directive of `strptime` matches at most; any other may match anything."""
_REMEMBERED = 1024
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f"))


class NoTimeOfDay(ValueError):
    """A cell holds a day alone."""


class Written(NamedTuple):
    """A moment as it is written: local where it has no offset, and the unit down to which it is given."""

    at: datetime
    unit: timedelta


class _Format(NamedTuple):
    """A format of times. No text that `shape` does not match has it.

    `strptime` remembers five formats and makes any other anew, for each text, which takes a millisecond.
    """

    name: str
    directives: str
    shape: re.Pattern[str]
    unit: timedelta

    @classmethod
    def of(cls, name: str) -> "_Format":
        directives = normal(name)
        shape = _EXCEL_DAYS if name == EXCEL else _shape(directives)
        return cls(name, directives, shape, unit_of(directives))


class CellMoments:
    """Reads moments by a profile: its zone, its `format`, and what a `date_alone` means."""

    def __init__(self, profile: TableProfile) -> None:
        self._profile = profile
        self._formats = [_Format.of(name) for name in profile.formats]
        self._read = lru_cache(_REMEMBERED)(self._read_anew)
        """A cell is read several times, and many rows have the same."""

    def read(self, cell: str, column: str, *, later: bool = False) -> datetime:
        """The moment in UTC; of a local time that occurs twice the earlier one, or the `later`.

        ValueError if it is none; NoTimeOfDay for a day alone of which the profile does not say what it means;
        OverflowError out of range.
        """
        at = self._written(cell, column).at
        return (at if at.tzinfo else at.replace(tzinfo=self._profile.tz, fold=int(later))).astimezone(UTC)

    def local(self, cell: str, column: str, *, alone: bool = False) -> datetime:
        """The moment in the profile's zone. With `alone` a day alone needs no meaning: it is that day.

        Errors as in `read`.
        """
        if alone:
            at = self._read(cell).at
            return at if at.tzinfo else at.replace(tzinfo=self._profile.tz)
        return self.read(cell, column).astimezone(self._profile.tz)

    def not_before(self, cell: str, column: str, before: datetime) -> datetime | None:
        """The moment read so that it does not lie before `before`; None if it cannot be.

        A local time that occurs twice is then the later one; a time given in a coarser unit is `before`
        itself where that lies within the unit: 09:00 covers 09:00:42.
        """
        unit = self._written(cell, column).unit
        earlier, later = (self.read(cell, column, later=later) for later in (False, True))
        if later >= before:
            return later
        return before if any(at <= before < at + unit for at in (earlier, later)) else None

    def _read_anew(self, cell: str) -> Written:
        """The moment of a cell as it stands there; 24:00 is 00:00 of the same day."""
        morning = _MIDNIGHT.sub("00", normal(cell))
        return self._by_format(morning) or _iso(morning)

    def _written(self, cell: str, column: str) -> Written:
        written, text = self._read(cell), normal(cell)
        after = timedelta()
        if _MIDNIGHT.search(text):
            after = DAY
        elif written.unit == DAY:
            meaning = self._profile.date_alone_of(column)
            if meaning is None:
                raise NoTimeOfDay(cell)
            after = DAY if meaning == "ends" else timedelta()
        return Written(written.at + after, timedelta() if after else written.unit)

    def _by_format(self, text: str) -> Written | None:
        for format_ in self._formats:
            if format_.shape.fullmatch(text) is None:
                continue
            if format_.name == EXCEL:
                seconds = round(float(text) * DAY.total_seconds())
                return Written(_EXCEL_BEGINS + timedelta(seconds=seconds), SECOND if "." in text else DAY)
            try:
                return Written(datetime.strptime(text, format_.directives), format_.unit)  # noqa: DTZ007
            except ValueError:
                continue
        return None


def normal(text: str) -> str:
    """`text` with plain digits, colons and single spaces, without invisible characters."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


def _shape(format_: str) -> re.Pattern[str]:
    """What `strptime` takes by a format, and more."""
    literals = _DIRECTIVE.split(format_)
    parts = [
        _SHAPES.get(part, ".*") if i % 2 else r"\s+".join(map(re.escape, re.split(r"\s+", part)))
        for i, part in enumerate(literals)
    ]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def unit_of(format_: str) -> timedelta:
    """The smallest unit that a `strptime` format gives."""
    directives = set(re.findall("%(.)", format_.replace("%%", "")))
    for letters, unit in (("f", timedelta()), ("ScXT", SECOND), ("MR", MINUTE), ("HI", HOUR)):
        if directives & set(letters):
            return unit
    return DAY


def _iso(text: str) -> Written:
    try:
        return Written(datetime.combine(date.fromisoformat(text), datetime.min.time()), DAY)
    except ValueError:
        at = datetime.fromisoformat(text)
    time = _TIME.search(text)
    minutes, seconds, fraction = time.groups() if time else (None, "00", None)
    return Written(at, timedelta() if fraction else SECOND if seconds else MINUTE if minutes else HOUR)
