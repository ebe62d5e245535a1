"""What the office decides of an appeal: objections, and whether it is reasonable. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator

from services.dispatch.acts.office import DecideComplaint, DecideObjection, Find
from services.dispatch.document import AppealDocument, AppealState, Finding
from services.dispatch.domain.context import ActContext
from services.dispatch.leg import ObjectionDecision
from shared import events
from shared.events import Event
from shared.service.errors import Conflict, Invalid
from shared.states import LegState


def decide_objection(appeal: AppealDocument, act: DecideObjection, context: ActContext) -> Iterator[Event]:
    """The office decides a unit's objection (派单异议). The leg ends where it is upheld."""
    leg = appeal.at_unit(act.leg_id)
    if leg.objection is None:
        raise Conflict("没有待裁定的派单异议", "no objection waits for a decision")
    leg.objection = None
    leg.objection_decision = ObjectionDecision(
        upheld=act.upheld, reason=act.reason, by=act.by or context.by.name, decided_at=context.at
    )
    if act.upheld:
        leg.state = LegState.ENDED
        leg.drop_waiting()
    yield appeal.leg_event(leg, events.ObjectionDecided, context.at, upheld=act.upheld)


def find(appeal: AppealDocument, act: Find, context: ActContext) -> Iterator[Event]:
    """Record whether the appeal is reasonable (合理性认定). A later finding replaces an earlier one."""
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED, AppealState.REFERRED)
    if not act.reasonable and act.understanding is None:
        raise Invalid(
            "认定为不合理的，须向企业说明并记录企业是否理解",
            "what is not reasonable is explained to the enterprise: say whether it accepted that",
            "understanding",
        )
    fields = act.model_dump(include={"reasonable", "by", "reason", "understanding"})
    appeal.finding = Finding(**fields, found_at=context.at)
    decided = act.model_dump(include={"reasonable", "understanding"})
    yield appeal.event(events.FindingMade, context.at, **decided)


def decide_complaint(appeal: AppealDocument, act: DecideComplaint, context: ActContext) -> Iterator[Event]:
    """Answer the complaint that the enterprise made to the office (向营商环境办投诉), also after closure."""
    if appeal.complained_at is None:
        raise Conflict("没有待答复的投诉", "no complaint waits for an answer")
    appeal.complained_at = None
    yield appeal.event(events.AppealComplaintDecided, context.at, justified=act.justified)
