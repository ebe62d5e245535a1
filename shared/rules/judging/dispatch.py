"""To whom a case goes: dispatch (交办), marks, objections, and another unit (改派)."""

from datetime import datetime

from shared.rules.judging import (
    acts,
    approval,
    consequences,
    office,
    starting,
)
from shared.rules.judging.acts import AssignedLeg
from shared.rules.judging.case import Case
from shared.rules.judging.handling import meet_if_all_completed
from shared.rules.judging.state import Leg
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.time.hours import OfficeHours


def assign(case: Case, act: acts.Assigned, at: datetime) -> None:
    if not act.legs:
        return
    if any(leg.role.handles for leg in act.legs):
        case.meet(Meeting.ASSIGNED, case.own, at)
        office.go_on(case, at)
    case.marks |= act.marks
    for assigned in act.legs:
        if assigned.leg_id not in case.legs:
            hours = _hours(case, assigned)
            leg = Leg(assigned, str(assigned.leg_id), len(case.legs), hours, assigned_at=at)
            case.legs[assigned.leg_id] = leg
            starting.begin_round(case, leg, at)
    _lift_if_marked(case, at)


def mark(case: Case, act: acts.Marked, at: datetime) -> None:
    case.marks |= act.marks
    _lift_if_marked(case, at)


def _lift_if_marked(case: Case, at: datetime) -> None:
    steps = tuple(step for step in case.table.marked if step.when.marks & case.marks)
    consequences.lift(case, steps, case.lead(), at)


def _hours(case: Case, assigned: AssignedLeg) -> OfficeHours:
    """The leg's own office hours; the pack's where it has none or cannot be read."""
    try:
        own = assigned.office_hours
        return case.pack.office_hours.hours(own) if own else case.table.hours
    except ValueError:
        return case.table.hours


def object_(case: Case, act: acts.Objected, at: datetime) -> None:
    if leg := case.live(act):
        starting.begin(case, Start.OBJECTED, leg, at)


def decide_objection(case: Case, act: acts.ObjectionDecided, at: datetime) -> None:
    leg = case.legs.get(act.leg_id)
    if leg:
        case.meet(Meeting.OBJECTION_DECIDED, leg.deadlines, at)
    if leg and not leg.ended and act.upheld:
        office.end_leg(case, leg, at, vacant=leg.handles)
        approval.conclude(case, at)
        meet_if_all_completed(case, at)


def relieve(case: Case, act: acts.Relieved, at: datetime) -> None:
    """What the unit missed stays missed, and its cards stay; a successor's clocks are its own.

    Where silence approves, the time goes on: see `approval.carry_on`.
    """
    if leg := case.live(act):
        leg.relieved = True
        if act.successor in case.legs:
            approval.carry_on(case, leg, case.legs[act.successor], at)
        office.end_leg(case, leg, at, vacant=leg.handles and act.successor is None)
        approval.conclude(case, at)
        meet_if_all_completed(case, at)
