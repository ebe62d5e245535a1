"""What each part of a pack allows and the whole does not: contradictions, with their places in the file."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import isinf
from typing import TYPE_CHECKING

from shared.files.yaml_mistakes import Place
from shared.rules.pack.checks_office import Mistake, office_contradictions
from shared.rules.pack.desks import ApprovalRank
from shared.rules.pack.ladder import ACKNOWLEDGED, OF_A_UNIT, Consequence, Step, When
from shared.rules.pack.rounds import EVERY_ROUND, first_and_last, overlap
from shared.rules.pack.time_rules import LimitRule, Owner
from shared.rules.pack.triggers import BRINGS_ITS_END, MEETS_CASE, Meeting, Start
from shared.rules.terms import DeadlineKind, Rank
from shared.rules.time.limits import Limit

if TYPE_CHECKING:
    from shared.rules.pack.pack import Pack


def contradictions(pack: "Pack") -> Iterator[Mistake]:
    """Every place where the pack speaks of something it does not have, or says a thing twice."""
    yield from _stages(pack)
    yield from _limits(pack)
    yield from _completion(pack)
    yield from _own_limits(pack)
    yield from _meetings(pack)
    yield from _ladder(pack)
    yield from _acknowledgement(pack)
    yield from _extension(pack)
    yield from _unlimited(pack)
    yield from _counting(pack)
    yield from _names(pack)
    yield from office_contradictions(pack)


def unnamed(pack: "Pack") -> Iterator[Mistake]:
    """Settings and bodies that have no name for people."""
    if missing := sorted(pack.settings_named - pack.settings.keys()):
        yield ("settings",), f"lacks the names of {', '.join(missing)}: give each a title, zh and en"
    named = pack.destinations()
    for index, step in enumerate(pack.ladder):
        if step.to is not None and step.to not in named:
            yield ("ladder", index, "to"), f"'{step.to}' has no name: give it one under `bodies`, zh and en"


def _names(pack: "Pack") -> Iterator[Mistake]:
    """Names that nothing bears, or that say a thing twice."""
    for name in sorted(pack.settings.keys() - pack.settings_named):
        yield ("settings", name), "the pack takes no such setting: check its spelling"
    for body in sorted(pack.bodies.keys() - {step.to for step in pack.ladder}):
        yield ("bodies", body), "no step hands a case over to it: check its spelling"
    for index, place in enumerate(pack.referral.destinations if pack.referral else ()):
        if pack.bodies.get(place.to, place.title) != place.title:
            named = ("referral", "destinations", index, "title")
            yield named, f"'{place.to}' has another name under `bodies`: use the same"


def _stages(pack: "Pack") -> Iterator[Mistake]:
    names = [stage.stage for stage in pack.stages]
    taken = {rule.start for rule in pack.limits if rule.limit is None}
    for index, stage in enumerate(pack.stages):
        place, name = ("stages", index), stage.stage
        if name in names[:index]:
            yield (*place, "stage"), f"a second stage '{name}': give it another name"
        if name in {*Meeting, *Start} and (name != Meeting.PLANNED or pack.promises):
            yield (*place, "stage"), f"'{name}' is an act of every case: give the stage another name"
        if stage.dated and stage.dates:
            yield (*place, "dated"), "the dates of its instalments are not its own day: keep one of both"
        if stage.dated and name not in {rule.start for rule in pack.limits}:
            yield (*place, "dated"), f"no limit starts with '{name}': start one by it, or take this out"
        if stage.dates and name not in taken:
            yield (*place, "dates"), f"no limit takes the dates of '{name}': start one by it, or bring none"


def _limits(pack: "Pack") -> Iterator[Mistake]:
    stages = {stage.stage: stage for stage in pack.stages}
    for index, rule in enumerate(pack.limits):
        place = ("limits", index)
        if rule.deadline not in pack.met_by:
            yield place, f"nothing meets '{rule.deadline}': say what does in `met_by`"
        if rule.start not in (*Start, *stages):
            known = ", ".join([*Start, *stages])
            yield (*place, "starts"), f"'{rule.start}' starts nothing: choose from {known}"
        if rule.start == Start.RETURNED and not any(stage.returns for stage in pack.stages):
            yield (
                (*place, "starts"),
                "no stage gives a case back: say `returns` of one, or start it otherwise",
            )
        stage = stages.get(rule.start)
        brings = stage.dates if stage else rule.start in BRINGS_ITS_END
        if brings != (rule.limit is None):
            yield place, _DATES.format(rule.deadline)
        for earlier in pack.limits[:index]:
            yield from _beside(rule, earlier, place)


_DATES = (
    "give '{}' a `limit`, or start it by a stage with `dates`, which bring its moments; one of both "
    "(`planned` and `to_be_lifted` bring theirs too)"
)


def _beside(rule: LimitRule, earlier: LimitRule, place: Place) -> Iterator[Mistake]:
    """What two limits of one deadline may not say."""
    if rule.deadline != earlier.deadline:
        return
    both = rule.kinds & earlier.kinds if rule.kinds and earlier.kinds else rule.kinds == earlier.kinds
    if both and overlap(rule.rounds, earlier.rounds):
        yield place, f"a second limit for '{rule.deadline}' in the same round: keep one"
    if (rule.of_the_case, rule.of) != (earlier.of_the_case, earlier.of):
        yield place, f"'{rule.deadline}' is another's above (`starts`, `of`): give it another name here"
    if rule.title != earlier.title:
        yield (*place, "title"), f"'{rule.deadline}' has another title above: use the same"


def _completion(pack: "Pack") -> Iterator[Mistake]:
    known = {stage.stage for stage in pack.stages}
    for index, stage in enumerate(pack.completion.after if pack.completion else ()):
        if stage not in known:
            yield ("completion", "after", index), f"'{stage}' is no stage of this pack: name it in `stages`"
    for first, second in (pack.closure.after if pack.closure else {}).items():
        for stage in sorted({first, second} - known):
            yield ("closure", "after", first), f"'{stage}' is no stage of this pack: name it in `stages`"


def _own_limits(pack: "Pack") -> Iterator[Mistake]:
    for index, deadline in enumerate(pack.own_limits.deadlines if pack.own_limits else ()):
        place = ("own_limits", "deadlines", index)
        ruled = [rule for rule in pack.limits if rule.deadline == deadline]
        if any(rule.start != Start.ROUND for rule in ruled):
            yield place, f"'{deadline}' does not start with a dispatch, so no leg can bring it: take it out"
        if not ruled and deadline not in list(DeadlineKind):
            yield place, f"'{deadline}' has no title: give it a limit of the pack's as well, with `title`"
        if deadline not in pack.met_by:
            yield place, f"nothing meets '{deadline}': say what does in `met_by`"


def _meetings(pack: "Pack") -> Iterator[Mistake]:
    of_case = {rule.deadline for rule in pack.limits if rule.of_the_case}
    stages = [stage.stage for stage in pack.stages]
    of_leg = [*(meeting for meeting in Meeting if meeting not in MEETS_CASE), *stages]
    for deadline, acts in pack.met_by.items():
        allowed = sorted(MEETS_CASE) if deadline in of_case else of_leg
        for index, act in enumerate(acts):
            if act not in allowed:
                place = ("met_by", deadline, index)
                yield place, f"'{act}' cannot meet it: choose from {', '.join(allowed)}"


def _ladder(pack: "Pack") -> Iterator[Mistake]:
    for index, step in enumerate(pack.ladder):
        place = ("ladder", index)
        for earlier in pack.ladder[:index]:
            if step.step == earlier.step:
                yield (*place, "step"), f"a second step '{step.step}': give it another name"
            if _same_cause(step.when, earlier.when):
                yield (*place, "when"), f"step '{earlier.step}' has the same cause: keep one"
        yield from _lifts(pack, step, place)
        yield from _acts(step, place)
        yield from _of_a_unit(pack, step, place)


def _lifts(pack: "Pack", step: Step, place: Place) -> Iterator[Mistake]:
    levels = [level.level for level in pack.levels.steps] if pack.levels else []
    if step.when.level is not None and step.when.level not in levels:
        yield (*place, "when", "level"), f"'{step.when.level}' is no level of this pack: name it in `levels`"
    if Consequence.LIFT not in step.do:
        return
    if (step.leader is None) == (not levels):
        yield place, "give the lift a `leader`, or the pack `levels`, which have their leaders; one of both"
    lifted = {rule.deadline for rule in pack.limits if rule.start == Start.LIFTED} & set(step.when.overdue)
    if lifted and not levels:
        yield place, f"a case is lifted once: '{min(lifted)}' overdue can lift it again only through `levels`"


def _acts(step: Step, place: Place) -> Iterator[Mistake]:
    if Consequence.REDISPATCH in step.do and isinf(first_and_last(step.when.rounds)[1]):
        yield place, "it would be dispatched again without end: name the round, and what follows the last one"
    if Consequence.APPROVE in step.do and {Consequence.REDISPATCH, Consequence.LIFT} & set(step.do):
        yield place, "approve ends the case: nothing can be dispatched again or lifted with it"


def _of_a_unit(pack: "Pack", step: Step, place: Place) -> Iterator[Mistake]:
    of_case = {rule.deadline for rule in pack.limits if rule.of_the_case}
    of_office = {rule.deadline for rule in pack.limits if rule.of is Owner.OFFICE}
    for deadline in step.when.overdue:
        if deadline in of_case | of_office and OF_A_UNIT & set(step.do):
            yield place, f"'{deadline}' is of no unit: no card and no redispatch can follow it"
        if deadline in of_case | of_office and step.when.units:
            yield (*place, "when", "units"), f"'{deadline}' is of no unit: leave `units` out"
        if deadline in of_case and step.when.rounds != EVERY_ROUND:
            rounds = (*place, "when", "rounds")
            yield rounds, f"'{deadline}' is of the whole case and has no rounds: leave them out"


def _same_cause(when: When, other: When) -> bool:
    if when.kinds != other.kinds and not when.kinds & other.kinds:
        return False
    if when.units != other.units and not when.units & other.units:
        return False
    if when.level != other.level:
        return False
    if when.refused or when.requested:
        return (when.refused, when.requested) == (other.refused, other.requested)
    same_deadline = bool(set(when.overdue) & set(other.overdue)) and overlap(when.rounds, other.rounds)
    return same_deadline or bool(when.marks & other.marks)


def _acknowledgement(pack: "Pack") -> Iterator[Mistake]:
    sent = {act for step in pack.ladder for act in step.do}
    if pack.acknowledgement and not sent.intersection(ACKNOWLEDGED):
        yield ("acknowledgement",), "the ladder has neither a card nor a lift to acknowledge: take it out"


def _extension(pack: "Pack") -> Iterator[Mistake]:
    if pack.extension is None:
        return
    for index, deadline in enumerate(pack.extension.deadlines):
        ruled = [rule for rule in pack.limits if rule.deadline == deadline]
        place = ("extension", "deadlines", index)
        if any(rule.of_the_case for rule in ruled):
            yield place, f"'{deadline}' is of the whole case, and only a unit asks for more time: take it out"
        if any(rule.limit is None and (rule.start != Start.PLANNED or not pack.promises) for rule in ruled):
            yield place, f"the dates of '{deadline}' change when its stage is reached again: take it out"
    for index, (lower, higher) in enumerate(pairwise(pack.extension.ranks), 1):
        if _not_above(higher, lower):
            yield (
                ("extension", "ranks", index),
                "must be longer and of a higher rank than the one before",
            )


def _not_above(rank: ApprovalRank, other: ApprovalRank) -> bool:
    limits = rank.up_to, other.up_to
    longer, shorter = (limit if isinstance(limit, Limit) else None for limit in limits)
    if longer and shorter and longer.unit is shorter.unit and longer.number <= shorter.number:
        return True
    return RANKS.index(rank.rank) <= RANKS.index(other.rank)


RANKS = list(Rank)


def _unlimited(pack: "Pack") -> Iterator[Mistake]:
    """Deadlines that are spoken of and can never run."""
    limited = {rule.deadline for rule in pack.limits}
    limited |= set(pack.own_limits.deadlines if pack.own_limits else ())
    spoken: list[tuple[Place, str]] = [(("met_by", deadline), deadline) for deadline in pack.met_by]
    for index, step in enumerate(pack.ladder):
        spoken += _placed(("ladder", index, "when", "overdue"), step.when.overdue)
    spoken += _placed(("reminder", "deadlines"), pack.reminder.deadlines if pack.reminder else ())
    spoken += _placed(("extension", "deadlines"), pack.extension.deadlines if pack.extension else ())
    for place, deadline in spoken:
        if deadline not in limited:
            yield place, f"the pack gives '{deadline}' no limit: give it one or take it out here"


def _counting(pack: "Pack") -> Iterator[Mistake]:
    """Words for what the pack does not have."""
    counting = pack.counting
    if counting and counting.reminders_by_counted_time and not pack.reminder:
        yield ("counting", "reminders_by_counted_time"), "the pack has no `reminder`: take it out"
    if counting and counting.pauses_move_given_moments and not pack.pauses:
        yield ("counting", "pauses_move_given_moments"), "the pack has no `pauses`: take it out"


def _placed(place: Place, deadlines: Iterable[str]) -> list[tuple[Place, str]]:
    return [((*place, index), deadline) for index, deadline in enumerate(deadlines)]
