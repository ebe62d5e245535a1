"""What a unit does on its leg, and what is refused to it. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.dispatch import acts
from services.dispatch.file import File, Given, LegState, Reached
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.pack.desks import By, Stage
from shared.service.errors import Conflict, Forbidden, Invalid

FARTHEST = timedelta(days=3660)  # as far as the longest limit in days


def contact(file: File, act: acts.Contact, at: datetime, _given: Given) -> Iterator[Event]:
    """The unit reached the enterprise (联系企业)."""
    leg = file.working(act.leg_id)
    if act.contacted_at is not None and act.contacted_at > at:
        raise Invalid("联系时间在将来", "the contact lies in the future", "contacted_at")
    leg.contacted_at = leg.contacted_at or at
    yield file.say_of(leg, events.AppealContacted, at, how=act.how)


def reply(file: File, act: acts.Reply, at: datetime, _given: Given) -> Iterator[Event]:
    """The unit told the enterprise how handling stands (回复办理情况)."""
    leg = file.working(act.leg_id)
    leg.responded_at, leg.replied_at = leg.responded_at or at, at
    yield file.say_of(leg, events.AppealResponded, at)


def complete(file: File, act: acts.Complete, at: datetime, _given: Given) -> Iterator[Event]:
    """The unit says it is done (办结). A planned completion names its date."""
    leg = file.working(act.leg_id)
    if act.outcome == events.Outcome.PLANNED and act.planned_on is None:
        raise Invalid("计划办结须写明日期", "a planned completion names its date", "planned_on")
    leg.state, leg.completed_at, leg.outcome = LegState.COMPLETED, at, act.outcome
    leg.extension = None
    yield file.say_of(leg, events.AppealCompleted, at, outcome=act.outcome)


def refuse(file: File, act: acts.Refuse, at: datetime, _given: Given) -> Iterator[Event]:
    """The unit says no (说不)."""
    leg = file.working(act.leg_id)
    if leg.refused_at is not None:
        raise Conflict("该单位已表示不予办理", "the unit refused already")
    leg.refused_at = at
    yield file.say_of(leg, events.AppealRefused, at, reason=act.reason)


def object_(file: File, act: acts.Object, at: datetime, _given: Given) -> Iterator[Event]:
    """The unit says the appeal is not its own (派单异议); the clock runs on."""
    leg = file.working(act.leg_id)
    if leg.objection is not None:
        raise Conflict("已有未决的派单异议", "an objection is waiting for its decision")
    leg.objection = act.reason
    yield file.say_of(leg, events.AppealObjected, at, reason=act.reason)


def request_lift(file: File, act: acts.RequestLift, at: datetime, given: Given) -> Iterator[Event]:
    """The unit's head asks, signed, that a leader take the appeal, or the level above."""
    leg = file.working(act.leg_id)
    _check_lift(file, given)
    unit = given.units.get(leg.unit)
    if unit and unit.head and act.signed_by != unit.head:
        raise Invalid(
            f"提级申请须由单位负责人 {unit.head} 签署",
            f"the head of the unit signs the request: {unit.head}",
            "signed_by",
        )
    yield file.say_of(leg, events.LiftRequested, at, reason=act.reason)


def _check_lift(file: File, given: Given) -> None:
    pack = given.pack
    if not any(step.when.requested for step in pack.ladder):
        raise Conflict("适用规则没有按申请提级", f"{pack.ref} lifts nothing on request")
    if pack.never_lifted and (marks := pack.never_lifted.marks & file.marks):
        raise Conflict("该类事项不提级办理", f"{pack.ref} never lifts matters of {', '.join(sorted(marks))}")
    levels = [level.level for level in pack.levels.steps] if pack.levels else []
    if file.lifted and (not levels or file.level == levels[-1]):
        raise Conflict("该诉求已提级办理", "the appeal was lifted already, and no level is above")


def reach(file: File, act: acts.Reach, at: datetime, given: Given) -> Iterator[Event]:
    """The unit or the office says that a stage of the procedure was reached."""
    leg = file.working(act.leg_id)
    stage = _stage(act, given)
    _check_dates(file, act, at, stage)
    leg.stages = [*leg.stages, Reached(stage=act.stage, reached_at=at, dates=act.dates)]
    yield file.say_of(leg, events.StageReached, at, stage=act.stage, dates=act.dates)


def _stage(act: acts.Reach, given: Given) -> Stage:
    stages = {stage.stage: stage for stage in given.pack.stages}
    if not stages:
        raise Conflict("适用规则没有环节", f"{given.pack.ref} has no stages", "stage")
    if (stage := stages.get(act.stage)) is None:
        raise Invalid(
            f"没有这个环节；可用：{'、'.join(f'{s.stage}（{s.title.zh}）' for s in stages.values())}",
            f"no such stage: choose from {', '.join(stages)}",
            "stage",
        )
    if stage.by is By.UNIT and given.by.role == AccountRole.OFFICE:
        raise Forbidden(
            f"“{stage.title.zh}”由承办单位填报", f"the unit says that {stage.stage} was reached", "stage"
        )
    if stage.by is By.OFFICE and given.by.role == AccountRole.UNIT:
        raise Forbidden(
            f"“{stage.title.zh}”由营商环境办填报", f"the office says that {stage.stage} was reached", "stage"
        )
    return stage


def _check_dates(file: File, act: acts.Reach, at: datetime, stage: Stage) -> None:
    """A date may be past, where a plan is recorded late; what is missed by then is overdue at once."""
    if stage.dates != bool(act.dates):
        zh = "须填写日期" if stage.dates else "没有日期"
        en = "give its dates" if stage.dates else "leave dates out"
        raise Invalid(f"“{stage.title.zh}”{zh}", f"{stage.stage}: {en}", "dates")
    if len(set(act.dates)) < len(act.dates):
        raise Invalid("日期重复", "a date stands twice", "dates")
    for i, date in enumerate(act.dates):
        if not file.received_at < date <= at + FARTHEST:
            raise Invalid(
                "日期须在收到诉求之后，且不超过十年",
                "a date lies after the case was received, and at most ten years ahead",
                f"dates.{i}",
            )
    if act.amounts and len(act.amounts) != len(act.dates):
        raise Invalid("金额须与日期一一对应", "give one amount for each date", "amounts")
