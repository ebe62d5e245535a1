"""The assignment (交办单): what the office hands to a unit, with the deadlines that run. Pure."""

from services.dispatch.papers.paper import OFFICE, Paper, PaperContext, facts, limits
from shared.events import Verdict


def assignment(context: PaperContext) -> Paper:
    """The assignment of one leg, dated on the day of its dispatch."""
    leg = context.leg
    dated_at = leg.assigned_at or context.appeal.received_at
    if leg.role.handles:
        opening = "现将下列诉求交你单位办理。请按时限联系企业、回复办理情况并办结。"
    else:
        opening = "下列诉求由其他单位承办，请你单位按所列分工跟进。"
    return Paper(
        title="诉求交办单",
        number=context.number("J"),
        to=f"{leg.unit_name or leg.unit}：",
        opening=(opening,),
        facts=(*facts(context), *([("交办意见", context.remarks)] if context.remarks else [])),
        limits=limits(context.judged(Verdict.OPEN, Verdict.OVERDUE), context),
        demands=(
            "不属于本单位职责的，请及时提出派单异议；裁定之前时限照常计算。",
            "需要延期或者暂停计时的，请在时限届满前申请。",
            "诉求内容、联系人和联系方式请在系统中查看，不在本单打印。",
        ),
        office=OFFICE,
        dated=context.on(dated_at),
        day=context.day(dated_at),
        blanks=("签收人：", "签收时间："),
    )
