"""The messages that carry a code. They are written to no inbox and stored nowhere. Pure."""

from typing import Literal

from services.notify.messages.words import Language
from shared.rules.wording.words import Bilingual

Purpose = Literal["receipt_code", "proof"]
_SUBJECTS: dict[Purpose, Bilingual] = {
    "receipt_code": Bilingual("您的新回执码（{number}）", "Your new receipt code ({number})"),
    "proof": Bilingual("您的验证码", "Your code"),
}
_BODIES: dict[Purpose, Bilingual] = {
    "receipt_code": Bilingual(
        "诉求 {number} 的新回执码为 {code}，首次使用后原回执码失效。请勿转告他人；如非本人申请，可不予理会。",
        "The new receipt code of appeal {number} is {code}. Once you use it, the old one is valid no more. "
        "Tell nobody. If you did not ask for it, leave it be.",
    ),
    "proof": Bilingual(
        "您的验证码为 {code}，10 分钟内有效，用于查询本联系方式登记的诉求。"
        "请勿转告他人；如非本人申请，可不予理会。",
        "Your code is {code}, valid for 10 minutes, to see the appeals registered with this contact. "
        "Tell nobody. If you did not ask for it, leave it be.",
    ),
}


def code_message(purpose: Purpose, code: str, number: str, language: Language) -> tuple[str, str]:
    """Subject and body of the message with this code."""
    values = {"code": code, "number": number}
    return language.of(_SUBJECTS[purpose]).format(**values), language.of(_BODIES[purpose]).format(**values)
