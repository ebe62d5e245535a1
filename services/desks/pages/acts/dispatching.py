"""What the office does where it says which unit has an appeal."""

from services.desks.pages.acts.act import UNHANDLED, About, Act, Field, Kind, Situation, Source, options
from services.desks.pages.acts.fields import APPROVER, MEANT, RANK, REASON, VISIBILITY, yes_no
from services.desks.pages.acts.roles import DISPATCHING, HANDLING
from services.desks.rows.states import WaitingKind
from shared.rules.judging.state import CaseState
from shared.rules.terms import Mark, Role

RECEIVER = Field("receiver", "接收单位或人员", "Who received it there")
REFERENCE = Field("reference", "对方编号", "Their number of it", optional=True)
REMARKS = Field(
    "remarks", "交办意见（单位可见，企业不可见）", "Remarks for the units", Kind.AREA, optional=True
)
ACTS: tuple[Act, ...] = (
    Act(
        "assign",
        "交办",
        "Dispatch",
        "dispatch",
        "/appeals/{id}/assignments",
        DISPATCHING,
        About.CASE,
        (
            Field("units", "交给哪些单位", "To which units", Kind.BOXES, source=Source.UNITS),
            Field("lead", "主办单位", "Lead unit", Kind.CHOICE, source=Source.UNITS),
            Field("marks", "标记", "Marks", Kind.BOXES, optional=True, options=options(Mark)),
            REMARKS,
            MEANT,
        ),
        "交办后，各单位的时限从现在起算。",
        "The limits of the units begin now.",
        cases=UNHANDLED,
        is_first=True,
    ),
    Act(
        "decide-objection",
        "裁定派单异议",
        "Decide the objection",
        "dispatch",
        "/appeals/{id}/objection-decisions",
        DISPATCHING,
        About.LEG,
        (
            Field(
                "upheld",
                "异议是否成立",
                "Is the objection right?",
                Kind.YES_NO,
                options=yes_no("成立", "right", "不成立", "not right"),
            ),
            REASON,
        ),
        "成立的，该单位不再承办，须另行交办。",
        "If it is, the unit is relieved, and another must be found.",
        needs=WaitingKind.OBJECTION,
        is_first=True,
    ),
    Act(
        "reassign",
        "改派",
        "Give to another unit",
        "dispatch",
        "/appeals/{id}/reassignments",
        DISPATCHING,
        About.LEG,
        (
            Field("unit", "改派给", "To which unit", Kind.CHOICE, optional=True, source=Source.UNITS),
            Field("role", "承办身份", "Its part", Kind.CHOICE, optional=True, options=options(Role)),
            REASON,
            REMARKS,
            APPROVER._replace(optional=True, hint_zh="再次改派时须写明", hint_en="For a second reassignment"),
            RANK,
            MEANT,
        ),
        "原单位的办件结束，它超过的时限仍算它的；新单位的时限从现在起算。不选单位的，须另行交办。",
        "The unit is relieved, what it missed stays its own; the limits of the new unit begin now.",
    ),
    Act(
        "mark",
        "标注",
        "Mark",
        "dispatch",
        "/appeals/{id}/marks",
        DISPATCHING,
        About.CASE,
        (Field("marks", "标记", "Marks", Kind.BOXES, options=options(Mark)), REASON),
        "标为跨部门、跨层级或者历史遗留的，按规则提级。",
        "What crosses departments or levels, or is inherited, is lifted where the rules say so.",
        cases=UNHANDLED,
    ),
    Act(
        "refer",
        "引导到其他渠道",
        "Guide elsewhere",
        "dispatch",
        "/appeals/{id}/referrals",
        DISPATCHING | HANDLING,
        About.CASE,
        (
            Field("to", "引导到哪里", "Where to", Kind.CHOICE, source=Source.DESTINATIONS),
            REASON,
            APPROVER._replace(optional=True, hint_zh="提级事项须写明", hint_en="For a lifted appeal"),
            RANK,
        ),
        "本系统不再计时；企业可以提出异议。",
        "No limit runs any more; the enterprise may object.",
        cases=UNHANDLED,
        needs=Situation.REFERRAL,
    ),
    Act(
        "receive-elsewhere",
        "登记引导承接",
        "Record that it was received there",
        "dispatch",
        "/appeals/{id}/referral-receipts",
        DISPATCHING,
        About.CASE,
        (
            RECEIVER,
            REFERENCE,
            Field("text", "写给企业的话", "What the enterprise reads", Kind.AREA, optional=True),
            VISIBILITY,
        ),
        "对方已接收，本件结束。",
        "It was received there, and the case ends.",
        cases=frozenset({CaseState.REFERRED}),
        is_first=True,
    ),
    Act(
        "take-back",
        "收回引导",
        "Take it back",
        "dispatch",
        "/appeals/{id}/referral-returns",
        DISPATCHING,
        About.CASE,
        (
            Field(
                "objected",
                "为什么收回",
                "Why",
                Kind.YES_NO,
                options=yes_no(
                    "企业有异议，理由成立", "the enterprise objects", "对方未接收", "it was not taken"
                ),
            ),
            REASON,
        ),
        "未办结的单位开始新一次办理。",
        "The units that had not completed it begin their next round.",
        cases=frozenset({CaseState.REFERRED}),
    ),
    Act(
        "merge",
        "并单",
        "Merge",
        "intake",
        "/appeals/{id}/merges",
        DISPATCHING,
        About.CASE,
        (
            Field("lead", "并入哪一件（编号）", "Into which (number)", hint_zh="例如 BZ-20261109-00001"),
            REASON,
        ),
        "两件一并办理；本件保留自己的编号、时限和评价。",
        "Both are handled as one; this case keeps its number, limits and rating.",
        cases=UNHANDLED,
    ),
)
