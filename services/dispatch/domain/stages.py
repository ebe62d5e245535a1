"""The stages (环节) of a pack's procedure that a leg reaches. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.dispatch import acts
from services.dispatch.document import AppealDocument, ReachedStage
from services.dispatch.domain.bounds import check_stages
from services.dispatch.domain.context import ActContext
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.pack.desks import By, Stage
from shared.service.errors import Conflict, Forbidden, Invalid

FARTHEST = timedelta(days=3660)
"""How far ahead a date may lie: as far as the longest limit in days that a pack can set."""


def reach(appeal: AppealDocument, act: acts.Reach, context: ActContext) -> Iterator[Event]:
    """The unit or the office reports that a stage (环节) of the procedure was reached."""
    leg = appeal.working(act.leg_id)
    stage = _stage(act, context)
    _check_dates(appeal, act, context.at, stage)
    check_stages(appeal, len(act.dates))
    leg.stages = [*leg.stages, ReachedStage(stage=act.stage, reached_at=context.at, dates=act.dates)]
    yield appeal.leg_event(leg, events.StageReached, context.at, stage=act.stage, dates=act.dates)


def _stage(act: acts.Reach, context: ActContext) -> Stage:
    stages = {stage.stage: stage for stage in context.pack.stages}
    if not stages:
        raise Conflict("适用规则没有环节", f"{context.pack.ref} has no stages", "stage")
    if (stage := stages.get(act.stage)) is None:
        choices = "、".join(f"{code}（{known.title.zh}）" for code, known in stages.items())
        raise Invalid(
            f"没有这个环节；可用：{choices}",
            f"no such stage: choose from {', '.join(stages)}",
            "stage",
        )
    if stage.by is By.UNIT and context.by.role == AccountRole.OFFICE:
        raise Forbidden(
            f"“{stage.title.zh}”由承办单位填报", f"the unit says that {stage.stage} was reached", "stage"
        )
    if stage.by is By.OFFICE and context.by.role == AccountRole.UNIT:
        raise Forbidden(
            f"“{stage.title.zh}”由营商环境办填报", f"the office says that {stage.stage} was reached", "stage"
        )
    return stage


def _check_dates(appeal: AppealDocument, act: acts.Reach, at: datetime, stage: Stage) -> None:
    """Raise `Invalid` for dates that do not fit the stage.

    A date may lie in the past, where a plan is recorded late: its deadline is then overdue at once.
    """
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
    if act.amounts and len(act.amounts) != len(act.dates):
        raise Invalid("金额须与日期一一对应", "give one amount for each date", "amounts")
