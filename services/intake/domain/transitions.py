"""What an act does to a registered appeal. Pure: no I/O, no clock.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from services.intake import acts, timeline
from services.intake.document import AppealDocument, FollowUpCall, Rated
from services.intake.domain.complaints import NO_COMMENT, complain, is_owed_an_answer
from services.intake.domain.context import ActContext
from services.intake.domain.correction import correct
from services.intake.domain.referral import awaits_receipt, object_to_referral
from services.intake.domain.reopening import check_reopening
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.service.errors import Conflict, Invalid

HANDLED = (CaseState.COMPLETED, CaseState.REFERRED, CaseState.CLOSED, CaseState.APPROVED)
BEYOND_RECALL = (CaseState.WITHDRAWN, CaseState.CLOSED, CaseState.APPROVED)


def withdraw(appeal: AppealDocument, act: acts.Withdraw, context: ActContext) -> Iterator[Event]:
    """The enterprise takes its appeal back."""
    appeal.require(*(state for state in CaseState if state not in BEYOND_RECALL))
    appeal.withdrawn_at = context.at
    yield appeal.event(events.AppealWithdrawn, context.at, reason=act.reason)


def rate(appeal: AppealDocument, act: acts.Rate, context: ActContext) -> Iterator[Event]:
    """The enterprise rates how its appeal was handled (好差评); again only after a reopening.

    Its own rating replaces one that somebody recorded in a call.
    """
    if not context.past:
        appeal.require(*HANDLED)
        _check_not_away(appeal, context)
    if appeal.rating is not None and appeal.rating.by is None:
        raise Conflict("本次办理已评价", "this handling was rated already", "rating")
    yield from _rate(appeal, act, context, by=None)


def _rate(appeal: AppealDocument, act: acts.Rate, context: ActContext, by: str | None) -> Iterator[Event]:
    appeal.rating = Rated(rating=act.rating, comment=act.comment, rated_at=context.at, by=by)
    appeal.heard_at = context.at
    yield appeal.event(events.AppealRated, context.at, rating=act.rating)
    if not context.past and is_owed_an_answer(appeal, context.pack):
        yield from complain(appeal, acts.Complain(about="handling", text=act.comment or NO_COMMENT), context)


def follow_up(appeal: AppealDocument, act: acts.FollowUp, context: ActContext) -> Iterator[Event]:
    """Somebody independent called the enterprise after completion (回访); it may rate in that call."""
    if not context.past:
        appeal.require(*HANDLED)
        _check_not_away(appeal, context)
    _check_call(appeal, act, context.at)
    if act.rating is not None and appeal.rating is not None:
        raise Conflict("本次办理已评价", "this handling was rated already", "rating")
    call = FollowUpCall(
        reached=act.reached,
        by=context.by,
        made_at=context.at,
        called_at=act.called_at,
        comment=act.comment,
    )
    appeal.follow_ups = [*appeal.follow_ups, call]
    if act.reached:
        appeal.heard_at = context.at
    yield appeal.event(events.FollowUpMade, context.at, reached=act.reached)
    if act.rating is not None:
        rating = acts.Rate(rating=act.rating, comment=act.comment)
        yield from _rate(appeal, rating, context, by=context.by)


def _check_not_away(appeal: AppealDocument, context: ActContext) -> None:
    """Raise `Conflict` while a followed referral may still come back: what is handled then is rated then."""
    if appeal.state == CaseState.REFERRED and awaits_receipt(appeal, context.pack):
        raise Conflict(
            "已引导至其他途径，对方尚未承接，暂不能评价或者回访；不同意引导的，可以提出异议",
            "guided elsewhere and not received there yet: it can be rated after that; "
            "if you do not agree with the referral, object to it",
        )


def _check_call(appeal: AppealDocument, act: acts.FollowUp, at: datetime) -> None:
    if act.called_at is not None and not appeal.received_at <= act.called_at <= at:
        raise Invalid(
            "回访时间应在登记之后、当前时间之前",
            "the call lies before the registration or in the future",
            "called_at",
        )
    if not act.reached and act.rating is not None:
        raise Invalid("未接通时不能填写评价", "who was not reached gave no rating: leave it out", "rating")


def reopen(appeal: AppealDocument, act: acts.Reopen, context: ActContext) -> Iterator[Event]:
    """Start the next round of the completed legs, where the pack allows it; also after closure if it does."""
    rule = context.pack.reopening
    if not context.past:
        after_closure = (CaseState.CLOSED,) if rule and rule.after_closure else ()
        appeal.require(CaseState.COMPLETED, *after_closure)
    check_reopening(appeal, context.pack, context.calendar, context.at)
    assert appeal.rating is not None
    appeal.earlier_ratings = [*appeal.earlier_ratings, appeal.rating]
    appeal.rating, appeal.heard_at, appeal.reopened_at = None, None, context.at
    yield appeal.event(events.AppealReopened, context.at, reason=act.reason)


TRANSITIONS: dict[type[acts.AppealAct], Callable[[AppealDocument, Any, ActContext], Iterator[Event]]] = {
    acts.Correct: correct,
    acts.Withdraw: withdraw,
    acts.Rate: rate,
    acts.FollowUp: follow_up,
    acts.Reopen: reopen,
    acts.Complain: complain,
    acts.ObjectToReferral: object_to_referral,
}


def perform(
    appeal: AppealDocument, act: acts.AppealAct, context: ActContext
) -> tuple[AppealDocument, list[Event]]:
    """Do `act`: returns a changed copy of the appeal, and the events of the change.

    Raises `Conflict` where the appeal does not allow the act, `Invalid` for wrong values.
    """
    appeal = appeal.model_copy()
    transition = next(transition for kind, transition in TRANSITIONS.items() if isinstance(act, kind))
    emitted = list(transition(appeal, act, context))
    for event in emitted:
        appeal.add_entry(timeline.entry_of(event))
    appeal.update_state()
    return appeal, emitted
