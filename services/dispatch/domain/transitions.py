"""What each act does to an appeal at dispatch. Pure: no I/O, no clock."""

from collections.abc import Callable, Iterator
from typing import Any

from services.dispatch.acts.assignment import AddMarks, Assign, Reassign
from services.dispatch.acts.base import AppealAct, LegAct
from services.dispatch.acts.extensions import DecideExtension, Extend, RequestExtension
from services.dispatch.acts.notes import Note, Urge
from services.dispatch.acts.office import Close, DecideComplaint, DecideObjection, Find
from services.dispatch.acts.pauses import DecidePause, Pause, RequestPause, Resume
from services.dispatch.acts.referral import ReceiveElsewhere, Refer, TakeBack
from services.dispatch.acts.stages import DecideStage, Reach
from services.dispatch.acts.studies import AnswerStudy, AskStudy, CloseStudy
from services.dispatch.acts.transfers import ReceiveTransfer, Transfer
from services.dispatch.acts.units import Complete, Contact, Object, Promise, Refuse, Reply, RequestLift
from services.dispatch.document import AppealDocument
from services.dispatch.domain import (
    assignment,
    closing,
    extensions,
    notes,
    office,
    pauses,
    promises,
    reassignment,
    referral,
    stages,
    studies,
    transfers,
    units,
)
from services.dispatch.domain.context import ActContext
from shared.events import Event
from shared.roles import AccountRole
from shared.service.errors import Forbidden

TRANSITIONS: dict[type[AppealAct], Callable[[AppealDocument, Any, ActContext], Iterator[Event]]] = {
    Assign: assignment.assign,
    Reassign: reassignment.reassign,
    AddMarks: reassignment.mark,
    Contact: units.contact,
    Reply: units.reply,
    Complete: units.complete,
    Promise: promises.promise,
    Reach: stages.reach,
    DecideStage: stages.decide,
    Refuse: units.refuse,
    Object: units.raise_objection,
    DecideObjection: office.decide_objection,
    RequestExtension: extensions.request_extension,
    Extend: extensions.extend,
    DecideExtension: extensions.decide_extension,
    RequestPause: pauses.request_pause,
    DecidePause: pauses.decide_pause,
    Pause: pauses.pause,
    Resume: pauses.resume,
    RequestLift: units.request_lift,
    Find: office.find,
    Refer: referral.refer,
    DecideComplaint: office.decide_complaint,
    ReceiveElsewhere: referral.receive,
    TakeBack: referral.take_back,
    Close: closing.close,
    Note: notes.note,
    Urge: notes.urge,
    AskStudy: studies.ask,
    AnswerStudy: studies.answer,
    CloseStudy: studies.close,
    Transfer: transfers.transfer,
    ReceiveTransfer: transfers.receive,
}


def perform(appeal: AppealDocument, act: AppealAct, context: ActContext) -> list[Event]:
    """Change the appeal by `act`; returns the events of the change.

    Raises `Conflict` where the appeal or its pack does not allow the act, `Forbidden` where another caller
    must do it, `NotFound` for an unknown leg, `Invalid` for wrong values.
    """
    by = context.by
    if isinstance(act, LegAct) and by.role == AccountRole.UNIT and by.code != appeal.leg(act.leg_id).unit:
        raise Forbidden("该承办件不属于本单位", "this leg is another unit's")
    events = list(TRANSITIONS[type(act)](appeal, act, context))
    appeal.version += 1
    return events
