"""Time that does not count, and longer limits: pauses (暂停) and extensions (延期) as they were approved."""

from datetime import datetime

from shared.rules.judging import acts, office, reckoning
from shared.rules.judging.case import Case
from shared.rules.judging.state import NEVER, Deadline, Leg
from shared.rules.pack.triggers import Meeting
from shared.rules.terms import Verdict
from shared.rules.time.limits import Limit
from shared.rules.time.pauses import Pause


def pause(case: Case, act: acts.Paused, at: datetime) -> None:
    caps = case.table.pause_caps
    leg = case.live(act)
    office.meet_of(case, act, Meeting.PAUSE_DECIDED, at)
    if leg and caps:
        case.pause(leg, at, caps.get(act.ground, caps[None]), act.runs_on)


def resume(case: Case, act: acts.Resumed, at: datetime) -> None:
    if leg := case.live(act):
        case.resume(leg, at)


def extend(case: Case, act: acts.Extended, at: datetime) -> None:
    """Only a longer limit takes effect, no longer than the cap, and only while the deadline is open."""
    office.meet_of(case, act, Meeting.EXTENSION_DECIDED, at)
    leg, allowed, cap = case.live(act), case.pack.extension, case.table.extension_cap
    deadline = _open(leg.deadlines, act.deadline) if leg else None
    if not leg or not allowed or not cap or not deadline or act.deadline not in case.table.extended:
        return
    if allowed.times is not None and deadline.extended >= allowed.times:
        return
    ends = {limit: _end(case, leg, deadline, limit, at) for limit in (act.limit, cap)}
    limit = min(ends, key=ends.__getitem__)
    old = _end(case, leg, deadline, deadline.limit, at) if deadline.limit else _given_end(case, deadline, at)
    if old and ends[limit] > old:
        deadline.limit, deadline.clause, deadline.reminded = limit, allowed.ground, False
        deadline.extended += 1
        deadline.given_at, deadline.ran_on = None, ()
        reckoning.reckon(case, deadline, leg.pauses, at)


def _open(deadlines: list[Deadline], kind: str) -> Deadline | None:
    return next((d for d in deadlines if d.kind == kind and d.verdict is Verdict.OPEN), None)


def _end(case: Case, leg: Leg, deadline: Deadline, limit: Limit, at: datetime) -> datetime:
    """When `limit` would end if a pause that is open ended now."""
    pauses = _ended_now(leg.pauses, at)
    end = reckoning.due(case, limit, deadline.started_at, deadline.hours, pauses, deadline.calendar)
    return end.due_at or NEVER


def _given_end(case: Case, deadline: Deadline, at: datetime) -> datetime | None:
    """When a given moment would be reached if a pause that is open ended now."""
    if deadline.given_at is None:
        return deadline.due_at
    return reckoning.moved(case, deadline.given_at, _ended_now(deadline.pauses, at))


def _ended_now(pauses: tuple[Pause, ...], at: datetime) -> tuple[Pause, ...]:
    return tuple(Pause(pause.start, pause.end or at) for pause in pauses)
