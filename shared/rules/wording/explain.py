"""Why a limit ends when it does, in Chinese and English, made from the walk over its days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import DAY_US, OFFICE_HOURS, OfficeHours, TimeTable, clock
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.time.notices import SATURDAY, DayOff
from shared.rules.time.pauses import Pause
from shared.rules.wording.walk import CLOCK_UNITS, DAY, Fate, Walk, walk
from shared.rules.wording.words import ground

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
        "then": "；",
        "clause": "（{}）",
        "night": "次日 {}",
        "days": "{at} 起算，当日不计；时限 {number} 个{unit}{clause}。",
        "received": "{at} 非工作时间收到，视为 {day} 收到，当日不计；时限 {number} 个{unit}{clause}。",
        "clock": "{at} 起算；时限 {number} 个{unit}{clause}。",
        "counted": "计入 {count} 天：{runs}。",
        "made_up": "其中调休上班：{runs}。",
        "worked": "计工作时间 {minutes:g} 分钟：{runs}。",
        "hours": "工作时间：{runs}。",
        "since": "{day} 起 {spans}",
        "skipped": "不计 {count} 天：{runs}，{why}。",
        "pause": "暂停",
        "paused": "{start} 至 {end} 暂停，不计。",
        "rolled": "{day} 休息（{why}），顺延至下一工作日。",
        "due": "{at} 到期。",
        "due_minute": "{at} 到期，该分钟之内仍为按时。",
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
        "then": "; ",
        "clause": " ({})",
        "night": "{} the next day",
        "days": "From {at}, that day not counted: {number} {unit}{s}{clause}.",
        "received": "Received {at}, after hours, so as on {day}, not counted: {number} {unit}{s}{clause}.",
        "clock": "From {at}: {number} {unit}{s}{clause}.",
        "counted": "Counted: {count} day{s}, {runs}.",
        "made_up": "Make-up workdays among them: {runs}.",
        "worked": "Counted: {minutes:g} office minutes, {runs}.",
        "hours": "Office hours: {runs}.",
        "since": "since {day} {spans}",
        "skipped": "Skipped: {count} day{s}, {runs}, {why}.",
        "pause": "pause",
        "paused": "Paused, not counted: {start} to {end}.",
        "rolled": "{day} is off ({why}): rolled to the next working day.",
        "due": "Due {at}.",
        "due_minute": "Due {at}; all of that minute is in time.",
        "suspended": "Paused since {at}; computed again when that ends.",
        "calendar": "Calendar: {version}.",
        "provisional": "Calendar: {version}; provisional, no holiday notice for {year} yet.",
    },
}


def explain(
    limit: Limit,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours = OFFICE_HOURS,
    pauses: Sequence[Pause] = (),
    clause: str = "",
    *,
    whole_minutes: bool = False,
    pauses_at_due: bool = False,
) -> dict[str, str]:
    """What a person needs to check the due moment by hand, in short lines; keys "zh" and "en"."""
    walked = walk(
        limit, started_at, calendar, hours, pauses, whole_minutes=whole_minutes, pauses_at_due=pauses_at_due
    )
    due = "due_minute" if whole_minutes else "due"
    return {
        language: "\n".join(_Explanation(walked, language, words, due).lines(clause, pauses, calendar))
        for language, words in _WORDS.items()
    }


@dataclass(frozen=True, slots=True)
class _Explanation:
    walked: Walk
    language: str
    words: dict[str, str]
    due: str

    def lines(self, clause: str, pauses: Sequence[Pause], calendar: Calendar) -> list[str]:
        by_clock = self.walked.limit.unit in CLOCK_UNITS
        years = self.walked.provisional_years
        return [
            self._start(clause, by_clock),
            *(self._clock(pauses) if by_clock else self._days()),
            *self._hours(),
            *self._skipped(),
            *self._rolled(),
            self._end(pauses),
            self._say(
                "provisional" if years else "calendar", version=calendar.version, year=max(years, default=0)
            ),
        ]

    def _say(self, sentence: str, **values: object) -> str:
        return self.words[sentence].format(**values)

    def _start(self, clause: str, by_clock: bool) -> str:
        limit = self.walked.limit
        moved = self.walked.received_on != self.walked.started_at.date()
        return self._say(
            "clock" if by_clock else "received" if moved else "days",
            at=f"{self.walked.started_at:%Y-%m-%d %H:%M}",
            day=self._day(self.walked.received_on),
            number=limit.number,
            unit=self.words[limit.unit],
            s=_plural(limit.number),
            clause=clause and self.words["clause"].format(getattr(ground(clause), self.language)),
        )

    def _days(self) -> Iterator[str]:
        counted = self._with(Fate.COUNTED)
        if counted:
            yield self._say("counted", **self._runs(counted))
        made_up = [day for day in counted if day.weekday() >= SATURDAY]
        if made_up and self.walked.limit.unit is LimitUnit.WORKING_DAYS:
            yield self._say("made_up", **self._runs(made_up))

    def _clock(self, pauses: Sequence[Pause]) -> Iterator[str]:
        spans = [span for walked_day in self.walked.days for span in walked_day.worked]
        if spans:
            minutes = sum((end - start for start, end in spans), timedelta()) / timedelta(minutes=1)
            runs = [f"{self._day(a)} {a:%H:%M}{self.words['to']}{self._closes(a, b)}" for a, b in spans]
            yield self._say("worked", minutes=minutes, runs=self._joined(runs))
        for pause in pauses:
            if pause.end and pause.end > self.walked.started_at and not self._ended_by(pause.start):
                yield self._say("paused", start=self._moment(pause.start), end=self._moment(pause.end))

    def _closes(self, opens: datetime, closes: datetime) -> str:
        if opens.date() == closes.date():
            return f"{closes:%H:%M}"
        midnight = closes.hour == closes.minute == 0
        return "24:00" if midnight else self.words["night"].format(f"{closes:%H:%M}")

    def _hours(self) -> Iterator[str]:
        """The hours by which working days close, or that the office clock counts, where they change."""
        unit, held = self.walked.limit.unit, self.walked.hours
        if len(held) > 1 and unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS):
            runs = [self.words["and"].join(self._spans(table)) for _, table in held]
            later = [
                self._say("since", day=self._day(day), spans=spans)
                for (day, _), spans in zip(held[1:], runs[1:], strict=True)
            ]
            yield self._say("hours", runs=self.words["then"].join([runs[0], *later]))

    def _spans(self, table: TimeTable) -> Iterator[str]:
        for opens, closes in table.spans_us:
            written = clock(closes)
            yield f"{clock(opens)}–{self.words['night'].format(written) if closes > DAY_US else written}"

    def _ended_by(self, moment: datetime) -> bool:
        return self.walked.due_at is not None and self.walked.due_at <= moment

    def _skipped(self) -> Iterator[str]:
        why_of: dict[str, list[date]] = {}
        for walked_day in self.walked.days:
            if walked_day.fate is Fate.PAUSED or (walked_day.fate is Fate.OFF and walked_day.why):
                why = self._why(walked_day.why) if walked_day.fate is Fate.OFF else self.words["pause"]
                why_of.setdefault(why, []).append(walked_day.day)
        for why, days in why_of.items():
            yield self._say("skipped", why=why, **self._runs(days))

    def _rolled(self) -> Iterator[str]:
        counted = [walked_day for walked_day in self.walked.days if walked_day.fate is Fate.COUNTED]
        if self.walked.days[-1:] and self.walked.days[-1].fate is Fate.ENDED:
            yield self._say("rolled", day=self._day(counted[-1].day), why=self._why(counted[-1].why))

    def _end(self, pauses: Sequence[Pause]) -> str:
        walked = self.walked
        if walked.due_at is None:
            return self._say("suspended", at=self._moment(min(p.start for p in pauses if p.end is None)))
        if walked.limit.unit in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS):
            return self._say(self.due, at=f"{walked.last_day} 24:00")
        local = walked.due_at.astimezone(walked.started_at.tzinfo)
        if local.hour == local.minute == 0:
            return self._say(self.due, at=f"{local.date() - DAY} 24:00")
        return self._say(self.due, at=f"{local:%Y-%m-%d %H:%M}")

    def _with(self, fate: Fate) -> list[date]:
        return [walked_day.day for walked_day in self.walked.days if walked_day.fate is fate]

    def _why(self, why: DayOff | None) -> str:
        return "" if why is None else why.zh if self.language == "zh" else why.en

    def _runs(self, days: list[date]) -> dict[str, object]:
        """How many days, and their runs of consecutive ones."""
        runs: list[list[date]] = []
        for day in days:
            if runs and runs[-1][-1] == day - DAY:
                runs[-1].append(day)
            else:
                runs.append([day])
        ends = [[run[0], run[-1]] if len(run) > 1 else run for run in runs]
        shown = [self.words["to"].join(map(self._day, run)) for run in ends]
        return {"count": len(days), "s": _plural(len(days)), "runs": self._joined(shown)}

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
