"""What each act does to a case. An act of an unknown leg has no effect, nor has one after the case's end."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.rules.judging import (
    acts,
    approval,
    arrears,
    consequences,
    elsewhere,
    gathering,
    more_time,
    office,
    timers,
)
from shared.rules.judging.acts import Act, AssignedLeg
from shared.rules.judging.case import Case
from shared.rules.judging.promises import promise
from shared.rules.judging.state import CaseState, Deadline, Leg, void
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import DeadlineKind
from shared.rules.time.hours import OfficeHours


def fold(case: Case, act: Act) -> None:
    """Fire the timers that precede `act`, then let it take effect. Acts come in order.

    Where whole minutes count, the act takes effect at the minute shown.
    """
    at = _utc(act.occurred_at)
    timers.run_before(case, at)
    case.rulings.now = at
    if elsewhere.has_effect(case, act):
        FOLDS[type(act)](case, act, case.counted_from(at))


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last day a datetime can hold
        return moment


def open_(case: Case, act: acts.Opened, at: datetime) -> None:
    if not case.received:
        case.know_kind(act.kind)
        if not case.legs:
            case.begin(Start.RECEIVED, None, at)
    case.received = True


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
            case.begin_round(leg, at)
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


def contact(case: Case, act: acts.Contacted, at: datetime) -> None:
    if leg := case.live(act):
        case.meet(Meeting.CONTACTED, leg.deadlines, at)
        case.begin(Start.CONTACTED, leg, at)
    elif (leg := case.legs.get(act.leg_id)) and not leg.ended:
        outlasting = [*_outlasting(case, leg), *_contacts(case, leg)]
        case.meet(Meeting.CONTACTED, outlasting, at)


def respond(case: Case, act: acts.Responded, at: datetime) -> None:
    if leg := case.live(act):
        own = _contacts(case, leg) if act.passed_on else []
        case.meet(Meeting.RESPONDED, [deadline for deadline in leg.deadlines if deadline not in own], at)
        case.begin(Start.RESPONDED, leg, at)


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
            case.begin(Start.PAID_UP, leg, at)
    else:
        case.meet(act.stage, leg.deadlines, at)
    if act.stage in case.table.sums:
        dates = tuple(_utc(date) for date in act.dates)
        arrears.owe(leg, act)
        case.begin(act.stage, leg, at, dates, arrears.sums_by_date(dates, act.sums))
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
    dates = tuple(_utc(date) for date in act.dates)
    if act.stage not in case.table.dated or not dates:
        case.begin(act.stage, leg, at, dates)
        return
    case.begin(act.stage, leg, min(case.counted_from(min(dates)), at))
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
        _meet_if_all_completed(case, at)


def _outlasting(case: Case, leg: Leg) -> list[Deadline]:
    """The deadlines of a leg that its completion does not end."""
    return [deadline for deadline in leg.deadlines if deadline.kind in case.table.outlasting]


def _contacts(case: Case, leg: Leg) -> list[Deadline]:
    """The deadlines of a leg that another case's reply or completion neither meets nor ends."""
    return [deadline for deadline in leg.deadlines if deadline.kind in case.table.contacts]


def _can_complete(case: Case, leg: Leg) -> bool:
    """Who owes money or a decision is not done before it is paid or decided, whatever he says."""
    return not approval.waits(case, leg) and not arrears.waits(case, leg)


def _meet_if_all_completed(case: Case, at: datetime) -> None:
    if case.end:
        return
    if case.all_completed():
        case.meet(Meeting.ALL_COMPLETED, case.own, at)
        case.begin(Start.ALL_COMPLETED, None, at)
        gathering.drop(case)
        office.hear(case, at)
    if case.all_returned():
        case.begin(Start.RETURNED, None, at)


def object_(case: Case, act: acts.Objected, at: datetime) -> None:
    if leg := case.live(act):
        case.begin(Start.OBJECTED, leg, at)


def decide_objection(case: Case, act: acts.ObjectionDecided, at: datetime) -> None:
    leg = case.legs.get(act.leg_id)
    if leg:
        case.meet(Meeting.OBJECTION_DECIDED, leg.deadlines, at)
    if leg and not leg.ended and act.upheld:
        office.end_leg(case, leg, at, vacant=leg.handles)
        approval.conclude(case, at)
        _meet_if_all_completed(case, at)


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
        _meet_if_all_completed(case, at)


