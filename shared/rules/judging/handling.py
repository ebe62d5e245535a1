"""What a unit does on its leg: contact, replies, stages, completion, refusal."""

from datetime import datetime

from shared.rules.judging import (
    acts,
    approval,
    arrears,
    consequences,
    gathering,
    office,
    starting,
)
from shared.rules.judging.case import Case
from shared.rules.judging.state import Deadline, Leg, in_utc, void
from shared.rules.pack.triggers import Meeting, Start


def contact(case: Case, act: acts.Contacted, at: datetime) -> None:
    if leg := case.live(act):
        case.meet(Meeting.CONTACTED, leg.deadlines, at)
        starting.begin(case, Start.CONTACTED, leg, at)
    elif (leg := case.legs.get(act.leg_id)) and not leg.ended:
        outlasting = [*_outlasting(case, leg), *_contacts(case, leg)]
        case.meet(Meeting.CONTACTED, outlasting, at)


def respond(case: Case, act: acts.Responded, at: datetime) -> None:
    if leg := case.live(act):
        own = _contacts(case, leg) if act.passed_on else []
        case.meet(Meeting.RESPONDED, [deadline for deadline in leg.deadlines if deadline not in own], at)
        starting.begin(case, Start.RESPONDED, leg, at)


def reach(case: Case, act: acts.Reached, at: datetime) -> None:
    leg = case.live(act) or _completed_leg(case, act)
    if not leg or act.stage not in case.table.stages:
        return
    office.decide_stage(case, leg, act.number, at)
    leg.returned = act.stage in case.table.returning
    leg.reached.add(act.stage)
    if act.stage in case.table.pays:
        arrears.pay(case, leg, act, at)
        if leg.account and leg.account.settled():
            starting.begin(case, Start.PAID_UP, leg, at)
    else:
        case.meet(act.stage, leg.deadlines, at)
    if act.stage in case.table.sums:
        dates = tuple(in_utc(date) for date in act.dates)
        arrears.owe(leg, act)
        starting.begin(case, act.stage, leg, at, dates, arrears.sums_by_date(dates, act.sums))
    else:
        _begin_of(case, leg, act, at)
    if decision := case.table.decides.get(act.stage):
        approval.decide_part(case, leg, decision, at)


def _completed_leg(case: Case, act: acts.Reached) -> Leg | None:
    """The completed leg of a stage that can be reached after completion."""
    leg = case.legs.get(act.leg_id)
    return leg if leg and not leg.ended and act.stage in case.table.after_completion else None


def _begin_of(case: Case, leg: Leg, act: acts.Reached, at: datetime) -> None:
    """Start what a stage starts: from the day that it brings, where the pack has it dated."""
    dates = tuple(in_utc(date) for date in act.dates)
    if act.stage not in case.table.dated or not dates:
        starting.begin(case, act.stage, leg, at, dates)
        return
    starting.begin(case, act.stage, leg, min(case.counted_from(min(dates)), at))
    consequences.let_missed_pass(case, leg.deadlines, at)


def complete(case: Case, act: acts.Completed, at: datetime) -> None:
    """The unit says that it is done. It counts once its leg reached the stages that the pack asks for."""
    leg = case.live(act)
    if leg and case.table.complete_after <= leg.reached and _can_complete(case, leg):
        own = _contacts(case, leg) if act.passed_on else []
        case.meet(Meeting.COMPLETED, [deadline for deadline in leg.deadlines if deadline not in own], at)
        leg.completed = True
        outlasting = [*_outlasting(case, leg), *own]
        void([deadline for deadline in leg.deadlines if deadline not in outlasting])
        case.resume(leg, at)
        case.clear_cards(leg, at)
        meet_if_all_completed(case, at)


def _outlasting(case: Case, leg: Leg) -> list[Deadline]:
    """The deadlines of a leg that its completion does not end."""
    return [deadline for deadline in leg.deadlines if deadline.kind in case.table.outlasting]


def _contacts(case: Case, leg: Leg) -> list[Deadline]:
    """The deadlines of a leg that another case's reply or completion neither meets nor ends."""
    return [deadline for deadline in leg.deadlines if deadline.kind in case.table.contacts]


def _can_complete(case: Case, leg: Leg) -> bool:
    """Who owes money or a decision is not done before it is paid or decided, whatever he says."""
    return not approval.waits(case, leg) and not arrears.waits(case, leg)


def meet_if_all_completed(case: Case, at: datetime) -> None:
    """Meet and start what depends on all legs, where a case that has not ended is completed or returned."""
    if case.end:
        return
    if case.all_completed():
        case.meet(Meeting.ALL_COMPLETED, case.own, at)
        starting.begin(case, Start.ALL_COMPLETED, None, at)
        gathering.drop(case)
        office.hear(case, at)
    if case.all_returned():
        starting.begin(case, Start.RETURNED, None, at)


def refuse(case: Case, act: acts.Refused, at: datetime) -> None:
    if leg := case.live(act):
        leg.refused = True
        consequences.lift(case, case.table.refused, leg, at)


def request_lift(case: Case, act: acts.LiftRequested, at: datetime) -> None:
    if leg := case.live(act):
        consequences.lift(case, case.table.requested, leg, at, again=True)
