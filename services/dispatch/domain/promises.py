"""Promises (说到做到): a planned day is a deadline of its own, where the pack says so. Pure.

Without that word of the pack a plan completes the leg, as it did.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.dispatch.acts import units as acts
from services.dispatch.document import AppealDocument
from services.dispatch.domain.bounds import check_promises
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import end_of_day, ends_at, today
from services.dispatch.domain.oddities import check_usual
from services.dispatch.domain.ranks import approving_rank
from services.dispatch.leg import LegDocument, Promise
from shared import events
from shared.events import DeadlineKind, Event
from shared.rules.pack.office import Promises
from shared.rules.wording.words import RANKS
from shared.service.errors import Conflict, Forbidden, Invalid


def plan(appeal: AppealDocument, act: acts.Complete, context: ActContext) -> Iterator[Event]:
    """The unit promises the day by itself, no later than the pack lets it."""
    leg = appeal.working(act.leg_id)
    assert act.planned_on
    rule = context.pack.promises
    assert rule
    check_day(act.planned_on, leg, appeal, context, confirmed=True)
    if not context.past and (cap := _cap(leg, rule, context)) < act.planned_on:
        raise Forbidden(
            f"承诺日期最迟为 {cap}；更晚的，须由{RANKS[rule.rank].zh}批准后由营商环境办登记",
            f"a unit may promise a day up to {cap}; a later one needs the approval of the rank {rule.rank}, "
            "which the office records",
            "planned_on",
        )
    yield _promised(appeal, leg, Promise(planned_on=act.planned_on, round=leg.round, promised_at=context.at))


def promise(appeal: AppealDocument, act: acts.Promise, context: ActContext) -> Iterator[Event]:
    """Record a day that lies beyond what a unit may promise by itself, approved by the rank that may."""
    leg = appeal.working(act.leg_id)
    rule = context.pack.promises
    if rule is None:
        raise Conflict(f"适用规则 {context.pack.ref} 没有承诺事项", f"{context.pack.ref} knows no promises")
    check_day(act.planned_on, leg, appeal, context, confirmed=True)
    rank = approving_rank(act.rank, rule.rank, context)
    fields = {"planned_on": act.planned_on, "approver": act.approver, "rank": rank}
    yield _promised(appeal, leg, Promise(**fields, round=leg.round, promised_at=context.at))


def check_day(
    day: date, leg: LegDocument, appeal: AppealDocument, context: ActContext, *, confirmed: bool
) -> None:
    """Refuse a planned day that is over, is odd and not `confirmed`, or puts a running promise off."""
    if context.past:
        return
    if day < today(context):
        raise Invalid(f"计划日期 {day} 已过", f"the planned day {day} is over", "planned_on")
    if context.pack.promises and (running := leg.promise()) and day > running.planned_on:
        raise Conflict(
            f"已承诺 {running.planned_on} 办成；改晚的，须按延期申请办理",
            f"{running.planned_on} is promised: a later day is an extension, ask for one",
            "planned_on",
        )
    end = end_of_day(day, context)
    check_usual(
        end,
        DeadlineKind.COMPLETION,
        appeal.kind,
        leg.office_hours,
        context,
        "planned_on",
        confirmed=confirmed,
    )


def _cap(leg: LegDocument, rule: Promises, context: ActContext) -> date:
    """The last day that the unit may promise by itself, counted from its dispatch."""
    dispatched_at = leg.assigned_at or leg.round_at or context.at
    ends = ends_at(context.pack.limit(rule.cap), leg.office_hours, dispatched_at, context)
    return (ends - timedelta(microseconds=1)).astimezone(context.calendar.zone).date()


def _promised(appeal: AppealDocument, leg: LegDocument, new_promise: Promise) -> Event:
    check_promises(leg)
    leg.promises = [*leg.promises, new_promise]
    return appeal.leg_event(
        leg,
        events.AppealPromised,
        new_promise.promised_at,
        planned_on=new_promise.planned_on,
        rank=new_promise.rank,
    )
