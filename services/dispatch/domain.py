"""What may be done to an appeal at dispatch: each act with its transition. Pure: no I/O, no clock."""

from collections.abc import Callable, Iterator
from datetime import datetime

from services.dispatch import acts, approvals, office, work
from services.dispatch.file import File, Given, State, Unit, leg_id
from shared.events import Event
from shared.roles import AccountRole
from shared.service.errors import Forbidden

__all__ = ["TRANSITIONS", "File", "Given", "State", "Unit", "leg_id", "perform"]

TRANSITIONS: dict[type[acts.Act], Callable[..., Iterator[Event]]] = {
    acts.Assign: office.assign,
    acts.Contact: work.contact,
    acts.Reply: work.reply,
    acts.Complete: work.complete,
    acts.Reach: work.reach,
    acts.Refuse: work.refuse,
    acts.Object: work.object_,
    acts.DecideObjection: office.decide_objection,
    acts.RequestExtension: approvals.request_extension,
    acts.DecideExtension: approvals.decide_extension,
    acts.Pause: approvals.pause,
    acts.Resume: approvals.resume,
    acts.RequestLift: work.request_lift,
    acts.Find: office.find,
    acts.Refer: office.refer,
    acts.Close: office.close,
}


def perform(file: File, act: acts.Act, at: datetime, given: Given) -> list[Event]:
    """Let `act` happen at `at`: the file changes and the events it made are returned.

    Raises `Conflict` where the case or its pack does not allow it, `Forbidden` where another must do it,
    `NotFound` for an unknown leg, `Invalid`.
    """
    by = given.by
    if isinstance(act, acts.LegAct) and by.role == AccountRole.UNIT and by.code != file.leg(act.leg_id).unit:
        raise Forbidden("该承办件不属于本单位", "this leg is another unit's")
    said = list(TRANSITIONS[type(act)](file, act, at, given))
    file.version += 1
    return said
