"""What a unit asks for on its leg: more time, a pause, a leader, to be relieved of it."""

from services.desks.pages.acts.act import About, Act, Field, Kind
from services.desks.pages.acts.fields import EXTENDED, EXTENSION_GROUND, PAUSE_GROUND, REASON
from services.desks.pages.acts.roles import HANDLING, HEADING

ACTS: tuple[Act, ...] = (
    Act(
        "ask-extension",
        "申请延期",
        "Ask for more time",
        "dispatch",
        "/appeals/{id}/extension-requests",
        HANDLING,
        About.LEG,
        (EXTENDED, Field("limit", "延长为", "New limit", Kind.LIMIT), EXTENSION_GROUND, REASON),
        "批准之前，原时限仍在走。",
        "Until it is approved the limit runs on.",
    ),
    Act(
        "extend",
        "负责人书面延期",
        "Extend, signed by the head",
        "dispatch",
        "/appeals/{id}/extensions",
        HEADING,
        About.LEG,
        (
            EXTENDED,
            Field("limit", "延长为", "New limit", Kind.LIMIT),
            EXTENSION_GROUND,
            REASON,
            Field("signed_by", "签批人", "Signed by"),
        ),
        "规则允许单位负责人自行延期时有效，立即生效。",
        "It holds at once, where the rules leave it to the unit's head.",
    ),
    Act(
        "object",
        "派单异议",
        "Object to the dispatch",
        "dispatch",
        "/appeals/{id}/objections",
        HANDLING,
        About.LEG,
        (REASON,),
        "营商环境办裁定之前，原时限仍在走。",
        "Until the office decides the limits run on.",
    ),
    Act(
        "ask-pause",
        "申请暂停",
        "Ask for a pause",
        "dispatch",
        "/appeals/{id}/pause-requests",
        HANDLING,
        About.LEG,
        (PAUSE_GROUND, REASON),
        "批准之前，时限仍在走。",
        "Until it is approved the limits run on.",
    ),
    Act(
        "ask-lift",
        "申请提级",
        "Ask to lift",
        "dispatch",
        "/appeals/{id}/lift-requests",
        HEADING,
        About.LEG,
        (REASON, Field("signed_by", "签批人", "Signed by")),
        "时限不停，等待营商环境办汇总。",
        "No limit stops; the office gathers what it needs.",
    ),
)
