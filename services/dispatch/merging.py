"""Appeals handled together (并单): what an act on the handled one, the lead, brings for the others. Pure."""

from services.dispatch import acts
from services.dispatch.file import WORKING, File, State, Unit
from shared.events import Role
from shared.rules.pack.desks import Shared
from shared.rules.pack.pack import Pack

_SHARED: dict[type[acts.Act], Shared] = {acts.Reply: Shared.REPLY, acts.Complete: Shared.COMPLETION}
TELLING = (acts.Assign, acts.Reply, acts.Complete)
"""The acts on a lead that may bring acts on its followers."""


def joining(lead: File, follower: File) -> acts.Assign | None:
    """The dispatch to the units of its lead of a follower that no unit has; None where there is none.

    Limits set for the lead alone stay its own.
    """
    legs = [acts.LegWish(unit=leg.unit, role=leg.role) for leg in lead.live_legs()]
    if lead.state != State.ASSIGNED or not any(leg.role == Role.LEAD for leg in legs):
        return None
    if follower.live_legs() or follower.state not in (State.RECEIVED, State.ASSIGNED):
        return None
    return acts.Assign.model_construct(legs=tuple(legs), marks=lead.marks)


def units_of(lead: File) -> dict[str, Unit]:
    """The units as they stood when the lead was dispatched to them."""
    return {
        leg.unit: Unit(
            code=leg.unit, name=leg.unit_name, kind="", leader=leg.leader, office_hours=leg.office_hours
        )
        for leg in lead.live_legs()
    }


def repeated(lead: File, act: acts.Act, follower: File, pack: Pack) -> acts.LegAct | None:
    """What `act` on the lead is on `follower`; None where it is not shared, or the unit has no leg there."""
    shares = pack.merging.shares if pack.merging else frozenset()
    if not isinstance(act, acts.LegAct) or _SHARED.get(type(act)) not in shares:
        return None
    unit = lead.leg(act.leg_id).unit
    legs = [leg for leg in follower.legs if leg.unit == unit and leg.state in WORKING]
    if follower.state != State.ASSIGNED or not legs:
        return None
    return act.model_copy(update={"leg_id": legs[0].leg_id})
