"""Judges a partition of recorded cases in memory: reads all its cases, then judges up to the run's end."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from huying.simulate import loans
from huying.simulate.compare import CaseDifference, differences
from huying.simulate.local_days import LocalDays
from huying.simulate.memo import JudgementMemo
from huying.simulate.partitions import Partition
from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCase
from huying.simulate.rejections import Rejections
from huying.simulate.results import CaseResult, CsvLines, CsvRenderer, DeadlineRow, Totals
from shared.rules.judging import acts
from shared.rules.judging.acts import Act, AssignedLeg, LegAct, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack.pack import Pack
from shared.rules.terms import DeadlineKind, Role
from shared.rules.time.calendar import Calendar
from shared.rules.time.notices import Published, published
from shared.rules.wording.deadlines import explain_deadline

BATCH = 256  # cases
CASE, LEG, OPENED, ASSIGNED, *LATER = (UUID(int=number) for number in range(100))
"""Ids that all cases share: no judgement depends on them."""
ACTS: dict[str, type[LegAct]] = {
    "contact": acts.Contacted,
    "reply": acts.Responded,
    "complete": acts.Completed,
}


@dataclass(slots=True)
class PartitionContent:
    """What one partition holds: of its cases, in order, source id, registration (s since 1970) and line.

    `blocks` are (index in the file, lines, cases). A line counts from the start of its block. `ends_at` is
    the time of the last act; `rows` and `rejected` count the rows read and those that are no cases.
    """

    source_ids: list[str] = field(default_factory=list)
    received: list[float] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int, int]] = field(default_factory=list)
    rejected: int = 0
    units: dict[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None
    rows: int = 0


class Explanation(NamedTuple):
    """Why one deadline ends when it does, in both languages."""

    leg: str
    round: int
    deadline: str
    zh: str
    en: str


JudgedCase = tuple[str, list[CsvLines], list[CaseDifference], list[list[Explanation]]]
"""A case's source id, its CSV lines under each pack, their differences, and the explanations under each."""


class PartitionJudge:
    """Judges one partition under one pack or two. `totals` are those of each pack.

    `rejections` are its rows that are no cases, once it is read.
    """

    def __init__(
        self,
        partition: Partition,
        packs: list[Pack],
        known: Published | None = None,
        *,
        explain: bool = False,
    ) -> None:
        self.totals = [Totals() for _ in packs]
        self.rejections = Rejections(partition.file)
        self._partition = partition
        self._packs = packs
        self._known = known
        self._explain = explain
        self._cases: list[RecordedCase] = []

    def read(self) -> PartitionContent:
        """Read the partition. UnpairedQuotes, or FileRefused."""
        content = PartitionContent()
        for block in self._partition.blocks(self.rejections):
            content.blocks.append((block.number, block.lines, len(block.cases)))
            content.rows += block.rows
            self._cases += block.cases
        self.rejections.flush()
        content.rejected = self.rejections.count
        for case in self._cases:
            content.source_ids.append(case.source_id)
            content.received.append(case.received_at.timestamp())
            content.lines.append(case.line)
            content.units[case.unit.code] = case.unit.name
        content.ends_at = max((case.ends_at for case in self._cases), default=None)
        return content

    def judge(self, upto: datetime, left_out: set[int]) -> Iterator[list[JudgedCase]]:
        """The cases as of `upto`, by source id, in batches. `left_out` holds indexes of cases to skip."""
        cases = [case for index, case in enumerate(self._cases) if index not in left_out]
        self._cases = []
        cases.sort(key=lambda case: case.source_id, reverse=True)
        judges = [CaseJudge(self._partition.profile, rules, upto, self._known) for rules in self._packs]
        while cases:
            batch, cases[-BATCH:] = cases[-BATCH:], []
            yield [self._judged(case, judges) for case in reversed(batch)]

    def _judged(self, case: RecordedCase, judges: list["CaseJudge"]) -> JudgedCase:
        unit = case.unit.code
        texts = [explanations(judge.judgement(case)) for judge in judges] if self._explain else []
        judged = [judge.judged(case) for judge in judges]
        for totals, (result, _) in zip(self.totals, judged, strict=True):
            totals.add(result, (unit,), (unit,) * result.cards, unit)
        differ = differences(judged[0][0], judged[1][0]) if len(judged) > 1 else []
        return case.source_id, [lines for _, lines in judged], differ, texts


class CaseJudge:
    """Judges recorded cases by one pack, as of `upto`, by the notices `known`; cases of one pattern once."""

    def __init__(self, profile: Profile, rules: Pack, upto: datetime, known: Published | None = None) -> None:
        self._profile = profile
        self._rules = rules.without_reminder()
        known = known or published()
        self._calendar = Calendar.of(ZoneInfo(rules.zone), known.version, known.notices)
        self._upto = upto
        self._renderer = CsvRenderer(LocalDays(profile.tz))
        self._memo = JudgementMemo(self._rules, profile.kind, self._calendar, self._renderer, upto)

    def judgement(self, case: RecordedCase) -> Judgement:
        """The judgement of a case."""
        folded = loans.history(case) if self._profile.case == "loan" else history(case, self._profile)
        return decide(CASE, folded, self._rules, self._calendar, self._upto)

    def judged(self, case: RecordedCase) -> tuple[CaseResult, CsvLines]:
        """The result of the case, perhaps from another of its pattern, and its CSV lines."""
        pattern = self._memo.pattern(case) if self._profile.case == "appeal" else None
        known = pattern and self._memo.get(pattern, case.source_id)
        if known:
            return known
        result = case_result(case.source_id, "", self.judgement(case))
        if pattern:
            self._memo.put(pattern, result)
        return result, self._renderer.rows(result)


def history(case: RecordedCase, profile: Profile) -> list[Act]:
    """The acts the case is judged by."""
    at = case.received_at
    assigned = acts.Assigned(ASSIGNED, at, (_leg(case.unit.code, case.unit.kind, case.due_at),))
    folded: list[Act] = [acts.Opened(OPENED, at, profile.kind), assigned]
    for id_, (definition, at, _) in zip(LATER, case.acts, strict=False):
        folded.append(ACTS[definition.act](id_, at, LEG))
    return folded


def _leg(unit: str, kind: str, due_at: datetime | None) -> AssignedLeg:
    leg = _leg_without_limit(unit, kind)
    if due_at is None:
        return leg
    return replace(leg, limits={DeadlineKind.COMPLETION.value: OwnLimit(due_at=due_at)})


@cache
def _leg_without_limit(unit: str, kind: str) -> AssignedLeg:
    return AssignedLeg(LEG, unit, Role.LEAD, unit_kind=kind or None)


def case_result(source_id: str, number: str, judgement: Judgement) -> CaseResult:
    """A judgement as the result of a case."""
    deadlines = [
        DeadlineRow(d.unit or "", d.round, d.kind, d.started_at, d.due_at, d.met_at, d.verdict.value)
        for d in judgement.deadlines
    ]
    state, lifted_at = judgement.state.value, judgement.lifted_at
    return CaseResult(source_id, number, state, judgement.rounds, judgement.cards, lifted_at, deadlines)


def explanations(judgement: Judgement) -> list[Explanation]:
    """The explanation of each deadline of a judgement."""
    return [
        Explanation(d.unit or "", d.round, d.kind, **explain_deadline(d))
        for d in sorted(judgement.deadlines, key=lambda d: (d.round, d.kind, d.unit or "", d.started_at))
    ]
