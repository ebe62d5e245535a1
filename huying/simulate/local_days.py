"""Local days of a zone: caches each day's offset from UTC, which `zoneinfo` computes for every moment."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAY = timedelta(days=1)
USUAL_LENGTH = len("2024-02-14T09:30:00")
_MINUTES = [f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02}" for second in range(60)]


class _SteadyDay(NamedTuple):
    """A day on which the offset from UTC does not change, and the offset as ISO 8601 writes it."""

    offset: timedelta
    suffix: str


class LocalDays:
    """Reads and writes moments in local time of `zone`; slower on days on which its offset changes."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._written: dict[str, _SteadyDay | None] = {}
        self._utc: dict[int, _SteadyDay | None] = {}
        self._dates: dict[int, str] = {}

    def read(self, cell: str) -> datetime:
        """The moment in UTC of a cell in ISO 8601. ValueError if it is none, OverflowError out of range.

        A day alone is no moment.
        """
        if len(cell) == USUAL_LENGTH and (day := self._day(cell[:10])):
            try:
                return datetime.fromisoformat(cell + "+00:00") - day.offset
            except ValueError:
                pass  # written in another form of ISO 8601
        at = datetime.fromisoformat(cell)
        if _is_day(cell):
            raise ValueError(f"{cell!r} has no time of day")
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def _day(self, written: str) -> _SteadyDay | None:
        if written not in self._written:
            try:
                day = date.fromisoformat(written)
                self._written[written] = _steady_day(day, self.zone, self.zone)
            except (ValueError, OverflowError):
                self._written[written] = None
        return self._written[written]

    def _of(self, at: datetime) -> _SteadyDay | None:
        ordinal = at.toordinal()
        try:
            return self._utc[ordinal]
        except KeyError:
            day = self._utc[ordinal] = _steady_day(at.date(), UTC, self.zone)
            return day

    def day(self, at: datetime) -> date:
        """The local day of `at`."""
        if at.tzinfo is not UTC or not (day := self._of(at)):
            return at.astimezone(self.zone).date()
        return (at + day.offset).date()

    def text(self, at: datetime) -> str:
        """`at` in ISO 8601 with the zone's offset."""
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


def _is_day(cell: str) -> bool:
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _steady_day(day: date, begins: tzinfo, zone: tzinfo) -> _SteadyDay | None:
    """The zone's offset on a day that begins at midnight of `begins`; None if the offset changes on it."""
    start = datetime.combine(day, time(), begins).astimezone(zone)
    end = datetime.combine(day + DAY, time(), begins).astimezone(zone)
    offset = start.utcoffset()
    if offset is None or offset != end.utcoffset():
        return None
    return _SteadyDay(offset, start.isoformat()[USUAL_LENGTH:])
