"""How the limits of a case and of its legs start."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.rules.judging import arrears, consequences, reckoning
from shared.rules.judging.acts import OwnLimit
from shared.rules.judging.rulings import BEGINNING
from shared.rules.judging.state import (
    OUTLIVES,
    Deadline,
    Leg,
    void,
)
from shared.rules.pack.table import StartedLimit
from shared.rules.pack.triggers import Start
from shared.rules.terms import DeadlineKind, Verdict
from shared.rules.time.limits import Limit

if TYPE_CHECKING:
    from shared.rules.judging.case import Case

NO_SUMS: Mapping[datetime, Decimal] = {}
ONCE_A_ROUND = frozenset(
    {
        Start.RECEIVED,
        Start.LIFTED,
        Start.ALL_COMPLETED,
        Start.HANDED_OVER,
        Start.CONTACTED,
        Start.RESPONDED,
    }
)
"""Starts that count once a round. All others, stages too, count again once the last one is met."""


def begin_round(case: "Case", leg: Leg, at: datetime) -> None:
    """Start the limits of the leg's round, where its unit handles the case.

    One whose own moment lies before `at` is overdue at once.
    """
    if not leg.handles:
        return
    for rule in case.table.starts[Start.ROUND, min(leg.round, case.table.top)]:
        own = leg.assigned.limits.get(rule.deadline) if rule.own_clause else None
        if (
            own
            and rule.own_clause
            and own.due_at
            and (leg.round == 1 or _lies_ahead(case, own, rule, leg, at))
        ):
            _start(case, rule, leg, at, rule.own_clause, due_at=own.due_at)
        elif own and rule.own_clause and own.limit and not own.due_at:
            _start(case, rule, leg, at, rule.own_clause, own.limit)
        elif rule.limit:
            _start(case, rule, leg, at, rule.clause, rule.limit)
    consequences.let_missed_pass(case, leg.deadlines, at)


def _lies_ahead(case: "Case", own: OwnLimit, rule: StartedLimit, leg: Leg, at: datetime) -> bool:
    assert own.due_at
    due_at: datetime | None = case.counted_from(own.due_at)
    if due_at and case.counting.pauses_move_given_moments:
        due_at = reckoning.moved(case, due_at, leg.pauses_of(rule.deadline, BEGINNING)[0])
    return due_at is None or due_at > at


def begin(
    case: "Case",
    start: str,
    leg: Leg | None,
    at: datetime,
    dates: tuple[datetime, ...] = (),
    sums: Mapping[datetime, Decimal] = NO_SUMS,
) -> None:
    """Start the limits that an act or stage starts, of `leg` or of the case.

    A limit is not started while its deadline runs or has passed unmet. Limits without a length take their
    moments from `dates`, which replace those still open; `sums` are due at them.
    """
    running = leg.deadlines if leg else case.own
    for rule in case.table.starts.get((start, min(leg.round, case.table.top) if leg else 1), ()):
        if rule.limit:
            if not any(_bars(case, deadline, rule, leg) for deadline in running):
                _start(case, rule, leg, at, rule.clause, rule.limit)
        elif dates:
            void([deadline for deadline in running if deadline.kind == rule.deadline])
            for date in sorted(set(dates)):
                _start(case, rule, leg, at, rule.clause, due_at=date)
                running[-1].sum = sums.get(date)
            if leg and sums:
                arrears.agree(leg, sums, running[-len(sums) :])
            consequences.let_missed_pass(case, running, at)


def _bars(case: "Case", deadline: Deadline, rule: StartedLimit, leg: Leg | None) -> bool:
    each_its_own = rule.start == Start.PROPOSED
    if deadline.kind != rule.deadline or deadline.verdict is Verdict.VOID or each_its_own:
        return False
    if deadline.verdict is Verdict.OPEN:
        return True
    this_round = deadline.round == (leg.round if leg else case.rounds())
    if rule.start == Start.ALL_COMPLETED and deadline.met_at and (Start.HEARD, 1) in case.table.starts:
        return this_round and case.heard  # rounds do not count here: the unit of the highest may be gone
    return this_round and (not deadline.met_at or rule.start in ONCE_A_ROUND)


def begin_lifted(case: "Case", at: datetime, instructed: Limit | None = None) -> None:
    """Start the limits of lifted handling anew; the one `instructed` replaces the limit of `lifted`."""
    for rule in case.table.starts.get((Start.LIFTED, 1), ()):
        if instructed is None or rule.deadline == DeadlineKind.LIFTED:
            void([deadline for deadline in case.own if deadline.kind == rule.deadline])
            _start(case, rule, None, at, rule.clause, instructed or rule.limit)


def begin_waiting(case: "Case", limit: Limit, at: datetime) -> datetime | None:
    """Start what the office has to gather for a lift, within `limit`; returns when that ends."""
    for rule in case.table.starts.get((Start.TO_BE_LIFTED, 1), ()):
        _start(case, rule, None, at, rule.clause, limit)
        return case.own[-1].due_at
    return None


def _start(
    case: "Case",
    rule: StartedLimit,
    leg: Leg | None,
    at: datetime,
    clause: str,
    limit: Limit | None = None,
    due_at: datetime | None = None,
) -> None:
    """Start a deadline of a leg, or of the case, by its length or by the moment it ends."""
    if case.end and rule.start not in OUTLIVES:
        return
    due_at = due_at and case.counted_from(due_at)
    number, siblings = (leg.round, leg.deadlines) if leg else (case.rounds(), case.own)
    withheld = leg is not None and case.withholds and rule.deadline in case.table.reaching
    deadline = Deadline(
        key=_key(rule, leg, number, at, due_at, siblings),
        leg_id=leg.assigned.leg_id if leg else None,
        unit=leg.assigned.unit if leg and not rule.of_office and not withheld else None,
        round=number,
        kind=rule.deadline,
        start=rule.start,
        started_at=at,
        clause=clause,
        hours=leg.hours if leg else case.table.hours,
        calendar=case.calendar,
        limit=limit,
        due_at=due_at,
        in_turn=rule.limit is None and rule.start in case.table.stages,
        whole_minutes=case.counting.whole_minutes,
        pauses_at_due=case.counting.pauses_in_due_minute,
        title=rule.title,
        withheld=withheld,
    )
    case.deadlines.append(deadline)
    siblings.append(deadline)
    if limit:
        reckoning.reckon(case, deadline, reckoning.pauses_of(case, leg, deadline), at)
    elif leg and due_at and case.counting.pauses_move_given_moments:
        deadline.given_at = due_at
        reckoning.move_given(case, deadline, leg, at)
    else:
        reckoning.arm(case, deadline, at)


def _key(
    rule: StartedLimit,
    leg: Leg | None,
    number: int,
    at: datetime,
    due_at: datetime | None,
    siblings: list[Deadline],
) -> str:
    """The name of a deadline within its case. What may start again in a round is named by its start too."""
    if leg and rule.start == Start.ROUND:
        return f"{leg.key} {number} {rule.deadline}"
    own = f"{leg.key} {due_at.timestamp() if due_at else ''} " if leg else ""
    key = f"{own}{at.timestamp()} {number} {rule.deadline}"
    same = sum(deadline.key.partition("#")[0] == key for deadline in siblings)
    return f"{key}#{same}" if same else key
