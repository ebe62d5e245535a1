"""What may not stand together of the office's own clocks, promises, referral and stages with sums."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.files.yaml_mistakes import Place
from shared.rules.pack.desks import By
from shared.rules.pack.ladder import Consequence
from shared.rules.pack.parts import Setting
from shared.rules.pack.time_rules import LimitRule, Owner
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.time.limits import Limit

if TYPE_CHECKING:
    from shared.rules.pack.pack import Pack

Mistake = tuple[Place, str]
DECIDED_BY_THE_OFFICE = frozenset({Start.EXTENSION_ASKED, Start.PAUSE_ASKED, Start.PROPOSED})


def office_contradictions(pack: "Pack") -> Iterator[Mistake]:
    """Every place where one of these words speaks of something that the pack does not have."""
    yield from _raising(pack)
    yield from _promises(pack)
    yield from _gathering(pack)
    yield from _referral(pack)
    yield from _asked(pack)
    yield from _stages(pack)
    yield from _sums(pack)
    yield from _approval(pack)
    yield from _due_minute(pack)


def defaults(settings: Iterator[Setting]) -> Iterator[Mistake]:
    """Settings that stand in several places with different defaults."""
    defaults_of: dict[str, set[Limit | None]] = {}
    for setting in settings:
        defaults_of.setdefault(setting.setting, set()).add(setting.default)
    for name, values in defaults_of.items():
        if len(values) > 1:
            yield ("settings", name), "has different defaults: write the same wherever it stands"


def _raising(pack: "Pack") -> Iterator[Mistake]:
    of_office = {rule.deadline for rule in pack.limits if rule.of_the_case or rule.of is Owner.OFFICE}
    raises = False
    for index, step in enumerate(pack.ladder):
        if Consequence.RAISE not in step.do:
            continue
        raises = True
        for deadline in step.when.overdue:
            if deadline not in of_office:
                yield (
                    ("ladder", index, "do"),
                    f"'{deadline}' is a unit's: only what the office misses is raised",
                )
        if pack.raising is None:
            yield ("ladder", index, "do"), "say in `raising` to whom it is raised"
    if pack.raising and not raises:
        yield ("raising",), "no step of the ladder raises anything: add one, or take it out"


def _promises(pack: "Pack") -> Iterator[Mistake]:
    rules = _started_by(pack, Start.PLANNED)
    for place, rule in rules:
        if pack.promises is None:
            yield (*place, "starts"), "say in `promises` how far ahead a unit may promise"
        if Meeting.PLANNED in pack.met_by.get(rule.deadline, ()):
            yield ("met_by", rule.deadline), "a promise is not kept by another promise: take `planned` out"
    if pack.promises is None and not any(stage.stage == Meeting.PLANNED for stage in pack.stages):
        for deadline, acts in pack.met_by.items():
            if Meeting.PLANNED in acts:
                place = ("met_by", deadline, acts.index(Meeting.PLANNED))
                yield place, "the pack knows no `promises`: add them, or take it out"
    if pack.promises and len(rules) != 1:
        yield ("promises",), "exactly one limit starts with `planned`: it ends on the day that was promised"


def _gathering(pack: "Pack") -> Iterator[Mistake]:
    rules = _started_by(pack, Start.TO_BE_LIFTED)
    gathers = [index for index, step in enumerate(pack.ladder) if step.gather]
    if gathers and len(rules) != 1:
        yield (
            ("ladder", gathers[0], "gather"),
            "exactly one limit starts with `to_be_lifted`: it is how long the lift waits",
        )
    for place, rule in rules:
        if not gathers:
            yield (*place, "starts"), "no lift of the ladder waits: give one `gather`, or take this out"
        if Meeting.GATHERED not in pack.met_by.get(rule.deadline, ()):
            yield ("met_by", rule.deadline), "the lift waits for `gathered`: name it here"


def _referral(pack: "Pack") -> Iterator[Mistake]:
    rules = _started_by(pack, Start.REFERRED)
    followed = pack.referral is not None and pack.referral.followed
    if followed and not rules:
        yield ("referral", "followed"), "no limit starts with `referred`: give the receipt elsewhere one"
    for place, _ in rules:
        if not followed:
            yield (*place, "starts"), "a referral ends the case here: let it be `followed`, or take this out"


def _asked(pack: "Pack") -> Iterator[Mistake]:
    for start in DECIDED_BY_THE_OFFICE:
        for place, rule in _started_by(pack, start):
            if rule.of is not Owner.OFFICE:
                yield place, "the office decides what a unit asks for: say `of: office`"


def _stages(pack: "Pack") -> Iterator[Mistake]:
    due = any(stage.sums for stage in pack.stages)
    for index, stage in enumerate(pack.stages):
        place = ("stages", index)
        if stage.pays and stage.sums:
            yield (*place, "pays"), "a payment brings no sums that are due: give that another stage"
        if stage.pays and not due:
            yield (
                (*place, "pays"),
                "no stage brings `sums` that could be paid: add it there, or take this out",
            )
        if stage.by is By.BOTH and not (stage.dates or stage.pays):
            yield (
                (*place, "by"),
                "only plans and payments are confirmed by the other side: say unit or office",
            )


def _sums(pack: "Pack") -> Iterator[Mistake]:
    """What a stage with sums starts is met by money alone."""
    pays = {stage.stage for stage in pack.stages if stage.pays}
    for stage in (stage.stage for stage in pack.stages if stage.sums and stage.dates):
        for place, rule in _of_stage(pack, stage):
            if not pays & set(pack.met_by.get(rule.deadline, ())):
                yield place, f"only a stage that `pays` meets '{rule.deadline}': name one in `met_by`"


def _of_stage(pack: "Pack", stage: str) -> list[tuple[Place, LimitRule]]:
    return [(("limits", index), rule) for index, rule in enumerate(pack.limits) if rule.start == stage]


def _approval(pack: "Pack") -> Iterator[Mistake]:
    if pack.approval and not any(Consequence.APPROVE in step.do for step in pack.ladder):
        yield ("approval",), "no step of the ladder approves: add one, or take it out"
    stages = {stage.stage for stage in pack.stages}
    for stage in pack.approval.decides if pack.approval else ():
        if stage not in stages:
            yield ("approval",), f"'{stage}' is no stage of this pack: a department speaks by it, so add it"


def _due_minute(pack: "Pack") -> Iterator[Mistake]:
    counting = pack.counting
    if counting and counting.pauses_in_due_minute and not (counting.whole_minutes and pack.pauses):
        place = ("counting", "pauses_in_due_minute")
        yield place, "goes with `whole_minutes` and a pack with `pauses`: take it out"


def _started_by(pack: "Pack", start: Start) -> list[tuple[Place, LimitRule]]:
    if any(stage.stage == start for stage in pack.stages):
        return []
    return [(("limits", index), rule) for index, rule in enumerate(pack.limits) if rule.start == start]
