"""Dispatch (交办): which units get a leg of an appeal. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.dispatch.acts.assignment import Assign, NewLeg
from services.dispatch.document import AppealDocument, AppealState, Unit
from services.dispatch.domain.bounds import check_legs
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import ends_at
from services.dispatch.domain.oddities import check_ahead, check_usual
from services.dispatch.leg import LegDocument, leg_id, own_limits
from shared import events
from shared.events import Event, PackWord, Role
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, Invalid


def assign(appeal: AppealDocument, act: Assign, context: ActContext) -> Iterator[Event]:
    """Dispatch to one unit or several (双向交办), or to another one after an upheld objection."""
    for index, leg in enumerate(act.legs):
        check_limits(leg, appeal, context, f"legs.{index}.", confirmed=act.confirmed)
    yield add_legs(appeal, act, context.at, context.units)


def add_legs(appeal: AppealDocument, act: Assign, at: datetime, units: Mapping[str, Unit]) -> Event:
    """Add the legs of `act`, whose first round starts at `at`. Raises `Conflict`.

    `units` are the directory entries of the units that `act` names.
    """
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED)
    _check_legs(appeal, act)
    check_legs(appeal, len(act.legs))
    first = len(appeal.legs)
    legs = [new_leg(appeal, new, first + i, at, units[new.unit]) for i, new in enumerate(act.legs)]
    appeal.legs = [*appeal.legs, *legs]
    appeal.state = AppealState.ASSIGNED
    appeal.marks = appeal.marks | act.marks
    event_legs = tuple(event_leg(leg, new) for leg, new in zip(legs, act.legs, strict=True))
    return appeal.event(events.AppealAssigned, at, marks=appeal.marks, legs=event_legs)


def _check_legs(appeal: AppealDocument, act: Assign) -> None:
    live = appeal.live_legs()
    wanted = [leg.unit for leg in act.legs]
    busy = {leg.unit for leg in live}
    if repeated := busy.intersection(wanted) or {unit for unit in wanted if wanted.count(unit) > 1}:
        raise Conflict(
            f"已交办给 {'、'.join(sorted(repeated))}",
            f"already dispatched to {', '.join(sorted(repeated))}",
            "legs",
        )
    roles = [leg.role for leg in live] + [leg.role for leg in act.legs]
    if roles.count(Role.LEAD) != 1:
        raise Conflict("须有且只有一个主办单位", "exactly one unit leads", "legs")


def check_limits(
    leg: NewLeg, appeal: AppealDocument, context: ActContext, place: str = "", *, confirmed: bool
) -> None:
    """Refuse (`Invalid`) a leg's own limit that would not be judged, has no end or two, or looks mistyped.

    `place` is where the leg stands in the body.
    """
    unit, pack = context.units.get(leg.unit), context.pack
    hours = unit.office_hours if unit else None
    for deadline, own in leg.limits.items():
        field = f"{place}limits.{deadline}"
        if deadline not in pack.own_deadlines:
            raise _takes_no_limit(pack, deadline, field)
        if own.due_at is not None and own.limit is None:
            end = own.due_at
            check_ahead(end, context, field)
        elif own.limit is not None and own.due_at is None:
            end = ends_at(own.limit, hours, context.at, context)
        else:
            raise Invalid("limit 与 due_at 须且只能给出一个", "give either limit or due_at", field)
        check_usual(end, deadline, appeal.kind, hours, context, field, confirmed=confirmed)


def _takes_no_limit(pack: Pack, deadline: PackWord, field: str) -> Invalid:
    taken = pack.own_deadlines
    return Invalid(
        f"适用规则 {pack.ref} 不接受按件另定 {deadline} 时限；"
        + (f"可另定的有：{'、'.join(taken)}" if taken else "没有可另定的时限"),
        f"{pack.ref} takes no limit of a case's own for {deadline}; "
        + (f"it takes one for: {', '.join(taken)}" if taken else "it takes none"),
        field,
    )


def new_leg(appeal: AppealDocument, new: NewLeg, index: int, at: datetime, unit: Unit) -> LegDocument:
    """The leg that begins at `at`; `index` counts the appeal's legs from 0."""
    return LegDocument(
        leg_id=leg_id(appeal.appeal_id, index),
        unit=new.unit,
        unit_name=unit.name,
        unit_kind=unit.kind or None,
        leader=unit.leader,
        office_hours=unit.office_hours,
        role=new.role,
        assigned_at=at,
        round_at=at,
        given_moments=tuple(deadline for deadline, own in new.limits.items() if own.due_at),
    )


def event_leg(leg: LegDocument, new: NewLeg) -> events.Leg:
    """The leg as the event of its dispatch bears it."""
    return events.Leg(
        leg_id=leg.leg_id,
        unit=leg.unit,
        unit_name=leg.unit_name,
        unit_kind=leg.unit_kind,
        role=leg.role,
        leader=leg.leader,
        office_hours=leg.office_hours,
        limits=own_limits(new.limits),
    )