def refuse(case: Case, act: acts.Refused, at: datetime) -> None:
    if leg := case.live(act):
        leg.refused = True
        consequences.lift(case, case.table.refused, leg, at)


def request_lift(case: Case, act: acts.LiftRequested, at: datetime) -> None:
    if leg := case.live(act):
        consequences.lift(case, case.table.requested, leg, at, again=True)


def rate(case: Case, act: acts.Rated, at: datetime) -> None:
    case.meet(Meeting.RATED, case.own, at)
    case.heard = True
    office.hear(case, at)


def follow_up(case: Case, act: acts.FollowedUp, at: datetime) -> None:
    if act.reached:
        case.meet(Meeting.FOLLOWED_UP, case.own, at)
        case.heard = True
        office.hear(case, at)


def find(case: Case, act: acts.Found, at: datetime) -> None:
    case.meet(Meeting.FOUND, case.own, at)


def reopen(case: Case, act: acts.Reopened, at: datetime) -> None:
    elsewhere.reopen(case, at)


def instruct(case: Case, act: acts.Instructed, at: datetime) -> None:
    """A limit replaces the lifted one, also one that has passed, as long as nothing has met it."""
    lifted = [deadline for deadline in case.own if deadline.kind == DeadlineKind.LIFTED]
    if act.limit and lifted and not lifted[-1].met_at:
        case.begin_lifted(at, act.limit)


def sign_off(case: Case, act: acts.SignedOff, at: datetime) -> None:
    case.meet(Meeting.SIGNED_OFF, case.own, at)
    case.signed_off = case.lifted_at is not None


def withdraw_card(case: Case, act: acts.CardWithdrawn, at: datetime) -> None:
    if card := case.cards.get(act.card_id):
        card.withdrawn = True


def refer(case: Case, act: acts.Referred, at: datetime) -> None:
    elsewhere.refer(case, at)


def receive_referral(case: Case, act: acts.ReferralReceived, at: datetime) -> None:
    elsewhere.receive(case, at)


def return_referral(case: Case, act: acts.ReferralReturned, at: datetime) -> None:
    elsewhere.take_back(case, at)


def withdraw(case: Case, act: acts.Withdrawn, at: datetime) -> None:
    case.finish(CaseState.WITHDRAWN, at)


def close(case: Case, act: acts.Closed, at: datetime) -> None:
    case.meet(Meeting.CLOSED, case.own, at)
    case.finish(CaseState.CLOSED, at)


FOLDS: dict[type[Act], Callable[[Case, Any, datetime], None]] = {
    acts.Opened: open_,
    acts.Assigned: assign,
    acts.Contacted: contact,
    acts.Responded: respond,
    acts.Objected: object_,
    acts.ObjectionDecided: decide_objection,
    acts.Relieved: relieve,
    acts.Marked: mark,
    acts.ExtensionAsked: office.ask_extension,
    acts.Extended: more_time.extend,
    acts.ExtensionDenied: office.deny_extension,
    acts.StageProposed: office.propose_stage,
    acts.StageDeclined: office.decline_stage,
    acts.Reached: reach,
    acts.PauseRequested: office.ask_pause,
    acts.PauseDenied: office.deny_pause,
    acts.Paused: more_time.pause,
    acts.Resumed: more_time.resume,
    acts.Refused: refuse,
    acts.LiftRequested: request_lift,
    acts.Promised: promise,
    acts.Completed: complete,
    acts.Found: find,
    acts.Referred: refer,
    acts.ReferralReceived: receive_referral,
    acts.ReferralReturned: return_referral,
    acts.Gathered: gathering.gather,
    acts.Instructed: instruct,
    acts.SignedOff: sign_off,
    acts.CardWithdrawn: withdraw_card,
    acts.Rated: rate,
    acts.FollowedUp: follow_up,
    acts.Complained: office.complain,
    acts.ComplaintDecided: office.decide_complaint,
    acts.Reopened: reopen,
    acts.Withdrawn: withdraw,
    acts.Closed: close,
}
"""What each type of act does, in the order of a case's life. Acts of one moment take effect in this order."""
