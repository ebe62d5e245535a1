"""Why a limit ends when it does, found by walking its days one by one and told in Chinese and English.

The walk shares no arithmetic with `limits.due`: each checks the other.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.rules.time.calendar import OFFICE_HOURS, Calendar, OfficeHours
from shared.rules.time.limits import Limit, LimitUnit, Pause
from shared.rules.time.notices import SATURDAY, DayOff
from shared.rules.wording.words import ground

DAY = timedelta(days=1)
CLOCK_UNITS = (LimitUnit.HALF_WORKING_DAYS, LimitUnit.WORKING_HOURS)
SHOWN_RUNS = 4

_WORDS = {
    "zh": {
        LimitUnit.NATURAL_DAYS: "自然日",
        LimitUnit.WORKING_DAYS: "工作日",
        LimitUnit.HALF_WORKING_DAYS: "半日（工作时间）",
        LimitUnit.WORKING_HOURS: "工作小时",
        LimitUnit.MONTHS: "月",
        "to": " 至 ",
        "and": "、",
        "clause": "（{}）",
        "days": "{at} 起算，当日不计；时限 {number} 个{unit}{clause}。",
        "clock": "{at} 起算；时限 {number} 个{unit}{clause}。",
        "counted": "计入 {count} 天：{runs}。",
        "made_up": "其中调休上班：{runs}。",
        "worked": "计工作时间 {minutes:g} 分钟：{runs}。",
        "skipped": "不计 {count} 天：{runs}，{why}。",
        "pause": "暂停",
        "paused": "{start} 至 {end} 暂停，不计。",
        "rolled": "{day} 休息（{why}），顺延至下一工作日。",
        "due": "{at} 到期。",
        "suspended": "{at} 起暂停，恢复后重算。",
        "calendar": "日历：{version}。",
        "provisional": "日历：{version}；{year} 年放假通知未发布，暂定。",
    },
    "en": {
        LimitUnit.NATURAL_DAYS: "natural day",
        LimitUnit.WORKING_DAYS: "working day",
        LimitUnit.HALF_WORKING_DAYS: "half working day",
        LimitUnit.WORKING_HOURS: "working hour",
        LimitUnit.MONTHS: "month",
        "to": " to ",
        "and": ", ",
        "clause": " ({})",
        "days": "From {at}, that day not counted: {number} {unit}{s}{clause}.",
        "clock": "From {at}: {number} {unit}{s}{clause}.",
        "counted": "Counted: {count} day{s}, {runs}.",
        "made_up": "Make-up workdays among them: {runs}.",
        "worked": "Counted: {minutes:g} office minutes, {runs}.",
        "skipped": "Skipped: {count} day{s}, {runs}, {why}.",
        "pause": "pause",
        "paused": "Paused, not counted: {start} to {end}.",
        "rolled": "{day} is off ({why}): rolled to the next working day.",
        "due": "Due {at}.",
        "suspended": "Paused since {at}; computed again when that ends.",
        "calendar": "Calendar: {version}.",
        "provisional": "Calendar: {version}; provisional, no holiday notice for {year} yet.",
    },
}


class Fate(StrEnum):
    """What became of a day. From `ROLLED` on the limit is used up and looks for a working day to end on."""

    COUNTED = "counted"
    OFF = "off"
    PAUSED = "paused"
    ROLLED = "rolled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Step:
    """One day of the walk. `why` for a day off; `worked`: the local spans the office clock counted.

    On the office clock a working day without a minute worked is no step.
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
    steps: tuple[Step, ...]
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
        steps, ended = _clock_steps(limit, start, calendar, hours, pauses)
    else:
        steps, ended = _day_steps(limit, start.date(), calendar, hours, pauses)
    asked = limit.roll or limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS)
    days = [start.date(), *(step.day for step in steps)] if asked else []
    provisional = tuple(sorted({day.year for day in days if calendar.is_provisional(day)}))
    if not ended:
        return Walk(limit, start, tuple(steps), None, None, ())
    last = steps[-1]
    due_at = last.worked[-1][1] if last.worked else _closing(limit, last.day, calendar, hours)
    return Walk(limit, start, tuple(steps), due_at.astimezone(UTC), last.day, provisional)


