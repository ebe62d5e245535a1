"""Every explanation, read by somebody who has only the text, gives the moment that is judged.

The reader knows no rule of the judge. It reads the start, the limit, what was counted and what was not, and
reckons when the limit ends: by the last day or span that was counted, or by the moment given and the pauses.
"""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.rules.judging import acts
from shared.rules.judging.acts import Act, AssignedLeg, OwnLimit
from shared.rules.judging.decide import decide
from shared.rules.pack import pack, pack_files
from shared.rules.terms import Kind, Role
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.wording.deadlines import explain_deadline
from tests.packs.histories import CALENDAR, ZONE, loaded

CASES = (30, pytest.param(120, marks=pytest.mark.slow))  # under each pack
LEG = UUID(int=10)
FIRST = datetime(2026, 9, 21, tzinfo=ZONE)  # a make-up day, National Day and another make-up day lie ahead
UPTO = datetime(2027, 12, 1, tzinfo=ZONE)

NUMBER = r"([0-9]+(?:[.][0-9]+)?)"
DAY = r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}"
MOMENT = rf"({DAY} [0-9]{{2}}:[0-9]{{2}})"
ZH = {
    "from": rf"^{MOMENT} 起算[，；]",
    "limit": rf"时限 {NUMBER} 个(自然日|工作日|半日（工作时间）|工作小时|月)",
    "counted": rf"^计入 {NUMBER} 天：(.*)。$",
    "worked": rf"^计工作时间 {NUMBER} 分钟：(.*)。$",
    "skipped": rf"^不计 {NUMBER} 天：(.*?)，",
    "rolled": "顺延至下一工作日",
    "due": rf"^{MOMENT} 到期，该分钟之内仍为按时。$",
    "given": rf"^(?:交办时指定|随程序约定)：{MOMENT} 到期（",
    "later": r"暂停，顺延 (.*)。$",
    "to": " 至 ",
    "and": "、",
    "stands": r"^\S+ \S+ 起暂停，",
    "beyond": "^到期日在日历所及",
}
EN = {
    "from": rf"^From {MOMENT}[,:]",
    "limit": rf": {NUMBER} (natural day|working day|half working day|working hour|month)s?",
    "counted": rf"^Counted: {NUMBER} days?, (.*)\.$",
    "worked": rf"^Counted: {NUMBER} office minutes, (.*)\.$",
    "skipped": rf"^Skipped: {NUMBER} days?, (.*), [^,]*\.$",
    "rolled": "rolled to the next working day",
    "due": rf"^Due {MOMENT}; all of that minute is in time\.$",
    "given": rf"^(?:Set at dispatch|Agreed in the procedure): due {MOMENT} \(",
    "later": r"^Paused .*: later by (.*)\.$",
    "to": " to ",
    "and": ", ",
    "stands": r"^Paused since ",
    "beyond": "^It ends beyond the calendar",
}
UNITS = {"天": 1440, "小时": 60, "分钟": 1, "day": 1440, "hour": 60, "minute": 1}
HOURS = ("工作小时", "working hour")
HALVES = ("半日（工作时间）", "half working day")
WORKING = ("工作日", "working day")


class Misread(AssertionError):
    """The text contradicts itself, or does not say when the limit ends."""


