"""What a unit promises (说到做到): a planned day is a deadline of its own and no completion."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from shared.rules.judging import reckoning, starting
from shared.rules.judging.acts import Promised
from shared.rules.judging.state import Deadline, Leg
from shared.rules.pack.office import Promises
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import Rank, Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case

RANKS = list(Rank)
DAY = timedelta(days=1)


def promise(case: "Case", act: Promised, at: datetime) -> None:
    """Take a promised day as the leg's deadline, unless it says nothing new.

    Nothing changes by a day that is over, by a later day than the one that runs, or after a broken promise.
    Only the first promise of a round meets what a promise meets.
    """
    leg, rule = case.live(act), case.pack.promises
    if leg is None or rule is None:
        return
    ends_at = _end_of(_within_cap(case, leg, act.planned_on, act.rank, rule), case)
    of_this_round = [deadline for deadline in leg.deadlines if _is_promise(deadline, leg)]
    running = next((deadline for deadline in of_this_round if deadline.verdict is Verdict.OPEN), None)
    broken = any(deadline.verdict is Verdict.OVERDUE for deadline in of_this_round)
    if ends_at is None or ends_at <= at or broken or (running and not _earlier(ends_at, running)):
        return
    if leg.promised_in < leg.round:
        leg.promised_in = leg.round
        case.meet(Meeting.PLANNED, leg.deadlines, at)
    starting.begin(case, Start.PLANNED, leg, at, (ends_at,))


def next_round(leg: Leg) -> None:
    """Let the promised day that is still to come go on in the leg's new round."""
    for deadline in leg.deadlines:
        if deadline.start == Start.PLANNED and deadline.verdict is Verdict.OPEN:
            deadline.round = leg.round


def _is_promise(deadline: Deadline, leg: Leg) -> bool:
    return deadline.start == Start.PLANNED and deadline.round == leg.round


def _earlier(ends_at: datetime, running: Deadline) -> bool:
    ends = running.due_at or running.given_at
    return ends is None or ends_at < ends


def _within_cap(case: "Case", leg: Leg, day: date, rank: Rank | None, rule: Promises) -> date:
    """The promised day; the last one that a unit may promise by itself, where it took no higher rank."""
    if case.table.promise_cap is None or (rank and RANKS.index(rank) >= RANKS.index(rule.rank)):
        return day
    last = reckoning.due(case, case.table.promise_cap, leg.assigned_at, leg.hours, leg.pauses).last_day
    return min(day, last) if last else day


def _end_of(day: date, case: "Case") -> datetime | None:
    try:
        return datetime.combine(day + DAY, time(), case.calendar.zone).astimezone(UTC)
    except OverflowError:
        return None
