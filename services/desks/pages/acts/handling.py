"""What a unit does on its leg."""

from services.desks.pages.acts.act import About, Act, Field, Kind, Situation, Source, options
from services.desks.pages.acts.fields import MEANT, REASON, TEXT_FOR_ENTERPRISE, VISIBILITY
from services.desks.pages.acts.roles import DISPATCHING, HANDLING, HEADING
from shared.events import Outcome
from shared.roles import OFFICE, SUPERVISOR, only
from shared.states import LegState

OUTCOMES = {
    "solved": ("已解决", "solved"),
    "planned": ("已列入计划，写明日期", "planned, by a day"),
    "explained": ("不能解决，已解释说明", "cannot be solved, and was explained"),
}
ACTS: tuple[Act, ...] = (
    Act(
        "contact",
        "记录联系",
        "Record a contact",
        "dispatch",
        "/appeals/{id}/contacts",
        HANDLING | DISPATCHING,
        About.LEG,
        (
            Field("how", "怎么联系的", "How", hint_zh="电话、见面、微信…", hint_en="By phone, in person…"),
            Field("who", "联系了谁", "Who was spoken to", optional=True),
            Field("text", "谈了什么", "What was said", Kind.AREA, optional=True),
            VISIBILITY,
        ),
        "记录后，联系企业的时限即告完成。",
        "The time to contact the enterprise ends.",
        is_first=True,
    ),
    Act(
        "reply",
        "回复办理情况",
        "Reply",
        "dispatch",
        "/appeals/{id}/replies",
        HANDLING,
        About.LEG,
        (TEXT_FOR_ENTERPRISE,),
        "回复后，本次回复时限即告完成；办结时限仍在走。",
        "The time to reply ends; the time to complete runs on.",
        is_first=True,
    ),
    Act(
        "complete",
        "办结",
        "Complete",
        "dispatch",
        "/appeals/{id}/completions",
        HANDLING,
        About.LEG,
        (
            Field(
                "outcome",
                "结果",
                "Outcome",
                Kind.CHOICE,
                options=tuple((value, *OUTCOMES[value]) for value, *_ in options(Outcome)),
            ),
            TEXT_FOR_ENTERPRISE,
            Field(
                "planned_on",
                "计划完成的日期",
                "Planned day",
                Kind.DAY,
                optional=True,
                hint_zh="选择“已列入计划”时填写",
                hint_en="For a planned outcome",
            ),
            MEANT,
        ),
        "办结后，办结时限即告完成，企业可以评价；列入计划的，日期成为承诺。",
        "The time to complete ends, and the enterprise may rate; a planned day becomes a promise.",
        is_first=True,
    ),
    Act(
        "reach-stage",
        "填报环节",
        "Report a stage",
        "dispatch",
        "/appeals/{id}/stages",
        HANDLING | only(OFFICE, SUPERVISOR),
        About.LEG,
        (
            Field("stage", "环节", "Stage", Kind.CHOICE, source=Source.STAGES),
            Field("text", "情况说明", "What happened", Kind.AREA),
            Field(
                "amount",
                "金额（元）",
                "Amount (yuan)",
                optional=True,
                hint_zh="欠款总额或本次支付额",
                hint_en="What is owed, or was paid",
            ),
            VISIBILITY,
            MEANT,
        ),
        "环节的时限即告完成；须双方确认的，确认后才算数。",
        "The limit of the stage ends; what needs both sides counts once it is confirmed.",
        states=frozenset({LegState.OPEN, LegState.PAUSED, LegState.COMPLETED}),
        needs=Situation.STAGES,
    ),
    Act(
        "refuse",
        "不予办理",
        "Refuse",
        "dispatch",
        "/appeals/{id}/refusals",
        HEADING,
        About.LEG,
        (REASON, VISIBILITY),
        "按规定，不予办理的事项会提级。",
        "What is refused is lifted, where the rules say so.",
    ),
)
