"""What the office misses goes up (上报): to its head, then above, until somebody has met it."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.rules.judging import reckoning, rulings
from shared.rules.judging.state import NEVER, Deadline

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


def raise_up(case: "Case", deadline: Deadline, clause: str, at: datetime) -> None:
    """Raise a passed deadline one step, and set the timer of the next one."""
    rule, limit = case.pack.raising, case.table.raising
    if rule is None or limit is None or deadline.raised >= len(rule.to):
        return
    to = rule.to[deadline.raised]
    case.rulings.add_of(rulings.Raised, deadline, at, to, to=to, clause=clause)
    deadline.raised += 1
    deadline.raised_at, deadline.raises_at = at, NEVER
    if deadline.raised < len(rule.to):
        _set_timer(case, deadline)
        if deadline not in case.raised:
            case.raised.append(deadline)


def _set_timer(case: "Case", deadline: Deadline) -> None:
    assert deadline.raised_at
    assert case.table.raising
    due_at = reckoning.due(case, case.table.raising, deadline.raised_at, deadline.hours).due_at
    deadline.raises_at = case.counting.last_in_time(due_at) if due_at else NEVER


def next_at(case: "Case") -> datetime:
    """When something is raised one step further."""
    return min((deadline.raises_at for deadline in case.raised), default=NEVER)


def fire(case: "Case", at: datetime) -> None:
    """Raise one step further what has waited for it until `at`."""
    for deadline in [deadline for deadline in case.raised if deadline.raises_at == at]:
        assert case.pack.raising
        raise_up(case, deadline, case.pack.raising.ground, case.counted_from(at))


def take_notice(case: "Case", at: datetime) -> None:
    """Reckon the timers anew by a new calendar, unless they would be over already there."""
    for deadline in case.raised:
        was = deadline.raises_at
        if was != NEVER:
            _set_timer(case, deadline)
            deadline.raises_at = deadline.raises_at if deadline.raises_at > at else was
