"""Fields that several acts have."""

from services.desks.pages.acts.act import Field, Kind, Option, Source, options
from shared.rules.terms import Rank


def yes_no(zh_yes: str, en_yes: str, zh_no: str, en_no: str) -> tuple[Option, ...]:
    """The two answers of a question."""
    return (("true", zh_yes, en_yes), ("false", zh_no, en_no))


REASON = Field("reason", "理由", "Reason")
TEXT_FOR_ENTERPRISE = Field(
    "text",
    "写给企业的内容",
    "What the enterprise reads",
    Kind.AREA,
    hint_zh="企业凭回执码可以看到",
    hint_en="The enterprise reads this",
)
APPROVER = Field("approver", "批准人", "Approved by")
RANK = Field(
    "rank",
    "批准人层级",
    "Rank of who approved",
    Kind.CHOICE,
    optional=True,
    options=options(Rank),
    hint_zh="代为登记上级书面批准时填写",
    hint_en="Where you record what a higher rank approved on paper",
)
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
MEANT = Field("confirmed", "日期或时限确认无误", "The date or limit is meant", Kind.MEANT, optional=True)
EXTENDED = Field(
    "deadline",
    "延长哪一个时限",
    "Which limit",
    Kind.CHOICE,
    options=(
        ("completion", "办结", "completion"),
        ("reply", "回复", "reply"),
        ("contact", "联系", "contact"),
    ),
    preset="completion",
)


AGREED = yes_no("同意", "yes", "不同意", "no")
PAUSE_GROUND = Field("ground", "暂停事由", "Ground", Kind.CHOICE, optional=True, source=Source.PAUSE_GROUNDS)
EXTENSION_GROUND = Field(
    "ground", "延期事由", "Ground", Kind.CHOICE, optional=True, source=Source.EXTENSION_GROUNDS
)
