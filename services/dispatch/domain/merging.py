"""Merged appeals (并单): what an act on the lead, which is handled for all, means for its followers. Pure."""

from collections.abc import Iterable

from services.dispatch.acts.assignment import Assign, NewLeg, Reassign
from services.dispatch.acts.base import AppealAct, LegAct
from services.dispatch.acts.units import Complete, Reply
from services.dispatch.document import AppealDocument, AppealState, Unit
from services.dispatch.leg import WORKING
from shared import events
from shared.events import Event, Role
from shared.rules.pack.desks import Shared
from shared.rules.pack.pack import Pack

_SHARED: dict[type[AppealAct], Shared] = {Reply: Shared.REPLY, Complete: Shared.COMPLETION}
PASSED_ON = (Assign, Reassign, Reply, Complete)
"""The acts on a lead that may be repeated on its followers."""


def joining_act(lead: AppealDocument, follower: AppealDocument) -> Assign | None:
    """The act that dispatches a follower, which no unit has yet, to the units of its lead; None for none.

    Limits that were set for the lead alone are not copied.
    """
    legs = [NewLeg(unit=leg.unit, role=leg.role) for leg in lead.live_legs()]
    if lead.state != AppealState.ASSIGNED or not any(leg.role == Role.LEAD for leg in legs):
        return None
    if follower.live_legs() or follower.state not in (AppealState.RECEIVED, AppealState.ASSIGNED):
        return None
    return Assign.model_construct(legs=tuple(legs), marks=lead.marks)


def units_of(lead: AppealDocument) -> dict[str, Unit]:
    """The units as the directory described them when the lead was dispatched."""
    return {
        leg.unit: Unit(
            code=leg.unit, name=leg.unit_name, kind="", leader=leg.leader, office_hours=leg.office_hours
        )
        for leg in lead.live_legs()
    }


def repeated_act(lead: AppealDocument, act: AppealAct, follower: AppealDocument, pack: Pack) -> LegAct | None:
    """The same act for `follower`; None where the pack does not share it, or its unit has no leg there.

    Whoever handles the lead handles all: a reassignment is repeated under every pack, without limits of its
    own, unless the successor has a part in the follower.
    """
    shares = pack.merging.shares if pack.merging else frozenset()
    if not isinstance(act, LegAct):
        return None
    if not isinstance(act, Reassign) and _SHARED.get(type(act)) not in shares:
        return None
    unit = lead.leg(act.leg_id).unit
    legs = [leg for leg in follower.legs if leg.unit == unit and leg.state in WORKING]
    if follower.state != AppealState.ASSIGNED or not legs:
        return None
    if isinstance(act, Reassign):
        if any(leg.unit == act.unit for leg in follower.live_legs()):
            return None
        return act.model_copy(update={"leg_id": legs[0].leg_id, "role": None, "limits": {}})
    return act.model_copy(update={"leg_id": legs[0].leg_id})


def passed_on(emitted: Iterable[Event]) -> list[Event]:
    """What an act on the lead says of a follower, marked as not done for the follower itself."""
    return [
        event.model_copy(update={"passed_on": True})
        if isinstance(event, events.AppealResponded | events.AppealCompleted)
        else event
        for event in emitted
    ]
