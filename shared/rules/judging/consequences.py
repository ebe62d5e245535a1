"""What follows from a deadline that passed, a mark, a refusal or a request: the ladder of the pack."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shared.rules.judging import approval, arrears, gathering, promises, raising, rulings, starting
from shared.rules.judging.rulings import about
from shared.rules.judging.state import OUTLIVES, Card, CaseState, Deadline, Leg, void
from shared.rules.pack.ladder import IN_CHARGE, Consequence, Level, Step
from shared.rules.pack.triggers import Start
from shared.rules.terms import Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


def let_missed_pass(case: "Case", deadlines: list[Deadline], at: datetime) -> None:
    """Let deadlines pass that lie before `at`, the moment they start."""
    missed = [deadline for deadline in deadlines if deadline.fires_at < at]
    if missed:
        let_pass(case, missed, at)


def let_pass(case: "Case", deadlines: list[Deadline], at: datetime) -> None:
    """Mark deadlines as overdue, then apply the ladder to each until the case ends."""
    for deadline in deadlines:
        deadline.close(Verdict.OVERDUE)
        case.rulings.add_of(rulings.Overdue, deadline, at)
    for deadline in deadlines:
        if case.end is None or deadline.start in OUTLIVES:
            _climb(case, deadline, at)
            if deadline.start == Start.TO_BE_LIFTED:  # once lifted, nothing is to be gathered or raised
                gathering.lift_now(case, at)


def _climb(case: "Case", deadline: Deadline, at: datetime) -> None:
    leg = case.leg_of(deadline)
    if leg and deadline.unit is not None and leg.round != deadline.round:
        return  # dispatched again this very moment, over another deadline
    if deadline.withheld:
        _climb_in_office(case, deadline, at)
        return
    number = min(max(deadline.round, 1), case.table.top)
    steps = case.table.steps.get((deadline.kind, number), ())
    kind = leg.assigned.unit_kind if leg else None
    step = _step_at_level(
        case, tuple(step for step in steps if not step.when.units or kind in step.when.units)
    )
    if step:
        for act in step.do:
            DO[act](case, step, deadline, leg, at)


def _climb_in_office(case: "Case", deadline: Deadline, at: datetime) -> None:
    """The office let a contact pass that no unit may make: no unit gets a card or its next round for it."""
    if case.pack.raising is not None:
        raising.raise_up(case, deadline, case.pack.raising.ground, at)
    else:
        case.rulings.add_of(rulings.Reminded, deadline, at, clause=deadline.clause)


def _step_at_level(case: "Case", steps: tuple[Step, ...]) -> Step | None:
    """The first of `steps` that holds at the level where the case stands."""
    level = case.level and case.level.level
    return next((step for step in steps if step.when.level in (None, level)), None)


def _remind(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    case.rulings.add_of(rulings.Reminded, deadline, at, clause=step.ground)


def _supervise(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    case.rulings.add_of(rulings.Supervised, deadline, at, clause=step.ground)


def _approve(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    part = leg if case.pack.approval and case.pack.approval.each_leg else None
    each_leg = part is not None
    case.rulings.add_of(rulings.ApprovalDeemed, deadline, at, clause=step.ground, each_leg=each_leg)
    if part:
        approval.decide_part(case, part, approval.Decision.DEEMED, at)
    else:
        case.finish(CaseState.APPROVED, at)


def _raise(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    raising.raise_up(case, deadline, step.ground, at)


def _hand_over(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    case.rulings.add_of(rulings.HandedOver, deadline, at, to=step.to, clause=step.ground)
    starting.begin(case, Start.HANDED_OVER, None, at)


def _publish(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    publication_id = case.rulings.id(f"publication {deadline.key}")
    proposed = rulings.PublicationProposed
    case.rulings.add_of(proposed, deadline, at, publication_id=publication_id, clause=step.ground)


def _issue_card(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    if leg:
        card_id = case.rulings.id(f"card {deadline.key}")
        case.cards[card_id] = Card(card_id, leg)
        fields = {**about(deadline), "card_id": card_id, "card": step.card, "clause": step.ground}
        case.rulings.add(rulings.CardIssued, at, f"{deadline.key} ", fields)


def _dispatch_again(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    if leg and not (leg.refused and case.lifted_at):
        redispatch(case, leg, at, "overdue")


def _lift(case: "Case", step: Step, deadline: Deadline, leg: Leg | None, at: datetime) -> None:
    lift(case, (step,), leg, at, again=deadline.start == Start.LIFTED)


def redispatch(case: "Case", leg: Leg, at: datetime, reason: Literal["overdue", "reopened"]) -> None:
    """Begin the leg's next round; the unit's open deadlines of the last round become void.

    A promised day that has not come yet, and what is owed, go on.
    """
    if case.end:
        return
    void([deadline for deadline in leg.deadlines if _ends_with_round(deadline)])
    leg.round += 1
    leg.decision = None
    arrears.next_round(leg)
    promises.next_round(leg)
    fields = {"leg_id": leg.assigned.leg_id, "unit": leg.assigned.unit, "round": leg.round, "reason": reason}
    case.rulings.add(rulings.Redispatched, at, f"{leg.key} {leg.round}", fields)
    starting.begin_round(case, leg, at)


def _ends_with_round(deadline: Deadline) -> bool:
    """Whether a deadline is the unit's own, or about more time for one; what is owed goes on."""
    asked = deadline.start == Start.EXTENSION_ASKED
    goes_on = deadline.sum is not None or deadline.start == Start.PLANNED
    of_the_leg = deadline.unit is not None or deadline.withheld
    return asked or (of_the_leg and not goes_on)


