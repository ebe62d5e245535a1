"""Memoises judgements: cases with the same pattern of days differ only in timestamps.

Where limits count whole days, a judgement depends on the local day of each act, on whether the act is before,
at or after the moments of the day at which such limits end, and on the order of acts. A case's own due moment
counts as an act. A limit on the office clock, for dispatch, is met the moment it starts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huying.simulate.local_days import LocalDays
from huying.simulate.recorded_case import RecordedCase
from huying.simulate.results import CaseResult, CsvLines, CsvRenderer, cell
from shared.events import Kind
from shared.rules.pack.counting import DUE_MINUTE
from shared.rules.pack.pack import Pack
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.limits import LimitUnit
from shared.rules.time.office_clock import closes_at

WHOLE_DAYS = frozenset({LimitUnit.NATURAL_DAYS, LimitUnit.WORKING_DAYS, LimitUnit.MONTHS})
NEVER = frozenset(
    {
        Start.UPHELD,
        Start.EXTENSION_ASKED,
        Start.PAUSE_ASKED,
        Start.COMPLAINED,
        Start.REFERRED,
        Start.PROPOSED,
    }
)
"""What starts a limit and happens in no recorded case."""
MOST_ENTRIES = 20_000
DAY = timedelta(days=1)


class CasePattern(NamedTuple):
    """Cases with equal keys have the same judgement, but for their `moments`."""

    key: Hashable
    moments: list[datetime]


class MemoEntry(NamedTuple):
    """The result of one case; its CSV lines have placeholders for the id and the moments of another case."""

    result: CaseResult
    case: str
    deadlines: str


class JudgementMemo:
    """Results under one pack, as of `upto`, by pattern."""

    def __init__(
        self, rules: Pack, kind: Kind, calendar: Calendar, renderer: CsvRenderer, upto: datetime
    ) -> None:
        table = rules.table(kind)
        rules_with_limit = [
            rule
            for starts in table.starts.values()
            for rule in starts
            if rule.limit and rule.start not in NEVER
        ]
        on_clock = [rule for rule in rules_with_limit if rule.limit and rule.limit.unit not in WHOLE_DAYS]
        met_at_once = table.meets.get(Meeting.ASSIGNED, frozenset())
        self._possible = all(
            rule.start == Start.RECEIVED and rule.deadline in met_at_once for rule in on_clock
        )
        self._on_clock = {rule.limit for rule in on_clock if rule.limit}
        self._hours = table.hours
        self._whole_minutes = table.counting.whole_minutes
        self._calendar = calendar
        self._days = LocalDays(ZoneInfo(rules.zone))
        self._renderer = renderer
        self._upto = upto
        self._ends: dict[date, tuple[datetime, ...]] = {}
        self._entries: dict[Hashable, MemoEntry] = {}

    def pattern(self, case: RecordedCase) -> CasePattern | None:
        """The pattern of a case; None where the pack's limits allow none."""
        if not self._possible:
            return None
        at = self._counted_from(case.received_at)
        moments = [at]
        key: list[object] = [case.unit.code, *self._position(at)]
        for definition, occurred_at, _ in case.acts:
            key.append(definition.act)
            occurred_at = self._counted_from(occurred_at)
            if occurred_at != at:
                key += self._position(occurred_at)
                moments.append(occurred_at)
                at = occurred_at
        if case.due_at is not None or self._on_clock:
            self._add_ends(case, key, moments)
        return CasePattern(tuple(key), moments)

    def _add_ends(self, case: RecordedCase, key: list[object], moments: list[datetime]) -> None:
        """Add the moments at which the case's own limits end, and their order among the acts."""
        at, acts = moments[0], tuple(moments)
        whole = self._whole_minutes
        ends = [
            due(limit, at, self._calendar, self._hours, whole_minutes=whole).due_at
            for limit in self._on_clock
        ]
        key.append(case.due_at is not None)
        for end in (case.due_at and self._counted_from(case.due_at), *ends):
            if end is not None:
                passes_at = end + DUE_MINUTE if whole else end
                key += self._position(end)
                key += (bisect_left(acts, end), bisect_right(acts, end), passes_at <= self._upto)
                moments += (end, passes_at) if whole else (end,)

    def _counted_from(self, at: datetime) -> datetime:
        """The minute shown, where whole minutes count."""
        return at.replace(second=0, microsecond=0) if self._whole_minutes else at

    def _position(self, at: datetime) -> tuple[date, int]:
        """The local day, and the position in it: odd at a moment at which limits end, else even."""
        day = self._days.day(at)
        ends = self._ends.get(day)
        if ends is None:
            ends = self._ends[day] = self._ends_of(day)
        index = bisect_left(ends, at)
        return day, 2 * index + (index < len(ends) and ends[index] == at)

    def _ends_of(self, day: date) -> tuple[datetime, ...]:
        """The day's midnights and what closes within it: the day, and a shift that began the day before."""
        begins, ends = (
            datetime.combine(midnight, time(), self._days.zone).astimezone(UTC)
            for midnight in (day, day + DAY)
        )
        closings = (closes_at(closed, self._hours, self._calendar) for closed in (day - DAY, day))
        return tuple(sorted({begins, ends, *(at for at in closings if begins < at < ends)}))

    def get(self, pattern: CasePattern, source_id: str) -> tuple[CaseResult, CsvLines] | None:
        """The result stored for the pattern, and the CSV lines of this case; None where nothing is stored."""
        entry = self._entries.get(pattern.key)
        if entry is None:
            return None
        result, case, deadlines = entry
        moments = list(map(self._renderer.moment, pattern.moments))
        return result, (case.format(*moments), deadlines.format(*moments, name=cell(source_id)))

    def put(self, pattern: CasePattern, result: CaseResult) -> None:
        """Store the result of a case for others of its pattern."""
        if len(self._entries) >= MOST_ENTRIES:
            self._entries.clear()
        rows = _PlaceholderRenderer(self._renderer.days, pattern.moments).rows(
            result._replace(source_id="{name}")
        )
        self._entries[pattern.key] = MemoEntry(result, *rows)


class _PlaceholderRenderer(CsvRenderer):
    """Writes a numbered placeholder for each of `moments`."""

    def __init__(self, days: LocalDays, moments: list[datetime]) -> None:
        super().__init__(days)
        self._placeholders = {at: f"{{{number}}}" for number, at in enumerate(moments)}

    def moment(self, at: datetime | None) -> str:
        """The placeholder of one of the moments; any other moment as text."""
        return self._placeholders[at] if at in self._placeholders else super().moment(at)
