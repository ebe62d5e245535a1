"""Cases that are alike come to the same, but for their own moments: one of them is judged for all.

Where limits count whole days, what matters of an act is on which local day it lies, whether before, at or
after the moments at which such limits end, and in which order acts come. The moment that a case brings as
its own limit is like an act. A limit on the office clock, for dispatch, is met the moment it starts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huying.simulate.local_days import WallClock
from huying.simulate.recorded import Case
from huying.simulate.results import Renderer, Result, Rows, cell
from shared.events import Kind
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Meeting, Start
from shared.rules.time import limits
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import LimitUnit

WHOLE_DAYS = frozenset({LimitUnit.NATURAL_DAYS, LimitUnit.WORKING_DAYS, LimitUnit.MONTHS})
KEPT = 20_000
DAY = timedelta(days=1)


class Likeness(NamedTuple):
    """Cases with equal keys come to the same, but for their `moments`."""

    key: Hashable
    moments: list[datetime]


class Pattern(NamedTuple):
    """What one case came to; its rows have places for the name and the moments of another like it."""

    result: Result
    case: str
    deadlines: str


class Patterns:
    """What cases came to under one pack, as of `upto`, for others like them."""

    def __init__(
        self, rules: Pack, kind: Kind, calendar: Calendar, renderer: Renderer, upto: datetime
    ) -> None:
        table = rules.table(kind)
        held = [one for starts in table.starts.values() for one in starts if one.limit]
        on_clock = [one for one in held if one.limit and one.limit.unit not in WHOLE_DAYS]
        met_at_once = table.meets.get(Meeting.ASSIGNED, frozenset())
        self._possible = all(one.start == Start.RECEIVED and one.deadline in met_at_once for one in on_clock)
        self._on_clock = {one.limit for one in on_clock if one.limit}
        self._hours = table.hours
        self._calendar = calendar
        self._clock = WallClock(ZoneInfo(rules.zone))
        self._renderer = renderer
        self._upto = upto
        self._ends: dict[date, tuple[datetime, ...]] = {}
        self._patterns: dict[Hashable, Pattern] = {}

    def likeness(self, case: Case) -> Likeness | None:
        """What the case is like; None where nothing can be said."""
        if not self._possible:
            return None
        at = case.received_at
        moments = [at]
        key: list[object] = [case.unit.code, *self._lies(at)]
        for what, when, _ in case.acts:
            key.append(what.act)
            if when != at:
                key += self._lies(when)
                moments.append(when)
                at = when
        if case.due_at is not None or self._on_clock:
            self._add_ends(case, key, moments)
        return Likeness(tuple(key), moments)

    def _add_ends(self, case: Case, key: list[object], moments: list[datetime]) -> None:
        """The moments at which limits end that are the case's own, and how they lie among the acts."""
        at, acts = case.received_at, tuple(moments)
        ends = [limits.due(limit, at, self._calendar, self._hours).due_at for limit in self._on_clock]
        key.append(case.due_at is not None)
        for end in (case.due_at, *ends):
            if end is not None:
                key += self._lies(end)
                key += (bisect_left(acts, end), bisect_right(acts, end), end <= self._upto)
                moments.append(end)

    def _lies(self, at: datetime) -> tuple[date, int]:
        """The local day, and where in it: an odd number at a moment at which limits end, else an even one."""
        day = self._clock.day(at)
        ends = self._ends.get(day)
        if ends is None:
            ends = self._ends[day] = self._ends_of(day)
        place = bisect_left(ends, at)
        return day, 2 * place + (place < len(ends) and ends[place] == at)

    def _ends_of(self, day: date) -> tuple[datetime, ...]:
        moments = ((day, time()), (day, self._hours.closes), (day + DAY, time()))
        return tuple(datetime.combine(*moment, self._clock.zone).astimezone(UTC) for moment in moments)

    def known(self, likeness: Likeness, source_id: str) -> tuple[Result, Rows] | None:
        """The result of the case that was judged for all like it, and the rows of this one."""
        pattern = self._patterns.get(likeness.key)
        if pattern is None:
            return None
        result, case, deadlines = pattern
        moments = list(map(self._renderer.moment, likeness.moments))
        return result, (case.format(*moments), deadlines.format(*moments, name=cell(source_id)))

    def keep(self, likeness: Likeness, result: Result) -> None:
        """Keep what a case came to, for those like it."""
        if len(self._patterns) >= KEPT:
            self._patterns.clear()
        rows = _Places(self._renderer.clock, likeness.moments).rows(result._replace(source_id="{name}"))
        self._patterns[likeness.key] = Pattern(result, *rows)


class _Places(Renderer):
    """Puts a numbered place wherever one of `moments` stands."""

    def __init__(self, clock: WallClock, moments: list[datetime]) -> None:
        super().__init__(clock)
        self._places = {at: f"{{{number}}}" for number, at in enumerate(moments)}

    def moment(self, at: datetime | None) -> str:
        """The place of one of the moments; any other as it is."""
        return self._places[at] if at in self._places else super().moment(at)
