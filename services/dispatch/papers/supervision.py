"""The supervision letter (督办函): what a unit has let pass, and that it must act. Pure."""

from datetime import datetime

from services.dispatch.papers.paper import OFFICE, Paper, PaperContext, facts, limits
from shared.events import Verdict
from shared.service.errors import Conflict


def supervision(context: PaperContext, at: datetime) -> Paper:
    """The letter to the unit of one leg, dated `at`. Raises `Conflict` where nothing is to be supervised."""
    leg = context.leg
    late = tuple(context.judged(Verdict.OVERDUE))
    if not late and not leg.urged:
        raise Conflict(
            "该承办件没有超期的时限，也未催办过：请先催办，再出具督办函",
            "no deadline of this leg is overdue and nobody urged its unit: urge it before you write a letter",
            "leg_id",
        )
    return Paper(
        title="督办函",
        number=context.number("D"),
        to=f"{leg.unit_name or leg.unit}：",
        opening=(_opening(context, len(late)),),
        facts=tuple(facts(context)),
        limits=limits(late, context),
        demands=(
            "请你单位立即办理，向企业回复办理情况，并向营商环境办书面说明原因和办结时间。",
            "原时限不因本函改变。",
        ),
        office=OFFICE,
        dated=context.on(at),
        day=context.day(at),
        blanks=("签收人：", "签收时间："),
    )


def _opening(context: PaperContext, late: int) -> str:
    grounds = [f"有 {late} 项时限已超期"] if late else []
    if context.leg.urged and context.leg.urged_at:
        grounds.append(
            f"经 {context.leg.urged} 次催办（最近一次为 {context.when(context.leg.urged_at)}）仍未办结"
        )
    return f"你单位承办的下列诉求{'，'.join(grounds)}。现予督办。"
