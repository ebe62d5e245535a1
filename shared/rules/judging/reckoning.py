"""When the deadlines of a case end, and when their timers fire: at first, and anew after a pause."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.rules.judging.rulings import BEGINNING
from shared.rules.judging.state import (
    NEVER,
    Deadline,
    Leg,
)
from shared.rules.pack.triggers import Start
from shared.rules.terms import Verdict
from shared.rules.time import ends
from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Due, Limit
from shared.rules.time.pauses import Pause, moved_by_pauses

if TYPE_CHECKING:
    from shared.rules.judging.case import Case

BEYOND_CALENDAR = Due(None, None, True)


def reckon_leg(case: "Case", leg: Leg, at: datetime) -> None:
    """Reckon the open deadlines of a leg anew, as of `at`."""
    for deadline in leg.deadlines:
        if deadline.verdict is Verdict.OPEN and deadline.limit:
            reckon(case, deadline, pauses_of(case, leg, deadline), at)
        elif deadline.verdict is Verdict.OPEN and deadline.given_at:
            move_given(case, deadline, leg, at)


def reckon(case: "Case", deadline: Deadline, pauses: tuple[Pause, ...], at: datetime) -> None:
    """Reckon anew when an open deadline that has a length ends, as of `at`."""
    assert deadline.limit
    end = due(case, deadline.limit, deadline.started_at, deadline.hours, pauses, deadline.calendar)
    deadline.pauses = pauses
    deadline.provisional = end.provisional
    deadline.due_at = end.due_at
    arm(case, deadline, at)


def move_given(case: "Case", deadline: Deadline, leg: Leg, at: datetime) -> None:
    """Move a given moment by what was paused; the dates of a stage by what was paused since."""
    assert deadline.given_at
    since = BEGINNING if deadline.start == Start.ROUND else deadline.started_at
    deadline.pauses, deadline.ran_on = leg.pauses_of(deadline.kind, since)
    deadline.due_at = moved(case, deadline.given_at, deadline.pauses)
    arm(case, deadline, at)


def pauses_of(case: "Case", leg: Leg | None, deadline: Deadline) -> tuple[Pause, ...]:
    """The pauses that count for a deadline; where only units pause, none for one of the office."""
    runs_on = deadline.unit is None and case.table.office_runs_on
    return () if leg is None or runs_on else leg.pauses


def due(
    case: "Case",
    limit: Limit,
    started_at: datetime,
    hours: OfficeHours,
    pauses: tuple[Pause, ...] = (),
    calendar: Calendar | None = None,
) -> Due:
    """When `limit` ends; `BEYOND_CALENDAR` where the calendar does not reach so far."""
    try:
        return ends.due(
            limit,
            started_at,
            calendar or case.calendar,
            hours,
            pauses,
            whole_minutes=case.counting.whole_minutes,
            pauses_at_due=case.counting.pauses_in_due_minute,
        )
    except (ValueError, OverflowError):
        return BEYOND_CALENDAR


def moved(case: "Case", given_at: datetime, pauses: tuple[Pause, ...]) -> datetime | None:
    """When a given moment is reached, later by what was paused."""
    return moved_by_pauses(given_at, pauses, pauses_at_due=case.counting.pauses_in_due_minute)


def arm(case: "Case", deadline: Deadline, at: datetime) -> None:
    """Set the timer of a deadline, as of `at`: for its reminder, or for the moment it passes."""
    due_at = deadline.due_at
    deadline.reminds = False
    deadline.fires_at = case.counting.last_in_time(due_at) if due_at else NEVER
    percent = case.table.percent.get(deadline.kind)
    if percent and due_at and not deadline.reminded:
        remind_at = max(_remind_at(case, deadline, due_at, percent), at, case.rulings.now)
        if remind_at < due_at:
            deadline.reminds = True
            deadline.fires_at = remind_at


def _remind_at(case: "Case", deadline: Deadline, due_at: datetime, percent: int) -> datetime:
    if not case.counting.reminders_by_counted_time:
        return deadline.started_at + (due_at - deadline.started_at) * percent / 100
    return ends.part_over_at(
        percent,
        deadline.limit,
        (deadline.started_at, due_at),
        deadline.calendar,
        deadline.hours,
        deadline.pauses,
    )
