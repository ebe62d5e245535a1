"""What each act does to an appeal at dispatch. Pure: no I/O, no clock."""

from collections.abc import Callable, Iterator
from typing import Any

from services.dispatch import acts
from services.dispatch.document import AppealDocument
from services.dispatch.domain import (
    assignment,
    closing,
    extensions,
    office,
    pauses,
    promises,
    reassignment,
    referral,
    stages,
    units,
)
from services.dispatch.domain.context import ActContext
from shared.events import Event
from shared.roles import AccountRole
from shared.service.errors import Forbidden

TRANSITIONS: dict[type[acts.AppealAct], Callable[[AppealDocument, Any, ActContext], Iterator[Event]]] = {
    acts.Assign: assignment.assign,
    acts.Reassign: reassignment.reassign,
    acts.AddMarks: reassignment.mark,
    acts.Contact: units.contact,
    acts.Reply: units.reply,
    acts.Complete: units.complete,
    acts.Promise: promises.promise,
    acts.Reach: stages.reach,
    acts.DecideStage: stages.decide,
    acts.Refuse: units.refuse,
    acts.Object: units.raise_objection,
    acts.DecideObjection: office.decide_objection,
    acts.RequestExtension: extensions.request_extension,
    acts.Extend: extensions.extend,
    acts.DecideExtension: extensions.decide_extension,
    acts.RequestPause: pauses.request_pause,
    acts.DecidePause: pauses.decide_pause,
    acts.Pause: pauses.pause,
    acts.Resume: pauses.resume,
    acts.RequestLift: units.request_lift,
    acts.Find: office.find,
    acts.Refer: referral.refer,
    acts.DecideComplaint: office.decide_complaint,
    acts.ReceiveElsewhere: referral.receive,
    acts.TakeBack: referral.take_back,
    acts.Close: closing.close,
}


def perform(appeal: AppealDocument, act: acts.AppealAct, context: ActContext) -> list[Event]:
    """Change the appeal by `act`; returns the events of the change.

    Raises `Conflict` where the appeal or its pack does not allow the act, `Forbidden` where another caller
    must do it, `NotFound` for an unknown leg, `Invalid` for wrong values.
    """
    by = context.by
    if (
        isinstance(act, acts.LegAct)
        and by.role == AccountRole.UNIT
        and by.code != appeal.leg(act.leg_id).unit
    ):
        raise Forbidden("该承办件不属于本单位", "this leg is another unit's")
    events = list(TRANSITIONS[type(act)](appeal, act, context))
    appeal.version += 1
    return events
