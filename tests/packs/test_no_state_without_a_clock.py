"""No way around the clock: whatever was done to an open case, a clock runs or somebody is named to act.

Every pack in force is driven through its states: from registration on each act is tried in each state that
was found, at once and after a long silence. States that look alike are tried once.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid5

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act, AssignedLeg
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.rulings import DeadlineRuling
from shared.rules.judging.state import NEVER, Deadline
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.terms import Kind, Mark, Role, Verdict
from tests.packs.histories import CALENDAR, CASE, SETTINGS, at, working_days

NEWEST = [
    name for name in pack_files.known() if pack_files.unbound(name).version >= 3 and name != "case-limits"
]
KINDS = {
    "xx-city-2022-award": ("help", "unkept_promise"),
    "xx-city-2022-clues": ("clue",),
}
START = at("03-02 09:00")
SOON, LATE, LONG = timedelta(hours=2), timedelta(days=90), timedelta(days=800)
SOME_STATES, MANY_STATES = 100, 400
LEGS = (UUID(int=11), UUID(int=12))
ENDED = {"referred", "withdrawn", "closed", "approved"}
NAMED = (
    rulings.Supervised,
    rulings.CardIssued,
    rulings.HandedOver,
    rulings.PublicationProposed,
    rulings.Raised,
    rulings.Lifted,
)
"""What names somebody who must act."""


@dataclass(frozen=True)
class Tried:
    """An act that may be done to a case: its type, and what it says beside whom and when."""

    act_type: type[Act]
    fields: tuple[tuple[str, object], ...] = ()

    @property
    def summary(self) -> str:
        """The act in a word or two."""
        stage = dict(self.fields).get("stage", "")
        return f"{self.act_type.__name__} {stage}".strip()

    def follows(self, history: tuple[Act, ...]) -> bool:
        """Whether a service lets it happen: a leg is assigned once, and acts of a leg follow that."""
        fields = dict(self.fields)
        assigned = {leg.leg_id for act in history if isinstance(act, acts.Assigned) for leg in act.legs}
        if self.act_type is acts.Assigned:
            return not assigned & {leg.leg_id for leg in fields["legs"]}  # type: ignore[attr-defined]
        return "leg_id" not in fields or fields["leg_id"] in assigned

    def made(self, name: str, moment: datetime) -> tuple[Act, ...]:
        """The act, and what a service makes of the same fact: with the money a bank's leg is through."""
        fields = dict(self.fields)
        if self.act_type is acts.Reached and fields.pop("with_dates", None):
            fields["dates"] = (moment + timedelta(days=30),)
        if self.act_type is acts.Promised:
            fields["planned_on"] = (moment + timedelta(days=20)).date()
        act = self.act_type(id=uuid5(CASE, name), occurred_at=moment, **fields)
        if fields.get("stage") != "disbursed":
            return (act,)
        return act, acts.Completed(uuid5(CASE, f"{name} completed"), moment, fields["leg_id"])  # type: ignore[arg-type]


def of_a_leg(rules: Pack) -> Iterator[Tried]:
    """What may be done to a leg."""
    for act_type in (acts.Contacted, acts.Responded, acts.Objected, acts.Completed, acts.Refused):
        yield Tried(act_type)
    yield Tried(acts.LiftRequested)
    yield Tried(acts.ObjectionDecided, (("upheld", True),))
    yield Tried(acts.ObjectionDecided, (("upheld", False),))
    yield Tried(acts.Relieved)
    for stage in (stage for stage in rules.stages if not stage.returns):
        yield Tried(acts.Reached, (("stage", stage.stage), ("with_dates", stage.dates or stage.dated)))
        if stage.pays:
            yield Tried(acts.Reached, (("stage", stage.stage), ("in_full", True)))
    if rules.pauses:
        yield Tried(acts.PauseRequested)
        yield Tried(acts.Paused)
        yield Tried(acts.Resumed)
    if rules.extension:
        deadline = rules.extension.deadlines[0]
        yield Tried(acts.ExtensionAsked)
        yield Tried(acts.Extended, (("deadline", deadline), ("limit", working_days(20))))
    if rules.promises:
        yield Tried(acts.Promised)


def tried(rules: Pack) -> Iterator[Tried]:
    """All that may be done under the pack."""
    for leg_id, unit in zip(LEGS, ("unit", "other"), strict=True):
        leg = ("legs", (AssignedLeg(leg_id, unit, Role.LEAD, "leader"),))
        yield Tried(acts.Assigned, (leg,))
        for marks in ({Mark.CROSS_LEVEL, Mark.CROSS_DEPARTMENT}, {Mark.LITIGATION}):
            yield Tried(acts.Assigned, (leg, ("marks", frozenset(marks))))
        for each in of_a_leg(rules):
            yield Tried(each.act_type, (("leg_id", leg_id), *each.fields))
    yield Tried(acts.Marked, (("marks", frozenset({Mark.CROSS_LEVEL, Mark.CROSS_DEPARTMENT})),))
    if rules.referral:
        yield from map(Tried, (acts.Referred, acts.ReferralReceived, acts.ReferralReturned))
    yield from map(Tried, (acts.Found, acts.Gathered, acts.Instructed, acts.SignedOff, acts.Rated))
    yield from map(Tried, (acts.Complained, acts.ComplaintDecided, acts.Reopened, acts.Closed))
    yield Tried(acts.FollowedUp, (("reached", True),))
    yield Tried(acts.FollowedUp, (("reached", False),))


