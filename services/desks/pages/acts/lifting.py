"""What the office and leaders do about a lifted case."""

from services.desks.pages.acts.act import About, Act, Field, Kind, Situation, Source
from services.desks.pages.acts.fields import MEANT, REASON
from services.desks.pages.acts.roles import LEADING, SUPERVISING

ACTS: tuple[Act, ...] = (
    Act(
        "instruct",
        "批示",
        "Instruct",
        "escalation",
        "/appeals/{id}/instructions",
        LEADING,
        About.CASE,
        (
            Field("instruction", "批示", "Instruction", Kind.AREA),
            Field("limit", "限期", "Limit", Kind.LIMIT, optional=True),
            Field("task_force", "组建专班", "Task force", Kind.BOXES, optional=True, source=Source.UNITS),
            MEANT,
        ),
        "限期从现在起算，代替提级办理的时限；专班单位可以看到本件。",
        "The limit runs from now, in place of that for lifted handling; the task force reads the case.",
        needs=Situation.LIFTED,
        is_first=True,
    ),
    Act(
        "sign-off",
        "签批销号",
        "Sign off",
        "escalation",
        "/appeals/{id}/sign-off",
        LEADING,
        About.CASE,
        (),
        "签批后，提级办理结束。",
        "Lifted handling ends.",
        needs=Situation.LIFTED,
        is_first=True,
    ),
    Act(
        "gather",
        "汇总梳理",
        "Gather for the leader",
        "escalation",
        "/appeals/{id}/gatherings",
        SUPERVISING,
        About.CASE,
        (Field("summary", "谁做了什么，卡在哪里", "Who did what, what is in the way", Kind.AREA),),
        "汇总后，提级事项送到领导。",
        "The lift then goes to the leader.",
        needs=Situation.GATHERING,
        is_first=True,
    ),
    Act(
        "name-leader",
        "另定牵头领导",
        "Name another leader",
        "escalation",
        "/appeals/{id}/leaders",
        SUPERVISING,
        About.CASE,
        (Field("leader", "牵头领导", "Leader", Kind.CHOICE, source=Source.LEADERS), REASON),
        "提级事项转给该领导，时限不变。",
        "The lifted case goes to this leader; no limit changes.",
        needs=Situation.LIFTED,
    ),
)
