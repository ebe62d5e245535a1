"""Reassignment (改派): the office takes a leg from its unit, and as a rule gives it to another. Pure.

What the unit missed, and its cards, stay its own. The successor's leg begins with round 1 and its own clocks.
"""

from collections.abc import Iterator

from services.dispatch.acts.assignment import AddMarks, NewLeg, Reassign
from services.dispatch.document import AppealDocument, AppealState
from services.dispatch.domain.assignment import check_limits, event_leg, new_leg
from services.dispatch.domain.bounds import check_legs
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import check_higher_word
from services.dispatch.leg import LegDocument, Relief
from shared import events
from shared.events import Event, Rank, Role
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict
from shared.states import LegState

REASSIGNED_BEFORE = Bilingual("该诉求已改派过", "this appeal was reassigned before")
"""The office corrects itself once: each reassignment begins a unit's time anew. The number is a choice."""


def reassign(appeal: AppealDocument, act: Reassign, context: ActContext) -> Iterator[Event]:
    """Relieve the leg's unit, and begin a leg of the unit that goes on, where one is named.

    A unit that has a part already goes on in a new leg; its old one ends as well.
    """
    leg = appeal.at_unit(act.leg_id)
    if any(known.relief for known in appeal.legs):
        check_higher_word(act, Rank.LEADER, REASSIGNED_BEFORE, context)
    if act.unit is None:
        yield _relieve(appeal, leg, act, context, None)
        return
    ended = [leg, *_parts_of_successor(appeal, leg, act.unit)]
    new = NewLeg(unit=act.unit, role=act.role or leg.role, limits=act.limits)
    _check_lead(appeal, ended, new.role)
    check_limits(new, appeal, context, confirmed=act.confirmed)
    check_legs(appeal, 1)
    successor = new_leg(appeal, new, len(appeal.legs), context.at, context.units[new.unit])
    appeal.legs = [*appeal.legs, successor]
    yield appeal.event(
        events.AppealAssigned, context.at, marks=appeal.marks, legs=(event_leg(successor, new),)
    )
    for each in ended:
        yield _relieve(appeal, each, act, context, successor)


def mark(appeal: AppealDocument, act: AddMarks, context: ActContext) -> Iterator[Event]:
    """Mark an appeal whose nature showed only after its dispatch; no unit is added."""
    appeal.require(AppealState.ASSIGNED)
    if not act.marks - appeal.marks:
        raise Conflict("该诉求已有这些标注", "the appeal has these marks already", "marks")
    appeal.marks = appeal.marks | act.marks
    yield appeal.event(events.AppealMarked, context.at, marks=act.marks)


def _parts_of_successor(appeal: AppealDocument, leg: LegDocument, unit: str) -> list[LegDocument]:
    """The other legs in which the successor has a part; they end, for it goes on in the new one."""
    if unit == leg.unit:
        raise Conflict("该承办件已在该单位", "the leg is this unit's already", "unit")
    parts = [part for part in appeal.live_legs() if part.unit == unit]
    if any(part.state == LegState.COMPLETED for part in parts):
        raise Conflict("该单位的承办件已办结", "this unit has completed its own leg", "unit")
    return parts


def _check_lead(appeal: AppealDocument, ended: list[LegDocument], role: Role) -> None:
    """Raise `Conflict` where two units would lead, or none where one led."""
    others = [leg for leg in appeal.live_legs() if leg not in ended]
    led = any(leg.role == Role.LEAD for leg in ended)
    leads = [*(leg.role for leg in others), role].count(Role.LEAD)
    if leads > 1 or (led and leads == 0):
        raise Conflict("须有且只有一个主办单位", "exactly one unit leads", "role")


def _relieve(
    appeal: AppealDocument,
    leg: LegDocument,
    act: Reassign,
    context: ActContext,
    successor: LegDocument | None,
) -> Event:
    leg.state = LegState.ENDED
    leg.drop_waiting()
    leg.relief = Relief(
        reason=act.reason,
        by=context.by.name,
        relieved_at=context.at,
        approver=act.approver,
        rank=act.rank,
        successor=successor and successor.leg_id,
    )
    return appeal.leg_event(leg, events.LegRelieved, context.at, successor=successor and successor.leg_id)
