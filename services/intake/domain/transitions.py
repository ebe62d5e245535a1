"""What an act does to a registered appeal. Pure: no I/O, no clock.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from services.intake import acts, timeline
from services.intake.document import AppealDocument
from services.intake.domain.complaints import NO_COMMENT, complain, is_owed_an_answer
from services.intake.domain.context import ActContext
from services.intake.domain.correction import correct
from services.intake.domain.erasing import erase_persons
from services.intake.domain.own_acts import add_facts, correct_contact, urge
from services.intake.domain.receipt_codes import renew, use_new_code
from services.intake.domain.referral import awaits_receipt, object_to_referral
from services.intake.domain.reopening import check_reopening
from services.intake.domain.reopening_requests import (
    ask_reopening,
    begin_again,
    decide_reopening,
    require_reopenable,
)
from services.intake.ratings import FollowUpCall, Rated
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
    appeal.state_reason(events.AppealWithdrawn, context.at, act.reason)
    yield appeal.event(events.AppealWithdrawn, context.at)


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
    _check_units(appeal, act)
    verdict = act.model_dump(include={"rating", "solved", "reasons", "units"})
    appeal.rating = Rated(**verdict, comment=act.comment, rated_at=context.at, by=by)
    appeal.heard_at = context.at
    yield appeal.event(events.AppealRated, context.at, **verdict)
    if not context.past and is_owed_an_answer(appeal, context.pack):
        yield from complain(appeal, acts.Complain(about="handling", text=act.comment or NO_COMMENT), context)


def _check_units(appeal: AppealDocument, act: acts.SaidOfHandling) -> None:
    """Raise `Invalid` for a unit that has no part in the appeal, or is rated twice."""
    codes = [rated.unit for rated in act.units]
    if strangers := set(codes) - {leg.unit for leg in appeal.legs}:
        names = "、".join(sorted(strangers))
        raise Invalid(
            f"该诉求未由这些单位承办：{names}",
            f"no part of this appeal was theirs: {', '.join(sorted(strangers))}",
            "units",
        )
    if len(codes) != len(set(codes)):
        raise Invalid("同一单位只能评价一次", "a unit is rated twice: rate each once", "units")


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
        rating_fields = act.model_dump(include={"rating", "comment", "solved", "reasons", "units"})
        rating = acts.Rate.model_validate(rating_fields)
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
    if not context.past:
        require_reopenable(appeal, context)
    check_reopening(appeal, context.pack, context.calendar, context.at)
    yield begin_again(appeal, act.reason, context)


TRANSITIONS: dict[type[acts.AppealAct], Callable[[AppealDocument, Any, ActContext], Iterator[Event]]] = {
    acts.Correct: correct,
    acts.ErasePersons: erase_persons,
    acts.Withdraw: withdraw,
    acts.Rate: rate,
    acts.FollowUp: follow_up,
    acts.Reopen: reopen,
    acts.Complain: complain,
    acts.ObjectToReferral: object_to_referral,
    acts.AddFacts: add_facts,
    acts.Urge: urge,
    acts.CorrectContact: correct_contact,
    acts.AskReopening: ask_reopening,
    acts.DecideReopening: decide_reopening,
    acts.RenewCode: renew,
    acts.UseNewCode: use_new_code,
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
