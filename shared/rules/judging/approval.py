"""An approval that several units decide (超时默认): each by its word or its silence, for its own part."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.named import Coded
from shared.rules.judging import office, reckoning, rulings, starting
from shared.rules.judging.state import CaseState, Leg, void
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


class Decision(Coded):
    """What became of one unit's part."""

    GRANTED = "granted", "同意"
    DENIED = "denied", "不予同意"
    DEEMED = "deemed", "视为同意"


def waits(case: "Case", leg: Leg) -> bool:
    """Whether the unit still owes its yes or no: what it says else does not break its silence."""
    silent = case.table.silent if case.table.decides else frozenset()
    return any(deadline.kind in silent and deadline.verdict is Verdict.OPEN for deadline in leg.deadlines)


def decide_part(case: "Case", leg: Leg, decision: str, at: datetime) -> None:
    """The unit's part is decided, and with that its work is done."""
    leg.decision, leg.completed = decision, True
    void(leg.deadlines)
    case.resume(leg, at)
    case.clear_cards(leg, at)
    conclude(case, at)


def carry_on(case: "Case", leg: Leg, successor: Leg, at: datetime) -> None:
    """Let the silence of a successor speak when that of the unit before it would have.

    Whoever asked waits no longer because the office took the wrong unit first.
    """
    case.resume(leg, at)
    silent = case.table.silent if case.table.decides else frozenset()
    running = {old.kind: old for old in leg.deadlines if old.kind in silent and old.verdict is Verdict.OPEN}
    for deadline in successor.deadlines:
        before = running.get(deadline.kind)
        if before and before.limit and deadline.limit and deadline.verdict is Verdict.OPEN:
            successor.pauses = leg.pauses
            deadline.started_at, deadline.limit = before.started_at, before.limit
            deadline.clause, deadline.extended = before.clause, before.extended
            deadline.reminded = before.reminded
            reckoning.reckon(case, deadline, leg.pauses, at)


def conclude(case: "Case", at: datetime) -> None:
    """One denial denies the whole, once; it is approved, and ends, when no unit's part is left to decide."""
    rule = case.pack.approval
    parts = [leg.decision for leg in case.legs.values() if leg.handles and not leg.ended]
    if case.end or rule is None or not rule.each_leg or not parts:
        return
    denied = Decision.DENIED in parts
    if (denied and not case.denied) or (not denied and all(parts)):
        fields = {"approved": not denied, "clause": rule.ground}
        case.rulings.add(rulings.ApprovalDecided, at, f"{case.rounds()} {not denied}", fields)
    case.denied = denied
    if all(parts) and not denied:
        case.meet(Meeting.ALL_COMPLETED, case.own, at)
        case.finish(CaseState.APPROVED, at)
    elif case.all_completed():
        case.meet(Meeting.ALL_COMPLETED, case.own, at)
        starting.begin(case, Start.ALL_COMPLETED, None, at)
        office.hear(case, at)