def _day_steps(
    limit: Limit, start: date, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> tuple[list[Step], bool]:
    steps: list[Step] = []
    left, day = _days_wanted(limit, start), start
    while left or steps[-1].fate is not Fate.ENDED:
        day += DAY
        why = calendar.why_off(day) if limit.roll or limit.unit is LimitUnit.WORKING_DAYS else None
        pause = next((p for p in pauses if _covers(p, _closing(limit, day, calendar, hours))), None)
        if pause and any(_covers(p, _closing(limit, day, calendar, hours)) for p in pauses if not p.end):
            return [*steps, Step(day, Fate.PAUSED)], False
        if limit.unit is LimitUnit.WORKING_DAYS and why:
            steps.append(Step(day, Fate.OFF, why))
        elif pause:
            steps.append(Step(day, Fate.PAUSED))
        elif left:
            left -= 1
            steps.append(Step(day, Fate.COUNTED, why))
            if not left and not why:
                return steps, True
        else:
            steps.append(Step(day, Fate.ROLLED if why else Fate.ENDED, why))
    return steps, True


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


def _clock_steps(
    limit: Limit, start: datetime, calendar: Calendar, hours: OfficeHours, pauses: Sequence[Pause]
) -> tuple[list[Step], bool]:
    steps: list[Step] = []
    left, day = _length(limit, hours), start.date()
    while left:
        if any(not p.end and p.start <= datetime.combine(day, time(), calendar.zone) for p in pauses):
            return steps, False
        why = calendar.why_off(day)
        worked = []
        for begin, end in () if why else _open_spans(day, start, calendar, hours, pauses):
            if left:
                worked.append((begin, min(end, begin + left)))
                left -= worked[-1][1] - begin
        if why or worked:
            steps.append(Step(day, Fate.OFF if why else Fate.COUNTED, why, tuple(worked)))
        day += DAY
    return steps, True


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


def explain(
    limit: Limit,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours = OFFICE_HOURS,
    pauses: Sequence[Pause] = (),
    clause: str = "",
) -> dict[str, str]:
    """What a person needs to check the due moment by hand, in short lines; keys "zh" and "en"."""
    walked = walk(limit, started_at, calendar, hours, pauses)
    return {
        language: "\n".join(_Telling(walked, language, words).lines(clause, pauses, calendar))
        for language, words in _WORDS.items()
    }


@dataclass(frozen=True, slots=True)
class _Telling:
    walked: Walk
    language: str
    words: dict[str, str]

    def lines(self, clause: str, pauses: Sequence[Pause], calendar: Calendar) -> list[str]:
        by_clock = self.walked.limit.unit in CLOCK_UNITS
        years = self.walked.provisional_years
        return [
            self._start(clause, by_clock),
            *(self._clock(pauses) if by_clock else self._days()),
            *self._skipped(),
            *self._rolled(),
            self._end(pauses),
            self._say(
                "provisional" if years else "calendar", version=calendar.version, year=max(years, default=0)
            ),
        ]

    def _say(self, words: str, **said: object) -> str:
        return self.words[words].format(**said)

    def _start(self, clause: str, by_clock: bool) -> str:
        limit = self.walked.limit
        return self._say(
            "clock" if by_clock else "days",
            at=f"{self.walked.started_at:%Y-%m-%d %H:%M}",
            number=limit.number,
            unit=self.words[limit.unit],
            s=_plural(limit.number),
            clause=clause and self.words["clause"].format(getattr(ground(clause), self.language)),
        )

    def _days(self) -> Iterator[str]:
        counted = self._with(Fate.COUNTED)
        if counted:
            yield self._say("counted", **self._told(counted))
        made_up = [day for day in counted if day.weekday() >= SATURDAY]
        if made_up and self.walked.limit.unit is LimitUnit.WORKING_DAYS:
            yield self._say("made_up", **self._told(made_up))

    def _clock(self, pauses: Sequence[Pause]) -> Iterator[str]:
        spans = [span for step in self.walked.steps for span in step.worked]
        if spans:
            minutes = sum((end - start for start, end in spans), timedelta()) / timedelta(minutes=1)
            runs = [f"{self._day(a)} {a:%H:%M}{self.words['to']}{b:%H:%M}" for a, b in spans]
            yield self._say("worked", minutes=minutes, runs=self._joined(runs))
        for pause in pauses:
            if pause.end and pause.end > self.walked.started_at and not self._ended_by(pause.start):
                yield self._say("paused", start=self._moment(pause.start), end=self._moment(pause.end))

    def _ended_by(self, moment: datetime) -> bool:
        return self.walked.due_at is not None and self.walked.due_at <= moment

    def _skipped(self) -> Iterator[str]:
        why_of: dict[str, list[date]] = {}
        for step in self.walked.steps:
            if step.fate is Fate.PAUSED or (step.fate is Fate.OFF and step.why):
                why = self._why(step.why) if step.fate is Fate.OFF else self.words["pause"]
                why_of.setdefault(why, []).append(step.day)
        for why, days in why_of.items():
            yield self._say("skipped", why=why, **self._told(days))

    def _rolled(self) -> Iterator[str]:
        counted = [step for step in self.walked.steps if step.fate is Fate.COUNTED]
        if self.walked.steps[-1:] and self.walked.steps[-1].fate is Fate.ENDED:
            yield self._say("rolled", day=self._day(counted[-1].day), why=self._why(counted[-1].why))

    def _end(self, pauses: Sequence[Pause]) -> str:
        walked = self.walked
        if walked.due_at is None:
            return self._say("suspended", at=self._moment(min(p.start for p in pauses if p.end is None)))
        if walked.limit.unit in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS):
            return self._say("due", at=f"{walked.last_day} 24:00")
        return self._say("due", at=f"{walked.due_at.astimezone(walked.started_at.tzinfo):%Y-%m-%d %H:%M}")

    def _with(self, fate: Fate) -> list[date]:
        return [step.day for step in self.walked.steps if step.fate is fate]

    def _why(self, why: DayOff | None) -> str:
        return "" if why is None else why.zh if self.language == "zh" else why.en

    def _told(self, days: list[date]) -> dict[str, object]:
        """How many days, and their runs of consecutive ones."""
        runs: list[list[date]] = []
        for day in days:
            if runs and runs[-1][-1] == day - DAY:
                runs[-1].append(day)
            else:
                runs.append([day])
        ends = [[run[0], run[-1]] if len(run) > 1 else run for run in runs]
        told = [self.words["to"].join(map(self._day, run)) for run in ends]
        return {"count": len(days), "s": _plural(len(days)), "runs": self._joined(told)}

    def _joined(self, runs: list[str]) -> str:
        shown = runs if len(runs) <= SHOWN_RUNS else [*runs[:2], "…", runs[-1]]
        return self.words["and"].join(shown)

    def _day(self, day: date) -> str:
        return day.isoformat()[5 if day.year == self.walked.started_at.year else 0 : 10]

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self.walked.started_at.tzinfo)
        return f"{self._day(local)} {local:%H:%M}"


def _plural(number: int) -> str:
    return "" if number == 1 else "s"