def unnamed(judged: Judgement) -> str:
    """Why nobody need act: nothing where a clock runs or somebody is named."""
    if judged.state in ENDED:
        return ""
    about = {
        (ruling.deadline, ruling.due_at): ruling
        for ruling in judged.rulings
        if isinstance(ruling, DeadlineRuling) and isinstance(ruling, NAMED)
    }
    lifted = any(isinstance(ruling, rulings.Lifted) for ruling in judged.rulings)
    overdue = [d for d in judged.deadlines if d.verdict is Verdict.OVERDUE and not d.met_at]
    for deadline in overdue:
        raised = (deadline.kind, deadline.due_at) in about
        if deadline.unit is None and not (raised or (deadline.kind == "lifted" and lifted)):
            return f"the office let {deadline.kind} pass, and nobody was told"
    if any(_runs(deadline) for deadline in judged.deadlines):
        return ""
    if any((deadline.kind, deadline.due_at) in about for deadline in overdue) or (overdue and lifted):
        return ""
    return "no clock runs, and nobody is named"


def _runs(deadline: Deadline) -> bool:
    return deadline.verdict is Verdict.OPEN and (deadline.fires_at < NEVER or deadline.due_at is None)


def looks(judged: Judgement) -> tuple[object, ...]:
    """What tells states apart."""
    case = judged._case
    assert case
    return (
        judged.state,
        case.end,
        case.level and case.level.level,
        bool(judged.lifted_at),
        case.referred_at is not None,
        tuple(
            (
                leg.completed,
                leg.ended,
                min(leg.round, 3),
                leg in case.paused,
                leg.refused,
                frozenset(leg.reached),
            )
            for leg in case.legs.values()
        ),
        frozenset(case.marks),
        frozenset(
            (d.kind, d.verdict, d.met_at is not None)
            for d in judged.deadlines
            if d.verdict is Verdict.OPEN or (d.verdict is Verdict.OVERDUE and not d.met_at)
        ),
    )


@dataclass(frozen=True)
class State:
    """Acts that led to a state, their names, and the moment of the last."""

    history: tuple[Act, ...]
    names: tuple[str, ...]
    moment: datetime


@cache
def failures(name: str, kind: str, most: int) -> list[str]:
    """The ways found to a state in which nobody need act."""
    rules = pack_files.load(name, SETTINGS if "@" in name else None)
    every = list(tried(rules))
    first = acts.Opened(uuid5(CASE, "opened"), START, Kind(kind))
    waiting, failed = deque([State((first,), (), START)]), []
    seen: set[object] = set()
    while waiting:
        state = waiting.popleft()
        for after in (SOON, LONG):
            why = unnamed(decide(CASE, state.history, rules, CALENDAR, state.moment + after))
            failed += [f"{' > '.join(state.names) or 'registered'}, {after}: {why}"] if why else []
        for wait in (SOON, LATE) if len(seen) < most else ():
            moment = state.moment + wait
            before = looks(decide(CASE, state.history, rules, CALENDAR, moment))
            for index, act in enumerate(each for each in every if each.follows(state.history)):
                history = (*state.history, *act.made(f"{len(state.history)} {index} {wait}", moment))
                look = looks(decide(CASE, history, rules, CALENDAR, moment))
                if look not in (before, *seen):
                    seen.add(look)
                    word = f"{act.summary}{'' if wait == SOON else ' late'}"
                    waiting.append(State(history, (*state.names, word), moment))
    return failed


IN_FORCE = [(name, kind) for name in NEWEST for kind in KINDS.get(name, ("help",))]


@pytest.mark.parametrize(("name", "kind"), IN_FORCE)
def test_in_no_state_of_an_open_case_nobody_need_act(name: str, kind: str):
    assert failures(name, kind, SOME_STATES) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), IN_FORCE)
def test_nor_in_any_of_many_states(name: str, kind: str):
    assert failures(name, kind, MANY_STATES) == []


@pytest.mark.parametrize("name", ["xx-city-2022@2", "qingyang-2023@2", "xx-city-2022-clues@2"])
def test_under_the_versions_before_there_were_such_states(name: str):
    assert failures(name, "clue" if "clues" in name else "help", 10)
