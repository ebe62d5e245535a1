"""A pack prepared for judging cases of one kind: all that does not depend on the case is looked up once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.rules.pack.counting import AS_IN_VERSION_1, Counting
from shared.rules.pack.desks import Need
from shared.rules.pack.ladder import Consequence, Step
from shared.rules.pack.rounds import first_and_last, within
from shared.rules.pack.time_rules import LimitRule, Owner
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import Kind
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Limit

if TYPE_CHECKING:
    from shared.rules.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class StartedLimit:
    """A limit that an act or a stage starts: when it starts, one deadline begins to run.

    `own_clause` is the ground on which a leg may bring a limit of its own; None where it may not. Without
    `limit` there is only that, or, after a stage, the dates it brings.
    """

    deadline: str
    start: str
    clause: str
    limit: Limit | None
    of_office: bool = False
    own_clause: str | None = None
    title: dict[str, str] = field(default_factory=dict)


Starts = dict[tuple[str, int], tuple[StartedLimit, ...]]
"""What an act or a stage starts in a round."""


@dataclass(frozen=True, slots=True)
class Table:
    """A pack's rules for one kind of case.

    Rounds above `top` have the rules of `top`. What is of the whole case stands under round 1.
    """

    top: int
    hours: OfficeHours
    counting: Counting
    starts: Starts
    steps: dict[tuple[str, int], tuple[Step, ...]]
    marked: tuple[Step, ...]
    refused: tuple[Step, ...]
    requested: tuple[Step, ...]
    meets: dict[str, frozenset[str]]
    stages: frozenset[str]
    returning: frozenset[str]
    after_completion: frozenset[str]
    outlasting: frozenset[str]
    reaching: frozenset[str]
    contacts: frozenset[str]
    sums: frozenset[str]
    pays: frozenset[str]
    decides: dict[str, str]
    silent: frozenset[str]
    dated: frozenset[str]
    complete_after: frozenset[str]
    percent: dict[str, int]
    extended: frozenset[str]
    extension_cap: Limit | None
    pause_caps: dict[str | None, Limit]
    office_runs_on: bool
    raising: Limit | None
    promise_cap: Limit | None
    closes_heard: bool


def prepared(pack: "Pack", kind: Kind | None) -> Table:
    """The table for `kind`; None: as long as it is not known. PackError where a setting is not given."""
    ladder = _ladder(pack, kind)
    spans = [rule.rounds for rule in pack.limits] + [step.when.rounds for step in ladder]
    top = 1 + max((first_and_last(span)[0] for span in spans), default=1)
    numbers = range(1, top + 1)
    return Table(
        top=top,
        hours=pack.office_hours.hours(),
        counting=pack.counting or AS_IN_VERSION_1,
        starts=_starts(pack, kind, numbers),
        steps=_steps(ladder, numbers),
        marked=tuple(step for step in ladder if step.when.marks),
        refused=tuple(step for step in ladder if step.when.refused),
        requested=tuple(step for step in ladder if step.when.requested),
        meets={
            meeting: frozenset(deadline for deadline, by in pack.met_by.items() if meeting in by)
            for meeting in {meeting for by in pack.met_by.values() for meeting in by}
        },
        stages=frozenset(stage.stage for stage in pack.stages),
        returning=frozenset(stage.stage for stage in pack.stages if stage.returns),
        after_completion=frozenset(stage.stage for stage in pack.stages if stage.after_completion),
        outlasting=frozenset(rule.deadline for rule in pack.limits if rule.outlasts),
        reaching=_reaching(pack),
        contacts=_contacts(pack),
        sums=frozenset(stage.stage for stage in pack.stages if stage.sums),
        pays=frozenset(stage.stage for stage in pack.stages if stage.pays),
        decides=pack.approval.decides if pack.approval else {},
        silent=frozenset(
            kind for step in ladder if Consequence.APPROVE in step.do for kind in step.when.overdue
        ),
        dated=frozenset(stage.stage for stage in pack.stages if stage.dated),
        complete_after=frozenset(pack.completion.after) if pack.completion else frozenset(),
        percent=dict.fromkeys(pack.reminder.deadlines, pack.reminder.percent) if pack.reminder else {},
        extended=frozenset(pack.extension.deadlines) if pack.extension else frozenset(),
        extension_cap=pack.limit(pack.extension.cap) if pack.extension else None,
        pause_caps=_pause_caps(pack),
        office_runs_on=pack.pauses is not None and pack.pauses.units_only,
        raising=pack.limit(pack.raising.limit) if pack.raising else None,
        promise_cap=pack.limit(pack.promises.cap) if pack.promises else None,
        closes_heard=pack.closure is not None and Need.HEARD in pack.closure.needs,
    )


def _ladder(pack: "Pack", kind: Kind | None) -> list[Step]:
    """The steps for `kind`: those that name kinds come first; then those of kinds of unit, and at a level."""
    holding = [step for step in pack.ladder if not step.when.kinds or kind in step.when.kinds]
    return sorted(
        holding, key=lambda step: (not step.when.kinds, not step.when.units, step.when.level is None)
    )


def _steps(ladder: list[Step], numbers: range) -> dict[tuple[str, int], tuple[Step, ...]]:
    return {
        (deadline, number): tuple(
            step for step in ladder if deadline in step.when.overdue and within(number, step.when.rounds)
        )
        for deadline in {deadline for step in ladder for deadline in step.when.overdue}
        for number in numbers
    }


def _contacts(pack: "Pack") -> frozenset[str]:
    """What a contact meets and what another's act does not, where each enterprise is contacted by itself."""
    if pack.merging is None or not pack.merging.each_contacted:
        return frozenset()
    return _reaching(pack)


