"""What staff do beside handling: notes, additions, joint studies, other hotlines."""

from services.desks.pages.acts.act import (
    EVERY_STATE,
    UNHANDLED,
    About,
    Act,
    Field,
    Kind,
    Situation,
    Source,
    options,
)
from services.desks.pages.acts.fields import REASON
from services.desks.pages.acts.roles import STUDYING, TAKING_CALLS
from shared.roles import LEADER, OFFICE_STAFF, OPERATOR, STAFF, UNIT_STAFF, only
from shared.web.purposes import Purpose

RECEIVER = Field("receiver", "接收单位或人员", "Who received it there")
REFERENCE = Field("reference", "对方编号", "Their number of it", optional=True)
ACTS: tuple[Act, ...] = (
    Act(
        "read-contact",
        "查看完整联系方式",
        "Read whom to contact in full",
        "intake",
        "/appeals/{id}/contact-readings",
        OFFICE_STAFF | UNIT_STAFF | {OPERATOR, LEADER},
        About.CASE,
        (
            Field("purpose", "用途", "What for", Kind.CHOICE, options=options(Purpose)),
            Field(
                "reason", "事由", "Reason", optional=True, hint_zh="用途为“其他”的须填", hint_en="For other"
            ),
        ),
        "何人、何时、从何处、为何查看，都会留有记录，审计员可以查阅。",
        "Who read it, when, from where and why is on record for auditors.",
        cases=EVERY_STATE,
        shows="case/contact.html",
    ),
    Act(
        "note",
        "内部备注",
        "Internal note",
        "dispatch",
        "/appeals/{id}/notes",
        STAFF | only(OPERATOR, LEADER),
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
        cases=EVERY_STATE,
    ),
    Act(
        "add",
        "登记企业补充的情况",
        "Write down what the enterprise adds",
        "intake",
        "/appeals/{id}/additions",
        TAKING_CALLS,
        About.CASE,
        (Field("text", "补充的情况", "What is added", Kind.AREA),),
        "承办单位可以看到；时限不变。",
        "The units read it; no limit changes.",
    ),
    Act(
        "ask-study",
        "发起会商",
        "Ask for a joint study",
        "dispatch",
        "/appeals/{id}/studies",
        STUDYING,
        About.CASE,
        (
            Field("units", "邀请哪些单位", "Which units", Kind.BOXES, source=Source.UNITS),
            Field("limit", "多久内提交意见", "Opinions within", Kind.LIMIT),
            Field("question", "请研究的问题", "The question", Kind.AREA),
        ),
        "受邀单位可以看到本件；办理时限不停。",
        "The invited units read the case; no limit of handling stops.",
        cases=UNHANDLED,
    ),
    Act(
        "answer-study",
        "提交会商意见",
        "Give an opinion",
        "dispatch",
        "/appeals/{id}/study-answers",
        STUDYING,
        About.CASE,
        (
            Field("number", "哪一次会商", "Which study", Kind.CHOICE, source=Source.OPEN_STUDIES),
            Field("text", "意见", "Opinion", Kind.AREA),
            Field(
                "unit",
                "哪个单位的书面意见",
                "Whose opinion on paper",
                Kind.CHOICE,
                optional=True,
                source=Source.UNITS,
                hint_zh="营商环境办代为登记时选择",
                hint_en="Where the office records it",
            ),
        ),
        "参加会商的各单位都能看到。",
        "All units of the study read it.",
        needs=Situation.STUDY,
    ),
    Act(
        "close-study",
        "结束会商",
        "Close the study",
        "dispatch",
        "/appeals/{id}/study-closures",
        STUDYING,
        About.CASE,
        (
            Field("number", "哪一次会商", "Which study", Kind.CHOICE, source=Source.OPEN_STUDIES),
            Field("conclusion", "会商结论", "Conclusion", Kind.AREA),
        ),
        "未提交的意见不再等待。",
        "Missing opinions are not waited for any more.",
        needs=Situation.STUDY,
    ),
    Act(
        "transfer",
        "转接其他热线",
        "Hand over to a hotline",
        "dispatch",
        "/appeals/{id}/transfers",
        TAKING_CALLS,
        About.CASE,
        (
            Field(
                "to", "热线号码", "Number of the hotline", hint_zh="如 110、12315", hint_en="Like 110, 12315"
            ),
            REASON,
        ),
        "本件继续办理，时限不停。",
        "The case goes on here, and no limit stops.",
    ),
    Act(
        "receive-transfer",
        "登记转接回执",
        "Record the receipt",
        "dispatch",
        "/appeals/{id}/transfer-receipts",
        TAKING_CALLS,
        About.CASE,
        (
            Field("number", "哪一次转接", "Which transfer", Kind.CHOICE, source=Source.OPEN_TRANSFERS),
            RECEIVER._replace(name="receipt.receiver"),
            REFERENCE._replace(name="receipt.reference"),
        ),
        "对方已接收；本件继续办理。",
        "It was taken there; the case goes on here.",
        needs=Situation.TRANSFER,
    ),
)
