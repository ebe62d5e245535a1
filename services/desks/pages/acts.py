"""The acts on a case that pages offer: where they go, who may do them, what is typed, and what they stop.

One table, from which menus, forms and the bodies of requests are made. The services check everything again.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from services.desks.pages.forms import Form
from shared.named import Coded
from shared.roles import LEADER, OFFICE, OPERATOR, UNIT, AccountRole
from shared.rules.terms import Mark, Rank, Role
from shared.rules.time.limits import LimitUnit
from shared.states import LegState
from shared.web.purposes import Purpose

Option = tuple[str, str, str]
"""A value, and its words in Chinese and English."""


class About(StrEnum):
    """What an act is about."""

    CASE = "case"
    LEG = "leg"  # a leg of the person's unit; for the office any leg
    CARD = "card"


class Kind(StrEnum):
    """How a field is typed."""

    LINE = "line"
    AREA = "area"
    CHOICE = "choice"
    BOXES = "boxes"
    YES_NO = "yes_no"
    DAY = "day"
    LIMIT = "limit"  # a number and what it counts: the fields `<name>_number` and `<name>_unit`


class Field(NamedTuple):
    """A field of an act: its name in the request, its words, and how it is typed."""

    name: str
    zh: str
    en: str
    kind: Kind = Kind.LINE
    optional: bool = False
    options: tuple[Option, ...] = ()
    hint_zh: str = ""
    hint_en: str = ""
    preset: str = ""
    """What is chosen where nobody chooses."""


class Act(NamedTuple):
    """An act. `effect` says what it stops or starts; `states` of the leg in which it is offered."""

    key: str
    zh: str
    en: str
    service: str
    path: str
    roles: frozenset[AccountRole]
    about: About
    fields: tuple[Field, ...]
    effect_zh: str
    effect_en: str
    states: frozenset[LegState] = frozenset({LegState.OPEN, LegState.PAUSED})
    is_first: bool = False
    """Whether it stands before the others, as a button of its own."""
    shows: str = ""
    """The template that shows the answer, of an act that is done to read something."""


def options(codes: type[Coded]) -> tuple[Option, ...]:
    """The codes as options; the English words are the codes."""
    return tuple((member.value, member.zh, member.value.replace("_", " ")) for member in codes)


REASON = Field("reason", "理由", "Reason")
TEXT_FOR_ENTERPRISE = Field(
    "text",
    "写给企业的内容",
    "What the enterprise reads",
    Kind.AREA,
    hint_zh="企业凭回执码可以看到",
    hint_en="The enterprise reads this",
)
APPROVED = (
    Field("approver", "批准人", "Approved by"),
    Field("rank", "批准人层级", "Rank of who approved", Kind.CHOICE, optional=True, options=options(Rank)),
)
YES_NO: tuple[Option, ...] = (("true", "同意", "yes"), ("false", "不同意", "no"))
VISIBILITY = Field(
    "visibility",
    "谁能看到",
    "Who reads it",
    Kind.CHOICE,
    options=(
        ("public", "企业和单位", "the enterprise and the units"),
        ("internal", "仅单位和营商环境办", "units and the office alone"),
    ),
    preset="public",
)
OUTCOMES: tuple[Option, ...] = (
    ("solved", "已解决", "solved"),
    ("planned", "已列入计划，写明日期", "planned, by a day"),
    ("explained", "不能解决，已解释说明", "cannot be solved, and was explained"),
)
OF_UNIT, OF_OFFICE, OF_LEADER = frozenset({UNIT}), frozenset({OFFICE}), frozenset({LEADER})

ACTS: tuple[Act, ...] = (
    Act(
        "read_contact",
        "查看完整联系方式",
        "Read whom to contact in full",
        "intake",
        "/appeals/{id}/contact-readings",
        frozenset({OPERATOR, OFFICE, UNIT, LEADER}),
        About.CASE,
        (
            Field("purpose", "用途", "What for", Kind.CHOICE, options=options(Purpose)),
            Field(
                "reason", "事由", "Reason", optional=True, hint_zh="用途为“其他”的须填", hint_en="For other"
            ),
        ),
        "何人、何时、从何处、为何查看，都会留有记录，审计员可以查阅。",
        "Who read it, when, from where and why is on record for auditors.",
        shows="case/contact.html",
    ),
    Act(
        "contact",
        "记录联系",
        "Record a contact",
        "dispatch",
        "/appeals/{id}/contacts",
        OF_UNIT | OF_OFFICE,
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
        OF_UNIT,
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
        OF_UNIT,
        About.LEG,
        (
            Field("outcome", "结果", "Outcome", Kind.CHOICE, options=OUTCOMES),
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
        ),
        "办结后，办结时限即告完成，企业可以评价。",
        "The time to complete ends, and the enterprise may rate.",
        is_first=True,
    ),
    Act(
        "ask-extension",
        "申请延期",
        "Ask for more time",
        "dispatch",
        "/appeals/{id}/extension-requests",
        OF_UNIT,
        About.LEG,
        (Field("limit", "延长为", "New limit", Kind.LIMIT), REASON),
        "批准之前，原时限仍在走。",
        "Until it is approved the limit runs on.",
    ),
    Act(
        "object",
        "派单异议",
        "Object to the dispatch",
        "dispatch",
        "/appeals/{id}/objections",
        OF_UNIT,
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
        OF_UNIT,
        About.LEG,
        (REASON,),
        "批准之前，时限仍在走。",
        "Until it is approved the limits run on.",
    ),
    Act(
        "refuse",
        "不予办理",
        "Refuse",
        "dispatch",
        "/appeals/{id}/refusals",
        OF_UNIT,
        About.LEG,
        (REASON, VISIBILITY),
        "按规定，不予办理的事项会提级。",
        "What is refused is lifted, where the rules say so.",
    ),
    Act(
        "ask-lift",
        "申请提级",
        "Ask to lift",
        "dispatch",
        "/appeals/{id}/lift-requests",
        OF_UNIT,
        About.LEG,
        (REASON, Field("signed_by", "签批人", "Signed by")),
        "时限不停，等待营商环境办汇总。",
        "No limit stops; the office gathers what it needs.",
    ),
    Act(
        "acknowledge-card",
        "签收黄牌",
        "Acknowledge the card",
        "escalation",
        "/appeals/{id}/cards/acknowledged",
        OF_UNIT,
        About.CARD,
        (),
        "签收不等于认可，仍可申诉。",
        "To acknowledge is not to agree: it may still be contested.",
    ),
    Act(
        "contest-card",
        "申诉黄牌",
        "Contest the card",
        "escalation",
        "/appeals/{id}/cards/appealed",
        OF_UNIT,
        About.CARD,
        (REASON,),
        "由营商环境办裁定；裁定前黄牌有效。",
        "The office decides; until then the card stands.",
    ),
    Act(
        "assign",
        "交办",
        "Dispatch",
        "dispatch",
        "/appeals/{id}/assignments",
        OF_OFFICE,
        About.CASE,
        (
            Field("units", "交给哪些单位", "To which units", Kind.BOXES),
            Field("lead", "主办单位", "Lead unit", Kind.CHOICE),
            Field("marks", "标记", "Marks", Kind.BOXES, optional=True, options=options(Mark)),
        ),
        "交办后，各单位的时限从现在起算。",
        "The limits of the units begin now.",
        is_first=True,
    ),
    Act(
        "refer",
        "引导到其他渠道",
        "Guide elsewhere",
        "dispatch",
        "/appeals/{id}/referrals",
        OF_OFFICE,
        About.CASE,
        (Field("to", "引导到哪里", "Where to"), REASON),
        "本系统不再计时；企业可以提出异议。",
        "No limit runs any more; the enterprise may object.",
    ),
    Act(
        "decide-objection",
        "裁定派单异议",
        "Decide the objection",
        "dispatch",
        "/appeals/{id}/objection-decisions",
        OF_OFFICE,
        About.LEG,
        (Field("upheld", "异议是否成立", "Is the objection right?", Kind.YES_NO, options=YES_NO), REASON),
        "成立的，该单位不再承办，须另行交办。",
        "If it is, the unit is relieved, and another must be found.",
    ),
    Act(
        "decide-extension",
        "审批延期",
        "Decide the extension",
        "dispatch",
        "/appeals/{id}/extension-decisions",
        OF_OFFICE | OF_LEADER,
        About.LEG,
        (Field("approved", "是否同意", "Approved?", Kind.YES_NO, options=YES_NO), *APPROVED, REASON),
        "同意的，时限按批准的延长。",
        "If it is, the limit becomes longer.",
    ),
    Act(
        "decide-pause",
        "审批暂停",
        "Decide the pause",
        "dispatch",
        "/appeals/{id}/pause-decisions",
        OF_OFFICE | OF_LEADER,
        About.LEG,
        (Field("approved", "是否同意", "Approved?", Kind.YES_NO, options=YES_NO), *APPROVED, REASON),
        "同意的，时限从现在起暂停。",
        "If it is, the limits stand still from now.",
    ),
    Act(
        "resume",
        "恢复计时",
        "Resume",
        "dispatch",
        "/appeals/{id}/resumptions",
        OF_OFFICE,
        About.LEG,
        (),
        "时限继续走，暂停的时间顺延。",
        "The limits run on, later by the pause.",
        states=frozenset({LegState.PAUSED}),
    ),
    Act(
        "urge",
        "催办",
        "Urge",
        "dispatch",
        "/appeals/{id}/urgings",
        OF_OFFICE,
        About.LEG,
        (Field("text", "写给单位的话", "For the unit"),),
        "只提醒，不改变时限。",
        "A reminder: no limit changes.",
    ),
    Act(
        "close",
        "销号",
        "Close",
        "dispatch",
        "/appeals/{id}/closures",
        OF_OFFICE,
        About.CASE,
        (
            Field("text", "写给企业的话", "What the enterprise reads", Kind.AREA, optional=True),
            Field(
                "reason",
                "理由（企业不满意时须写）",
                "Reason (needed against the enterprise's word)",
                optional=True,
            ),
            *(each._replace(optional=True) for each in APPROVED),
        ),
        "销号后本件结束。",
        "The case ends.",
    ),
    Act(
        "note",
        "内部备注",
        "Internal note",
        "dispatch",
        "/appeals/{id}/notes",
        OF_OFFICE | OF_UNIT | OF_LEADER | frozenset({OPERATOR}),
        About.CASE,
        (
            Field(
                "text",
                "备注",
                "Note",
                Kind.AREA,
                hint_zh="企业看不到",
                hint_en="The enterprise never reads it",
            ),
        ),
        "不影响时限。",
        "No limit changes.",
    ),
    Act(
        "gather",
        "汇总梳理",
        "Gather for the leader",
        "escalation",
        "/appeals/{id}/gatherings",
        OF_OFFICE,
        About.CASE,
        (Field("summary", "谁做了什么，卡在哪里", "Who did what, what is in the way", Kind.AREA),),
        "汇总后，提级事项送到领导。",
        "The lift then goes to the leader.",
    ),
    Act(
        "instruct",
        "批示",
        "Instruct",
        "escalation",
        "/appeals/{id}/instructions",
        OF_LEADER,
        About.CASE,
        (
            Field("instruction", "批示", "Instruction", Kind.AREA),
            Field("limit", "限期", "Limit", Kind.LIMIT, optional=True),
        ),
        "限期从现在起算，代替提级办理的时限。",
        "The limit runs from now, in place of that for lifted handling.",
        is_first=True,
    ),
    Act(
        "sign-off",
        "签批销号",
        "Sign off",
        "escalation",
        "/appeals/{id}/sign-off",
        OF_LEADER,
        About.CASE,
        (),
        "签批后，提级办理结束。",
        "Lifted handling ends.",
        is_first=True,
    ),
)
BY_KEY = {act.key: act for act in ACTS}


def offered(role: AccountRole | None, about: About, state: LegState | None = None) -> list[Act]:
    """The acts that a role is offered, on a leg in this state."""
    return [
        act
        for act in ACTS
        if role in act.roles and act.about is about and (state is None or state in act.states)
    ]


def body_of(act: Act, form: Form, subject: str | None) -> dict[str, Any]:
    """The body of the request that a form comes to; `subject` is the id of the leg or the card."""
    body: dict[str, Any] = {f"{act.about}_id": subject} if act.about is not About.CASE else {}
    if act.key == "assign":
        return {**body, "legs": _legs(form), "marks": list(form.all("marks"))}
    for field in act.fields:
        value = _value(field, form)
        if value is not None:
            body[field.name] = value
    return body


def _legs(form: Form) -> list[dict[str, str]]:
    """The legs of a dispatch: the lead unit's, then those that assist."""
    lead = form["lead"]
    units = ([lead] if lead else []) + [unit for unit in form.all("units") if unit != lead]
    first = lead or next(iter(units), "")
    return [{"unit": unit, "role": Role.LEAD if unit == first else Role.ASSIST} for unit in units]


def _value(field: Field, form: Form) -> Any:
    match field.kind:
        case Kind.LIMIT:
            return _limit(field.name, form)
        case Kind.BOXES:
            return list(form.all(field.name))
        case Kind.YES_NO:
            return {"true": True, "false": False}.get(form[field.name])
        case _:
            return form[field.name] or (None if field.optional else "")


def _limit(name: str, form: Form) -> dict[str, Any] | None:
    number = form[f"{name}_number"]
    if not number:
        return None
    return {"number": int(number) if number.isdecimal() else number, "unit": form[f"{name}_unit"]}


LIMIT_UNITS: Sequence[Option] = options(LimitUnit)
FIELDS_OF_REQUESTS: Mapping[str, str] = {
    "limit.number": "limit_number",
    "limit": "limit_number",
    "legs": "units",
}
"""The field of a page by the field that a service names in a refusal."""
