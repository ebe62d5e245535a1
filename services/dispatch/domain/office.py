"""What the office decides: objections, whether an appeal is reasonable, where it belongs, its closure. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator

from services.dispatch import acts
from services.dispatch.document import AppealDocument, AppealState, Finding, LegState, ObjectionDecision
from services.dispatch.domain.context import ActContext
from shared import events
from shared.events import Event
from shared.rules.pack.desks import Need
from shared.service.errors import Conflict, Invalid


def decide_objection(
    appeal: AppealDocument, act: acts.DecideObjection, context: ActContext
) -> Iterator[Event]:
    """The office decides a unit's objection (派单异议). The leg ends where it is upheld."""
    leg = appeal.working(act.leg_id)
    if leg.objection is None:
        raise Conflict("没有待裁定的派单异议", "no objection waits for a decision")
    leg.objection = None
    leg.objection_decision = ObjectionDecision(
        upheld=act.upheld, reason=act.reason, by=act.by or context.by.name, decided_at=context.at
    )
    if act.upheld:
        leg.state = LegState.ENDED
    yield appeal.leg_event(leg, events.ObjectionDecided, context.at, upheld=act.upheld, reason=act.reason)


def find(appeal: AppealDocument, act: acts.Find, context: ActContext) -> Iterator[Event]:
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
    yield appeal.event(events.FindingMade, context.at, **fields)


def refer(appeal: AppealDocument, act: acts.Refer, context: ActContext) -> Iterator[Event]:
    """Guide the enterprise to the body that is responsible for the matter (引导)."""
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED)
    destinations = context.pack.referral.destinations if context.pack.referral else ()
    if destinations and act.to not in {destination.to for destination in destinations}:
        raise Invalid(
            f"可引导至：{'、'.join(f'{place.to}（{place.title.zh}）' for place in destinations)}",
            f"an enterprise may be guided to: {', '.join(place.to for place in destinations)}",
            "to",
        )
    appeal.state = AppealState.REFERRED
    yield appeal.event(events.AppealReferred, context.at, to=act.to, reason=act.reason)


def close(appeal: AppealDocument, _act: acts.Close, context: ActContext) -> Iterator[Event]:
    """Strike the appeal off the ledger (销号), when its legs are completed and the pack needs no more."""
    appeal.require(AppealState.ASSIGNED, AppealState.REFERRED)
    if appeal.state == AppealState.ASSIGNED:
        _check_closure(appeal, context)
    appeal.state = AppealState.CLOSED
    yield appeal.event(events.AppealClosed, context.at)


def _check_closure(appeal: AppealDocument, context: ActContext) -> None:
    live = appeal.live_legs()
    if not live or any(leg.state != LegState.COMPLETED for leg in live):
        raise Conflict("尚有承办件未办结，不能销号", "a leg is not completed: the appeal cannot be closed")
    if context.past:
        return  # an import reports that the appeal was closed: it is not decided again
    rule = context.pack.closure
    needs = rule.needs if rule else {Need.SIGNED_OFF}
    if Need.FINDING in needs and appeal.finding is None:
        raise Conflict("尚未认定是否合理，不能销号", "no finding was made: the appeal cannot be closed")
    if Need.SIGNED_OFF in needs and appeal.lifted and not appeal.signed_off:
        raise Conflict("提级办理尚未由领导签批，不能销号", "the leader has not signed the lifted appeal off")
    if Need.HEARD in needs and appeal.heard_at is None:
        raise Conflict(
            "企业尚未评价，也未回访，不能销号",
            "the enterprise neither rated nor was called: the appeal cannot be closed",
        )
