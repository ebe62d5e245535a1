"""What each act does to a case. An act of an unknown leg has no effect, nor has one after the case's end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.rules.judging import (
    acts,
    dispatch,
    elsewhere,
    gathering,
    handling,
    more_time,
    office,
    starting,
    timers,
)
from shared.rules.judging.acts import Act
from shared.rules.judging.case import Case
from shared.rules.judging.promises import promise
from shared.rules.judging.state import CaseState, in_utc
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import DeadlineKind


def fold(case: Case, act: Act) -> None:
    """Fire the timers that precede `act`, then let it take effect. Acts come in order.

    Where whole minutes count, the act takes effect at the minute shown.
    """
    at = in_utc(act.occurred_at)
    timers.run_before(case, at)
    case.rulings.now = at
    if elsewhere.has_effect(case, act):
        FOLDS[type(act)](case, act, case.counted_from(at))


def open_(case: Case, act: acts.Opened, at: datetime) -> None:
    if not case.received:
        case.know_kind(act.kind)
        case.withholds = bool(act.withholds)
        if not case.legs:
            starting.begin(case, Start.RECEIVED, None, at)
    case.received = True


def answer(case: Case, act: acts.Answered, at: datetime) -> None:
    """Nothing is left to be dispatched: the case ends as it begins."""
    case.finish(CaseState.CLOSED, at)


def correct(case: Case, act: acts.Corrected, at: datetime) -> None:
    """The limits that start from now on are those of the new kind."""
    if act.kind is not None:
        case.know_kind(act.kind)
    if act.withholds is not None:
        case.withhold(act.withholds)


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
        starting.begin_lifted(case, at, act.limit)


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
    acts.Answered: answer,
    acts.Corrected: correct,
    acts.Assigned: dispatch.assign,
    acts.Contacted: handling.contact,
    acts.Responded: handling.respond,
    acts.Objected: dispatch.object_,
    acts.ObjectionDecided: dispatch.decide_objection,
    acts.Relieved: dispatch.relieve,
    acts.Marked: dispatch.mark,
    acts.ExtensionAsked: office.ask_extension,
    acts.Extended: more_time.extend,
    acts.ExtensionDenied: office.deny_extension,
    acts.StageProposed: office.propose_stage,
    acts.StageDeclined: office.decline_stage,
    acts.Reached: handling.reach,
    acts.PauseRequested: office.ask_pause,
    acts.PauseDenied: office.deny_pause,
    acts.Paused: more_time.pause,
    acts.Resumed: more_time.resume,
    acts.Refused: handling.refuse,
    acts.LiftRequested: handling.request_lift,
    acts.Promised: promise,
    acts.Completed: handling.complete,
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
