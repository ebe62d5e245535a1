"""A share of recorded cases judged in memory: read first, judged when it is known when the run ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from huying.simulate import loans
from huying.simulate.compare import Difference, differences
from huying.simulate.local_days import WallClock
from huying.simulate.memo import Patterns
from huying.simulate.partitions import Share
from huying.simulate.profiles import Profile
from huying.simulate.recorded import Case
from huying.simulate.results import Deadline, Figures, Renderer, Result, Rows
from shared.rules.judging import acts
from shared.rules.judging.acts import Act, AssignedLeg, LegAct, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack.pack import Pack
from shared.rules.terms import DeadlineKind, Role
from shared.rules.time.calendar import Calendar
from shared.rules.wording.deadlines import explain_deadline

BATCH = 256  # cases
CASE, LEG, OPENED, ASSIGNED, *LATER = (UUID(int=number) for number in range(100))
"""Ids that all cases share: nobody judges by them."""
ACTS: dict[str, type[LegAct]] = {
    "contact": acts.Contacted,
    "reply": acts.Responded,
    "complete": acts.Completed,
}


@dataclass(slots=True)
class Part:
    """What one share holds. Of its cases, in their order: source id, registration (s since 1970), line.

    `blocks` are (place in the file, lines, cases), `rejected` (place of the block, line, reason). A line
    counts from the start of its block. `ends_at` is the last act's time.
    """

    source_ids: list[str] = field(default_factory=list)
    received: list[float] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int, int]] = field(default_factory=list)
    rejected: list[tuple[int, int, str]] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None


class Explained(NamedTuple):
    """Why one deadline ends when it does."""

    leg: str
    round: int
    deadline: str
    zh: str
    en: str


Told = tuple[str, list[Rows], list[Difference], list[list[Explained]]]
"""One case by its source id: its rows under each pack, how they differ, and what is explained under each."""


class Judging:
    """One share under one pack, or under two that are compared. `figures` are those of each."""

    def __init__(self, share: Share, packs: list[Pack], *, explain: bool = False) -> None:
        self.figures = [Figures() for _ in packs]
        self._share = share
        self._packs = packs
        self._explain = explain
        self._cases: list[Case] = []

    def read(self) -> Part:
        """Read the share. Unpaired, or FileRefused."""
        part = Part()
        for block in self._share.blocks():
            part.blocks.append((block.number, block.lines, len(block.cases)))
            part.rejected += [(block.number, one.line, one.reason) for one in block.rejected]
            self._cases += block.cases
        for case in self._cases:
            part.source_ids.append(case.source_id)
            part.received.append(case.received_at.timestamp())
            part.lines.append(case.line)
            part.units[case.unit.code] = case.unit.name
        part.ends_at = max((case.ends_at for case in self._cases), default=None)
        return part

    def judge(self, upto: datetime, left_out: set[int]) -> Iterator[list[Told]]:
        """The cases as they stand at `upto`, but those `left_out`, by place; by source id, in batches."""
        cases = [case for place, case in enumerate(self._cases) if place not in left_out]
        self._cases = []
        cases.sort(key=lambda case: case.source_id, reverse=True)
        judges = [Judge(self._share.profile, rules, upto) for rules in self._packs]
        while cases:
            batch, cases[-BATCH:] = cases[-BATCH:], []
            yield [self._told(case, judges) for case in reversed(batch)]

    def _told(self, case: Case, judges: list["Judge"]) -> Told:
        unit = case.unit.code
        explanations = [explained(judge.judgement(case)) for judge in judges] if self._explain else []
        found = [judge.judged(case) for judge in judges]
        for figures, (its, _) in zip(self.figures, found, strict=True):
            figures.add(its, (unit,), (unit,) * its.cards, unit)
        differ = differences(found[0][0], found[1][0]) if len(found) > 1 else []
        return case.source_id, [rows for _, rows in found], differ, explanations


class Judge:
    """Judges recorded cases by one pack, as of `upto`; those that are alike once."""

    def __init__(self, how: Profile, rules: Pack, upto: datetime) -> None:
        self._how = how
        self._rules = rules.without_reminder()
        self._calendar = Calendar.load(ZoneInfo(rules.zone))
        self._upto = upto
        self._renderer = Renderer(WallClock(how.tz))
        self._patterns = Patterns(self._rules, how.kind, self._calendar, self._renderer, upto)

    def judgement(self, case: Case) -> Judgement:
        """How a case stands."""
        folded = loans.history(case) if self._how.case == "loan" else history(case, self._how)
        return decide(CASE, folded, self._rules, self._calendar, self._upto)

    def judged(self, case: Case) -> tuple[Result, Rows]:
        """The result of the case or of one like it, and its rows."""
        likeness = self._patterns.likeness(case) if self._how.case == "appeal" else None
        known = likeness and self._patterns.known(likeness, case.source_id)
        if known:
            return known
        its = result(case.source_id, "", self.judgement(case))
        if likeness:
            self._patterns.keep(likeness, its)
        return its, self._renderer.rows(its)


def history(case: Case, how: Profile) -> list[Act]:
    """What the case is judged by."""
    at, unit = case.received_at, case.unit.code
    assigned = acts.Assigned(ASSIGNED, at, (_leg(unit, case.due_at),))
    folded: list[Act] = [acts.Opened(OPENED, at, how.kind), assigned]
    for id_, (what, when, _) in zip(LATER, case.acts, strict=False):
        folded.append(ACTS[what.act](id_, when, LEG))
    return folded


def _leg(unit: str, due_at: datetime | None) -> AssignedLeg:
    if due_at is None:
        return _leg_without_limit(unit)
    limits = {DeadlineKind.COMPLETION.value: OwnLimit(due_at=due_at)}
    return AssignedLeg(LEG, unit, Role.LEAD, limits=limits)


@cache
def _leg_without_limit(unit: str) -> AssignedLeg:
    return AssignedLeg(LEG, unit, Role.LEAD)


def result(source_id: str, number: str, judgement: Judgement) -> Result:
    """A judgement as a result."""
    deadlines = [
        Deadline(d.unit or "", d.round, d.kind, d.started_at, d.due_at, d.met_at, d.verdict.value)
        for d in judgement.deadlines
    ]
    state, lifted_at = judgement.state.value, judgement.lifted_at
    return Result(source_id, number, state, judgement.rounds, judgement.cards, lifted_at, deadlines)


def explained(judgement: Judgement) -> list[Explained]:
    """What `shared.rules.wording.explain` says of each deadline."""
    return [
        Explained(d.unit or "", d.round, d.kind, **explain_deadline(d))
        for d in sorted(judgement.deadlines, key=lambda d: (d.round, d.kind, d.unit or "", d.started_at))
    ]
