"""The stages (环节) of a pack's procedure that a leg reaches. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from services.dispatch.acts.stages import DecideStage, Reach
from services.dispatch.document import AppealDocument
from services.dispatch.domain import arrears
from services.dispatch.domain.bounds import check_stages
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import ends_at
from services.dispatch.leg import WORKING, LegDocument, ProposedStage, ReachedStage
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.pack.desks import By, Stage
from shared.rules.pack.time_rules import LimitRule
from shared.service.errors import Conflict, Forbidden, Invalid
from shared.states import LegState

FARTHEST = timedelta(days=3660)
"""How far ahead a date may lie: as far as the longest limit in days that a pack can set."""


def reach(appeal: AppealDocument, act: Reach, context: ActContext) -> Iterator[Event]:
    """The unit or the office reports that a stage (环节) of the procedure was reached.

    What both sides must agree on counts at once by the office's word, and by the unit's once it is confirmed.
    """
    after_completion = {stage.stage for stage in context.pack.stages if stage.after_completion}
    states = (*WORKING, LegState.COMPLETED) if act.stage in after_completion else WORKING
    leg = appeal.working(act.leg_id, *states)
    stage = _stage(act, context)
    _check_dates(appeal, act, context.at, stage)
    _check_not_over(leg, act, stage, context)
    arrears.check_sums(leg, act, stage, context.pack)
    check_stages(appeal, len(act.dates))
    fields: dict[str, Any] = {
        "stage": act.stage,
        "dates": act.dates,
        "sums": arrears.sums_of(act, stage),
        "paid": act.amount if stage.pays else None,
        "in_full": act.in_full,
    }
    shared = stage.by is By.BOTH or act.in_full
    if shared and context.by.role == AccountRole.UNIT:
        leg.proposals += 1
        proposed = ProposedStage(number=leg.proposals, proposed_at=context.at, **fields)
        leg.proposed = [*leg.proposed, proposed]
        yield appeal.leg_event(leg, events.StageProposed, context.at, number=leg.proposals, **fields)
    else:
        yield from _reach(appeal, leg, fields | {"confirmed_by": "office" if shared else None}, context)


def _reach(
    appeal: AppealDocument, leg: LegDocument, fields: dict[str, Any], context: ActContext
) -> Iterator[Event]:
    leg.stages = [*leg.stages, ReachedStage(reached_at=context.at, **fields)]
    yield appeal.leg_event(leg, events.StageReached, context.at, **fields)
    rule = context.pack.approval
    decision = rule.decides.get(fields["stage"]) if rule else None
    if decision:
        leg.decision = "granted" if decision == "granted" else "denied"
        leg.outcome = events.Outcome.SOLVED if decision == "granted" else events.Outcome.EXPLAINED
        leg.state, leg.completed_at = LegState.COMPLETED, context.at
        leg.drop_waiting()
        yield appeal.leg_event(leg, events.AppealCompleted, context.at, outcome=leg.outcome)


def decide(appeal: AppealDocument, act: DecideStage, context: ActContext) -> Iterator[Event]:
    """The creditor or the office confirms what the unit said of a stage, which counts from then on."""
    leg = appeal.working(act.leg_id)
    proposed = next((waiting for waiting in leg.proposed if waiting.number == act.number), None)
    if proposed is None:
        raise Conflict("没有待确认的这项填报", "nothing of this number waits to be confirmed", "number")
    if not act.confirmed and act.reason is None:
        raise Invalid("不予确认须说明理由", "say why it is not confirmed", "reason")
    if act.by == "creditor" and act.who is None:
        raise Invalid("须写明债权企业由何人确认", "say who spoke for the creditor", "who")
    leg.proposed = [waiting for waiting in leg.proposed if waiting.number != act.number]
    if act.confirmed:
        fields = proposed.model_dump(exclude={"proposed_at"})
        yield from _reach(appeal, leg, fields | {"confirmed_by": act.by}, context)
    else:
        yield appeal.leg_event(
            leg,
            events.StageDeclined,
            context.at,
            stage=proposed.stage,
            declined_by=act.by,
            number=proposed.number,
        )


def require_stages(leg: LegDocument, context: ActContext) -> None:
    """Raise `Conflict` where the pack takes no completion before stages that the leg has not reached."""
    after = context.pack.completion.after if context.pack.completion else ()
    reached = {stage.stage for stage in leg.stages}
    if missing := [stage for stage in context.pack.stages if stage.stage in set(after) - reached]:
        raise Conflict(
            f"“{'”“'.join(stage.title.zh for stage in missing)}”之前不能办结",
            f"no completion before it is {', '.join(stage.title.en for stage in missing)}",
        )


def _stage(act: Reach, context: ActContext) -> Stage:
    stages = {stage.stage: stage for stage in context.pack.stages}
    if not stages:
        raise Conflict(f"适用规则 {context.pack.ref} 没有环节", f"{context.pack.ref} has no stages", "stage")
    if (stage := stages.get(act.stage)) is None:
        choices = "、".join(f"{code}（{known.title.zh}）" for code, known in stages.items())
        raise Invalid(
            f"没有这个环节；可用：{choices}",
            f"no such stage: choose from {', '.join(stages)}",
            "stage",
        )
    if stage.by is By.UNIT and context.by.role == AccountRole.OFFICE and not act.in_full:
        raise Forbidden(
            f"“{stage.title.zh}”由承办单位填报", f"the unit says that {stage.stage} was reached", "stage"
        )
    if stage.by is By.OFFICE and context.by.role == AccountRole.UNIT:
        raise Forbidden(
            f"“{stage.title.zh}”由营商环境办填报", f"the office says that {stage.stage} was reached", "stage"
        )
    return stage


def _check_own_day(act: Reach, at: datetime, stage: Stage) -> None:
    """Raise `Invalid` unless the act brings the one day on which the stage came about, which is not ahead."""
    if len(act.dates) != 1:
        raise Invalid(
            f"“{stage.title.zh}”须填写发生日期，且只填一个",
            f"{stage.stage}: give the day on which it came about, and no other date",
            "dates",
        )
    if not at - FARTHEST <= act.dates[0] <= at:
        raise Invalid(
            "发生日期不能晚于现在，也不能早于十年前",
            "the day on which it came about is not ahead, and no more than ten years ago",
            "dates.0",
        )


def _check_dates(appeal: AppealDocument, act: Reach, at: datetime, stage: Stage) -> None:
    """Raise `Invalid` for dates that do not fit the stage.

    A date may lie in the past, where a plan is recorded late.
    """
    if stage.dated:
        _check_own_day(act, at, stage)
        return
    if stage.dates != bool(act.dates):
        zh = "须填写日期" if stage.dates else "没有日期"
        en = "give its dates" if stage.dates else "leave dates out"
        raise Invalid(f"“{stage.title.zh}”{zh}", f"{stage.stage}: {en}", "dates")
    if len(set(act.dates)) < len(act.dates):
        raise Invalid("日期重复", "a date stands twice", "dates")
    for i, date in enumerate(act.dates):
        if not appeal.received_at < date <= at + FARTHEST:
            raise Invalid(
                "日期须在收到诉求之后，且不超过十年",
                "a date lies after the case was received, and at most ten years ahead",
                f"dates.{i}",
            )


def _check_not_over(leg: LegDocument, act: Reach, stage: Stage, context: ActContext) -> None:
    """Raise `Invalid` for a date whose limit is over at once, as after a typing mistake, unless confirmed."""
    if context.past or act.confirmed:
        return
    for i, day in enumerate(act.dates):
        ends = [_end(rule, day, leg, context) for rule in context.pack.limits if rule.start == stage.stage]
        if any(end <= context.at for end in ends):
            shown = day.astimezone(context.calendar.zone)
            raise Invalid(
                f"按 {shown:%Y-%m-%d} 计算，时限已经届满：请核对日期；"
                "确认无误的，请加上 confirmed: true 再提交",
                f"counted from {shown:%Y-%m-%d} the limit is over already: look at the date again; "
                "if it is meant, send it with confirmed: true",
                f"dates.{i}",
            )


def _end(rule: LimitRule, day: datetime, leg: LegDocument, context: ActContext) -> datetime:
    """When a limit that the stage starts ends; without a number it ends with the date itself."""
    if rule.limit is None:
        return day
    return ends_at(context.pack.limit(rule.limit), leg.office_hours, day, context)