def _reaching(pack: "Pack") -> frozenset[str]:
    """What a contact meets."""
    return frozenset(deadline for deadline, by in pack.met_by.items() if Meeting.CONTACTED in by)


def _starts(pack: "Pack", kind: Kind | None, numbers: range) -> Starts:
    starts: Starts = {}
    for number in numbers:
        rules = holding(pack, kind, number)
        for rule in rules:
            starts[rule.start, number] = (*starts.get((rule.start, number), ()), _started_limit(pack, rule))
        own = _only_own(pack, {rule.deadline for rule in rules})
        starts[Start.ROUND, number] = (*starts.get((Start.ROUND, number), ()), *own)
    return starts


def holding(pack: "Pack", kind: Kind | None, number: int) -> list[LimitRule]:
    """The limits in a round for `kind`. A limit that names the kind goes before one for all kinds."""
    rules = [rule for rule in pack.limits if within(number, rule.rounds)]
    named = {rule.deadline for rule in rules if kind in rule.kinds}
    return [rule for rule in rules if kind in rule.kinds or not (rule.kinds or rule.deadline in named)]


def _started_limit(pack: "Pack", rule: LimitRule) -> StartedLimit:
    own = pack.own_limits
    brings = own is not None and rule.start == Start.ROUND and rule.deadline in own.deadlines
    return StartedLimit(
        deadline=rule.deadline,
        start=rule.start,
        clause=rule.ground,
        limit=pack.limit(rule.limit) if rule.limit else None,
        of_office=rule.of_the_case or rule.of is Owner.OFFICE,
        own_clause=own.ground if own and brings else None,
        title=rule.title.model_dump() if rule.title else {},
    )


def _only_own(pack: "Pack", ruled: set[str]) -> Iterator[StartedLimit]:
    """Deadlines for which a leg may bring a limit of its own and the pack has none in this round."""
    own = pack.own_limits
    for deadline in dict.fromkeys(own.deadlines if own else ()):
        if own and deadline not in ruled:
            yield StartedLimit(deadline, Start.ROUND, own.ground, None, own_clause=own.ground)


def _pause_caps(pack: "Pack") -> dict[str | None, Limit]:
    """The longest pause by ground; under None the one where no ground is named."""
    if pack.pauses is None:
        return {}
    caps: dict[str | None, Limit] = {None: pack.limit(pack.pauses.cap)}
    return caps | {ground.ground: pack.limit(ground.cap) for ground in pack.pauses.grounds}
