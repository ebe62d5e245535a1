"""A lift that waits for what the office gathers (汇总梳理), but no longer than the ladder lets it."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.rules.judging import consequences, starting
from shared.rules.judging.acts import Gathered
from shared.rules.judging.state import Leg, WaitingLift, void
from shared.rules.pack.ladder import Step
from shared.rules.pack.triggers import Meeting, Start

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


def wait(case: "Case", step: Step, leg: Leg | None, at: datetime, *, again: bool) -> bool:
    """Let a lift wait. False where it does not: there is nothing to gather, or no end to the waiting."""
    if step.gather is None:
        return False
    if case.waiting_lift is None:
        waits_until = starting.begin_waiting(case, case.pack.limit(step.gather), at)
        if waits_until is None:
            return False
        case.waiting_lift = WaitingLift(step, leg, again)
    return True


def gather(case: "Case", act: Gathered, at: datetime) -> None:
    """The office gathered what the lift waited for: the case is lifted now."""
    case.meet(Meeting.GATHERED, case.own, at)
    lift_now(case, at)


def lift_now(case: "Case", at: datetime) -> None:
    """Lift the case for what it waited for."""
    if waiting := case.waiting_lift:
        case.waiting_lift = None
        consequences.lift(case, (waiting.step,), waiting.leg, at, again=waiting.again, gathered=True)


def wait_again(case: "Case", at: datetime) -> None:
    """Go on with a lift that waited when the case was referred: the office has its time to gather anew."""
    if waiting := case.waiting_lift:
        case.waiting_lift = None
        consequences.lift(case, (waiting.step,), waiting.leg, at, again=waiting.again)


def drop(case: "Case") -> None:
    """Nothing is to be gathered any more: the case is lifted already, or completed."""
    case.waiting_lift = None
    void([deadline for deadline in case.own if deadline.start == Start.TO_BE_LIFTED])