def lift(
    case: "Case",
    steps: tuple[Step, ...],
    leg: Leg | None,
    at: datetime,
    *,
    again: bool = False,
    gathered: bool = False,
) -> None:
    """Lift the case by the first of `steps` that holds, unless its marks forbid it.

    A case is lifted once. With `again` it is lifted to the next level of its pack, if there is one. A step
    that has the office gather first waits for that, unless it is `gathered`.
    """
    step, never = _step_at_level(case, steps), case.pack.never_lifted
    if not step or case.end or (never and never.marks & case.marks):
        return
    above = _above(case)
    if case.lifted_at and not (again and above):
        return
    if not gathered and gathering.wait(case, step, leg, at, again=again):
        return
    gathering.drop(case)
    case.lifted_at, case.level, case.signed_off = case.lifted_at or case.rulings.now, above, False
    case.first_lifted_at = case.first_lifted_at or case.lifted_at
    _rule_lifted(case, step, leg, at)
    starting.begin_lifted(case, at)


def _above(case: "Case") -> Level | None:
    levels = case.pack.levels.steps if case.pack.levels else ()
    index = levels.index(case.level) + 1 if case.level else 0
    return levels[index] if index < len(levels) else None


def _rule_lifted(case: "Case", step: Step, leg: Leg | None, at: datetime) -> None:
    leader = case.level.leader if case.level else step.leader
    if leader == IN_CHARGE:
        answerable = leg or case.lead()
        leader = answerable.assigned.leader if answerable else None
    level = case.level.level if case.level else None
    fields = {
        "reason": step.reason,
        "leader": leader,
        "unit": leg.assigned.unit if leg else None,
        "clause": step.ground,
        "level": level,
    }
    again = f" {case.ladders}" if case.ladders > 1 else ""
    case.rulings.add(rulings.Lifted, at, f"{level or ''}{again}", fields)


DO: dict[Consequence, Callable[["Case", Step, Deadline, Leg | None, datetime], None]] = {
    Consequence.REMIND: _remind,
    Consequence.CARD: _issue_card,
    Consequence.REDISPATCH: _dispatch_again,
    Consequence.LIFT: _lift,
    Consequence.SUPERVISE: _supervise,
    Consequence.APPROVE: _approve,
    Consequence.HAND_OVER: _hand_over,
    Consequence.PUBLISH: _publish,
    Consequence.RAISE: _raise,
}
