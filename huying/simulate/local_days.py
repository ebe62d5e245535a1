"""The wall clock of a zone, remembered day by day: `zoneinfo` works each moment out anew."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAY = timedelta(days=1)
USUAL_LENGTH = len("2024-02-14T09:30:00")
_MINUTES = [f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02}" for second in range(60)]


class _Steady(NamedTuple):
    """A day throughout which the zone lies as far from UTC, and how that is written."""

    offset: timedelta
    suffix: str


class WallClock:
    """Reads and writes moments as the wall clock of `zone` shows them; on a day it is moved, slowly."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._written: dict[str, _Steady | None] = {}
        self._utc: dict[int, _Steady | None] = {}
        self._dates: dict[int, str] = {}

    def read(self, cell: str) -> datetime:
        """The moment, in UTC, that `cell` names in ISO 8601. ValueError if none, OverflowError if too far."""
        if len(cell) == USUAL_LENGTH and (day := self._day(cell[:10])):
            try:
                return datetime.fromisoformat(cell + "+00:00") - day.offset
            except ValueError:
                pass  # not written as most are
        at = datetime.fromisoformat(cell)
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def _day(self, written: str) -> _Steady | None:
        if written not in self._written:
            try:
                day = date.fromisoformat(written)
                self._written[written] = _steady(day, self.zone, self.zone)
            except (ValueError, OverflowError):
                self._written[written] = None
        return self._written[written]

    def _of(self, at: datetime) -> _Steady | None:
        ordinal = at.toordinal()
        try:
            return self._utc[ordinal]
        except KeyError:
            day = self._utc[ordinal] = _steady(at.date(), UTC, self.zone)
            return day

    def day(self, at: datetime) -> date:
        """The local day of `at`."""
        if at.tzinfo is not UTC or not (day := self._of(at)):
            return at.astimezone(self.zone).date()
        return (at + day.offset).date()

    def text(self, at: datetime) -> str:
        """`at` as ISO 8601 with the zone's offset."""
        if at.tzinfo is not UTC or at.microsecond or not (day := self._of(at)):
            return at.astimezone(self.zone).isoformat()
        local = at + day.offset
        minute = _MINUTES[local.hour * 60 + local.minute]
        return f"{self._date(local)}{minute}{_SECONDS[local.second]}{day.suffix}"

    def _date(self, local: datetime) -> str:
        ordinal = local.toordinal()
        try:
            return self._dates[ordinal]
        except KeyError:
            written = self._dates[ordinal] = local.date().isoformat()
            return written


def _steady(day: date, begins: tzinfo, zone: tzinfo) -> _Steady | None:
    """What the zone is like on a day of the clock `begins`; None if it is moved then."""
    start = datetime.combine(day, time(), begins).astimezone(zone)
    end = datetime.combine(day + DAY, time(), begins).astimezone(zone)
    offset = start.utcoffset()
    if offset is None or offset != end.utcoffset():
        return None
    return _Steady(offset, start.isoformat()[USUAL_LENGTH:])
