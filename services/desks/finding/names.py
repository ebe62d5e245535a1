"""The Chinese names that people may type in a filter, beside the codes."""

from collections.abc import Mapping

from pydantic import BeforeValidator

from shared.rules.judging.state import CaseState
from shared.rules.wording.words import Bilingual

STATES = {
    CaseState.REGISTERED: Bilingual("已登记", "registered"),
    CaseState.DISPATCHED: Bilingual("办理中", "dispatched"),
    CaseState.LIFTED: Bilingual("提级办理", "lifted"),
    CaseState.COMPLETED: Bilingual("已办结", "completed"),
    CaseState.REFERRED: Bilingual("已引导", "referred"),
    CaseState.WITHDRAWN: Bilingual("已撤回", "withdrawn"),
    CaseState.CLOSED: Bilingual("已销号", "closed"),
    CaseState.APPROVED: Bilingual("视为同意", "approved"),
}
URGENCIES = {
    "normal": Bilingual("一般", "normal"),
    "urgent": Bilingual("紧急", "urgent"),
    "emergency": Bilingual("特急", "emergency"),
}
WAITING = {
    "objection": Bilingual("派单异议", "an objection"),
    "extension": Bilingual("延期", "an extension"),
    "pause": Bilingual("暂停", "a pause"),
    "lift": Bilingual("提级请求", "a request to lift"),
    "stage": Bilingual("环节确认", "a stage"),
    "card": Bilingual("黄牌申诉", "a contested card"),
    "complaint": Bilingual("投诉", "a complaint to the office"),
    "referral": Bilingual("引导异议", "an objection to a referral"),
    "publication": Bilingual("公开审核", "a publication"),
}


def or_chinese(names: Mapping[str, Bilingual]) -> BeforeValidator:
    """Takes the Chinese name of a word for its code; all else is left to be validated."""
    codes = {name.zh: str(code) for code, name in names.items()}
    return BeforeValidator(lambda value: codes.get(value.strip(), value) if isinstance(value, str) else value)
