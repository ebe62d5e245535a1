"""A case's timers: for reminders, due moments, ends of pauses and new holiday notices."""

from datetime import datetime

from shared.rules.judging import consequences, raising, reckoning, rulings
from shared.rules.judging.case import Case
from shared.rules.judging.state import NEVER, Deadline, Leg
from shared.rules.terms import DeadlineKind, Verdict
from shared.rules.time.limits import Limit

KIND_ORDER: dict[str, int] = {kind: index for index, kind in enumerate(DeadlineKind)}
AFTER_THE_USUAL = len(KIND_ORDER)


def next_at(case: Case) -> datetime:
    """When the next timer fires; NEVER where none is set."""
    at = NEVER
    for deadline in case.deadlines:
        if deadline.fires_at < at:
            at = deadline.fires_at
    for leg in case.paused:
        at = min(at, leg.pause_ends_at)
    if case.raised:
        at = min(at, raising.next_at(case))
    if case.notices and (not case.end or any(d.verdict is Verdict.OPEN for d in case.own)):
        at = min(at, case.notices[0][0])
    return at


def run_before(case: Case, moment: datetime) -> None:
    """Fire the timers before `moment`. An act at a due moment is in time, so its timer has not fired."""
    while (at := next_at(case)) < moment and at < NEVER:
        _fire(case, at)


def run(case: Case, upto: datetime) -> None:
    """Fire the timers up to and at `upto`."""
    while (at := next_at(case)) <= upto and at < NEVER:
        _fire(case, at)


def _fire(case: Case, at: datetime) -> None:
    case.rulings.now = at
    for leg in [leg for leg in case.paused if leg.pause_ends_at == at]:
        case.resume(leg, at)
        if case.pack.pauses and case.pack.pauses.told:
            _tell_ended(case, leg, case.pack.pauses.ground, at)
    fired = [deadline for deadline in case.deadlines if deadline.fires_at == at]
    if len(fired) > 1:
        fired.sort(key=lambda deadline: _precedence(case, deadline))
    for deadline in fired:
        if deadline.reminds:
            _remind(case, deadline, at)
    passed = [deadline for deadline in fired if deadline.fires_at == at]
    consequences.let_pass(case, passed, case.counted_from(at))
    raising.fire(case, at)
    while case.notices and case.notices[0][0] == at:
        _take_notice(case, at)


def _tell_ended(case: Case, leg: Leg, clause: str, at: datetime) -> None:
    """Say that a pause reached its cap."""
    paused_at = leg.pauses[-1].start
    fields = {
        "leg_id": leg.assigned.leg_id,
        "unit": leg.assigned.unit,
        "round": leg.round,
        "paused_at": paused_at,
        "clause": clause,
    }
    case.rulings.add(rulings.PauseEnded, at, f"{leg.key} {paused_at.timestamp()}", fields)


def _precedence(case: Case, deadline: Deadline) -> tuple[int, int, str]:
    leg = case.leg_of(deadline)
    order = KIND_ORDER.get(deadline.kind, AFTER_THE_USUAL)
    return order, leg.index if leg else 0, deadline.key


def _remind(case: Case, deadline: Deadline, at: datetime) -> None:
    limit = deadline.limit  # an extended deadline is reminded of again, under another id
    discriminator = f"{limit.number} {limit.unit}" if limit else ""
    if limit and limit.roll and deadline.extended:
        discriminator += " rolled"
    case.rulings.add_of(rulings.DueSoon, deadline, at, discriminator)
    deadline.reminded = True
    reckoning.arm(case, deadline, at)


def _take_notice(case: Case, at: datetime) -> None:
    """Reckon open deadlines anew by the calendar of a new holiday notice."""
    (_, case.calendar), *case.notices = case.notices
    for leg in case.paused:
        if leg.pause_cap:
            ends_at = reckoning.due(case, leg.pause_cap, leg.pauses[-1].start, leg.hours.plain).due_at
            leg.pause_ends_at = ends_at if ends_at and ends_at > at else leg.pause_ends_at
    for deadline in case.deadlines:
        if deadline.verdict is Verdict.OPEN and deadline.limit:
            _move(case, deadline, deadline.limit, at)
    raising.take_notice(case, at)


def _move(case: Case, deadline: Deadline, limit: Limit, at: datetime) -> None:
    """Move a deadline to where the new calendar puts it, unless it would be over already there."""
    was, calendar = deadline.due_at, case.calendar
    due = reckoning.due(case, limit, deadline.started_at, deadline.hours, deadline.pauses)
    if due.due_at != was and (not due.due_at or due.due_at <= at):
        return
    deadline.calendar, deadline.due_at, deadline.provisional = calendar, due.due_at, due.provisional
    reckoning.arm(case, deadline, at)
    if was and due.due_at != was:
        fields = {"was_due_at": was, "calendar": calendar.version}
        case.rulings.add_of(
            rulings.DeadlineMoved, deadline, at, f"{calendar.version} {at.timestamp()}", **fields
        )
