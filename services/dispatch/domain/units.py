"""What a unit does on its leg. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator
from datetime import datetime

from services.dispatch.acts.units import Complete, Contact, Object, Refuse, Reply, RequestLift
from services.dispatch.document import AppealDocument
from services.dispatch.domain import arrears, promises
from services.dispatch.domain.bounds import check_objections
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import check_signed_by_head
from services.dispatch.domain.stages import require_stages
from services.dispatch.leg import WORKING, LegDocument
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict, Forbidden, Invalid
from shared.states import LegState


def contact(appeal: AppealDocument, act: Contact, context: ActContext) -> Iterator[Event]:
    """The unit reached the enterprise (联系企业); where nobody has yet, also after completion.

    Where the units do not learn who asks, the office reaches it and speaks for it.
    """
    leg = appeal.leg(act.leg_id)
    never = (LegState.COMPLETED,) if leg.contacted_at is None else ()
    leg = appeal.working(act.leg_id, *WORKING, *never)
    _check_who_contacts(appeal, context)
    if act.contacted_at is not None:
        _check_contacted_at(act.contacted_at, leg, context)
    leg.contacted_at = leg.contacted_at or context.at
    yield appeal.leg_event(leg, events.AppealContacted, context.at)


def _check_who_contacts(appeal: AppealDocument, context: ActContext) -> None:
    if context.by.role == AccountRole.UNIT and appeal.is_withheld:
        raise Forbidden(
            "该诉求对承办单位保密，由营商环境办联系企业",
            "the name is withheld from the units here: the office reaches the enterprise and speaks for it",
        )
    if context.by.role == AccountRole.OFFICE and not appeal.is_withheld:
        raise Forbidden(
            "该诉求由承办单位联系企业",
            "the unit reaches the enterprise here; the office does where the name is withheld",
        )


def _check_contacted_at(contacted_at: datetime, leg: LegDocument, context: ActContext) -> None:
    if contacted_at > context.at:
        raise Invalid("联系时间在将来", "the contact lies in the future", "contacted_at")
    dispatched_at = leg.assigned_at or (leg.round_at if leg.round == 1 else None)
    # people write a time to the minute
    if not context.past and dispatched_at and contacted_at < dispatched_at.replace(second=0, microsecond=0):
        shown = dispatched_at.astimezone(context.calendar.zone)
        raise Invalid(
            f"联系时间早于交办时间（{shown:%Y-%m-%d %H:%M}）：请核对日期",
            f"the contact lies before the dispatch ({shown:%Y-%m-%d %H:%M}): look at the date again",
            "contacted_at",
        )


def reply(appeal: AppealDocument, act: Reply, context: ActContext) -> Iterator[Event]:
    """The unit told the enterprise how handling stands (回复办理情况)."""
    leg = appeal.working(act.leg_id)
    leg.responded_at, leg.replied_at = leg.responded_at or context.at, context.at
    yield appeal.leg_event(leg, events.AppealResponded, context.at)


def complete(appeal: AppealDocument, act: Complete, context: ActContext) -> Iterator[Event]:
    """The unit reports completion (办结). A planned completion names its day.

    Where the pack takes a planned day as a promise, the leg stays open.
    """
    leg = appeal.working(act.leg_id)
    require_stages(leg, context)
    if act.outcome == events.Outcome.PLANNED:
        if act.planned_on is None:
            raise Invalid("计划办结须写明日期", "a planned completion names its date", "planned_on")
        if context.pack.promises:
            yield from promises.plan(appeal, act, context)
            return
        promises.check_day(act.planned_on, leg, appeal, context, confirmed=act.confirmed)
    arrears.check_completion(leg, context.pack)
    leg.state, leg.completed_at, leg.outcome = LegState.COMPLETED, context.at, act.outcome
    leg.drop_waiting()
    yield appeal.leg_event(leg, events.AppealCompleted, context.at, outcome=act.outcome)


def refuse(appeal: AppealDocument, act: Refuse, context: ActContext) -> Iterator[Event]:
    """The unit refuses to handle the appeal (说不)."""
    leg = appeal.working(act.leg_id)
    if leg.refused_at is not None:
        raise Conflict("该单位已表示不予办理", "the unit refused already")
    leg.refused_at = context.at
    yield appeal.leg_event(leg, events.AppealRefused, context.at)


def raise_objection(appeal: AppealDocument, act: Object, context: ActContext) -> Iterator[Event]:
    """The unit objects that the appeal is not its business (派单异议). The clock runs on."""
    leg = appeal.at_unit(act.leg_id)
    if leg.objection is not None:
        raise Conflict("已有未决的派单异议", "an objection is waiting for its decision")
    check_objections(leg)
    leg.objection, leg.objections = act.reason, leg.objections + 1
    yield appeal.leg_event(leg, events.AppealObjected, context.at)


def request_lift(appeal: AppealDocument, act: RequestLift, context: ActContext) -> Iterator[Event]:
    """The head of the unit asks, with a signature, that a leader or the next level take the appeal (提级)."""
    leg = appeal.working(act.leg_id)
    _check_lift(appeal, context)
    check_signed_by_head(act.signed_by, leg, context, Bilingual("提级申请", "the request"))
    yield appeal.leg_event(leg, events.LiftRequested, context.at)


def _check_lift(appeal: AppealDocument, context: ActContext) -> None:
    pack = context.pack
    if not any(step.when.requested for step in pack.ladder):
        raise Conflict(f"适用规则 {pack.ref} 没有按申请提级", f"{pack.ref} lifts nothing on request")
    if pack.never_lifted and (marks := pack.never_lifted.marks & appeal.marks):
        raise Conflict(
            f"适用规则 {pack.ref} 规定{'、'.join(mark.zh for mark in sorted(marks))}事项不提级办理",
            f"{pack.ref} never lifts matters of {', '.join(sorted(marks))}",
        )
    levels = [level.level for level in pack.levels.steps] if pack.levels else []
    if appeal.lifted and (not levels or appeal.level == levels[-1]):
        raise Conflict(
            "该诉求已提级办理，且没有更高的层级", "the appeal was lifted already, and no level is above"
        )