class Reader:
    """Reads one explanation in one language."""

    def __init__(self, text: str, words: dict[str, str]) -> None:
        self.lines, self.words = text.splitlines(), words

    def due_at(self) -> datetime | None:
        """When the limit ends by the text; None where it says that it cannot be told yet."""
        if self._find("beyond"):
            return None
        due = self._find("due")
        if due is None:
            if not self._find("stands"):
                raise Misread("it does not say when it ends")
            return None
        due_at = _moment(due[1], None)
        reckoned = self._given() if self._find("given") else self._counted(due_at)
        if reckoned != due_at:
            raise Misread(f"it says {due_at} and counts to {reckoned}")
        return due_at

    def _given(self) -> datetime:
        given_line = self._find("given")
        assert given_line
        moment = _moment(given_line[1], None)
        for line in self.lines:
            if later := re.search(self.words["later"], line):
                for number, unit in re.findall(r"([0-9]+) ?(天|小时|分钟|day|hour|minute)", later[1]):
                    moment += timedelta(minutes=int(number) * UNITS[unit])
        return moment

    def _counted(self, due_at: datetime) -> datetime:
        begun, limit = self._find("from"), self._find("limit")
        if not begun or not limit:
            raise Misread("it does not say from when, or how long")
        start, number, unit = _moment(begun[1], None), int(limit[1]), limit[2]
        worked = self._find("worked")
        if worked:
            return self._worked(worked, start, number, unit)
        counted = self._find("counted")
        if not counted:
            raise Misread("it counts nothing")
        days, whole = self._days(counted[2], start)
        if whole and len(days) != int(counted[1]):
            raise Misread(f"it says {counted[1]} days and lists {len(days)}")
        if unit not in ("月", "month") and int(counted[1]) != number:
            raise Misread(f"it counts {counted[1]} of {number}")
        if (whole and days != sorted(set(days))) or days[0] <= start.date():
            raise Misread("it counts a day twice, or the day of the start")
        closes = due_at.time() if unit in WORKING else None
        last = days[-1]
        if self._find("rolled"):
            last = self._rolled(last, start, due_at)
        end = datetime.combine(last, closes or datetime.min.time(), ZONE)
        return end if closes else end + timedelta(days=1)

    def _rolled(self, last: date, start: datetime, due_at: datetime) -> date:
        """The next working day by the calendar that is not skipped; where days are left out, as it says."""
        skipped: set[date] = set()
        whole = True
        for line in self.lines:
            if skip := re.search(self.words["skipped"], line):
                days, all_of_them = self._days(skip[2], start)
                skipped, whole = skipped.union(days), whole and all_of_them
        if not whole:
            return (due_at - timedelta(minutes=1)).date()
        last += timedelta(days=1)
        while not CALENDAR.is_working_day(last) or last in skipped:
            last += timedelta(days=1)
        return last

    def _worked(self, worked: re.Match[str], start: datetime, number: int, unit: str) -> datetime:
        """By the spans worked: they add up to the limit, follow each other, and the last one ends it."""
        minutes = float(worked[1])
        if unit in HOURS and minutes != number * 60:
            raise Misread(f"{minutes} minutes are not {number} hours")
        if unit in HALVES and minutes != -(-number * 390 // 2):
            raise Misread(f"{minutes} minutes are not {number} half days of 390")
        spans, whole, before = worked[2].split(self.words["and"]), "…" not in worked[2], start
        listed, end = 0.0, start
        for span in spans:
            if span != "…":
                begins, ends = span.split(self.words["to"])
                begin = _moment(begins, start)
                end = begin.replace(hour=int(ends[:2]), minute=int(ends[3:]))
                if begin < before or end <= begin:
                    raise Misread(f"{span} is no span of time after {before}")
                listed, before = listed + (end - begin) / timedelta(minutes=1), end
        if listed != minutes if whole else listed >= minutes:
            raise Misread(f"its spans are {listed} of {minutes} minutes")
        return end

    def _days(self, listed: str, start: datetime) -> tuple[list[date], bool]:
        """The days listed, and whether that is all of them."""
        days: list[date] = []
        for run in listed.split(self.words["and"]):
            if run != "…":
                first, last = (_moment(f"{day} 00:00", start).date() for day in _ends(run, self.words["to"]))
                days += [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return days, "…" not in listed

    def _find(self, word: str) -> re.Match[str] | None:
        return next((match for line in self.lines if (match := re.search(self.words[word], line))), None)


def _ends(run: str, to: str) -> tuple[str, str]:
    first, _, last = run.partition(to)
    return first, last or first


def _moment(text: str, start: datetime | None) -> datetime:
    """A moment as written; a day without a year is of the year of the start."""
    day, clock = text.split()
    if start is not None and len(day) == 5:
        day = f"{start.year}-{day}"
    hours, minutes = map(int, clock.split(":"))
    return datetime.fromisoformat(day).replace(tzinfo=ZONE) + timedelta(hours=hours, minutes=minutes)


def drawn(random: Random, rules: pack.Pack) -> list[Act]:
    """Acts of one case, at any second: dispatched, paused, extended, stages reached."""

    def moment(days: int = 30) -> datetime:
        return FIRST + timedelta(seconds=random.randrange(days * 86400), microseconds=random.randrange(10**6))

    def limit() -> Limit:
        unit = random.choice(list(LimitUnit))
        return Limit(number=random.randint(1, 8), unit=unit, roll=random.random() < 0.5)

    received = moment(14)
    own = {
        deadline: OwnLimit(limit=limit()) if random.random() < 0.6 else OwnLimit(due_at=moment(60))
        for deadline in rules.own_deadlines
    }
    leg = AssignedLeg(LEG, "town", Role.LEAD, "leader", limits=own)
    made: list[tuple[type[Act], dict[str, Any]]] = [
        (acts.Opened, {"kind": random.choice(list(Kind)), "occurred_at": received}),
        (acts.Assigned, {"legs": (leg,), "occurred_at": received + timedelta(hours=random.random() * 40)}),
    ]
    grounds = [None, *(ground.ground for ground in rules.pauses.grounds)] if rules.pauses else []
    stages = [stage.stage for stage in rules.stages]
    for _ in range(random.randrange(9)):
        which = random.choice(
            [acts.Paused, acts.Resumed, acts.Extended, acts.Reached, acts.Objected, acts.Contacted]
        )
        fields: dict[str, Any] = {"leg_id": LEG, "occurred_at": moment(40)}
        if which is acts.Paused:
            fields |= {
                "ground": random.choice(grounds or [None]),
                "runs_on": random.choice([(), rules.own_deadlines]),
            }
        elif which is acts.Extended:
            deadlines = rules.extension.deadlines if rules.extension else ("completion",)
            fields |= {"deadline": random.choice(deadlines), "limit": limit()}
        elif which is acts.Reached:
            dates = tuple(moment(70) for _ in range(random.randrange(3)))
            fields |= {"stage": random.choice(stages or ["x"]), "dates": dates}
        made.append((which, fields))
    return [act_type(id=UUID(int=random.getrandbits(128)), **fields) for act_type, fields in made]


def misread(rules: pack.Pack, cases: int) -> tuple[Counter[str], int]:
    """What the reader does not find in the explanations of drawn cases, by kind; and how many it read."""
    random, misreadings, read = Random(f"explanations of {rules.id}"), Counter[str](), 0
    for _ in range(cases):
        history = drawn(random, rules)
        for upto in (*(act.occurred_at + timedelta(seconds=1) for act in history), UPTO):
            for deadline in decide(UUID(int=1), history, rules, CALENDAR, upto).deadlines:
                text = explain_deadline(deadline)
                for explanation, words in ((text["zh"], ZH), (text["en"], EN)):
                    read += 1
                    try:
                        if Reader(explanation, words).due_at() != deadline.due_at:
                            misreadings[f"{deadline.due_at} is judged, and it says:\n{explanation}"] += 1
                    except Misread as error:
                        misreadings[f"{error}:\n{explanation}"] += 1
    return misreadings, read


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("pack_id", pack_files.known())
def test_every_explanation_gives_the_moment_that_is_judged(pack_id: str, cases: int):
    misreadings, read = misread(loaded(pack_id), cases)
    assert read > cases
    assert not misreadings, "\n\n".join(list(misreadings)[:3])


def test_the_reader_finds_what_version_1_did_not_show():
    """Seconds that nobody sees, spans without a minute: the reader is not blind to them."""
    rules = loaded("xuancheng-2024@1")
    made = rules.model_dump(exclude={"settings"}) | {"settings": rules.settings}
    made["limits"][0]["limit"] = {"number": 4, "unit": "working_hours"}
    assert misread(rules, 5)[0]
