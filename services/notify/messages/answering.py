"""The text that a message to an enterprise carries: what its unit or the office wrote for it. Pure.

Notify stores no such text: it asks dispatch when a message leaves, and when the enterprise reads its inbox.
"""

from collections.abc import Iterable
from datetime import datetime

from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.routing import table
from services.notify.messages.words import Language
from shared.appeals.answers import PublicAnswer
from shared.rules.wording.words import Bilingual

WHOLE = (ChannelKind.MAIL, ChannelKind.WEBHOOK)
"""The channels that carry a text of any length; the others carry its beginning."""
BEGINNING = 60
"""Characters."""
_HEADING = Bilingual("办理单位的答复：", "What was answered:")
_REST = Bilingual("（全文请凭挂号编号和回执码查询）", "(read all of it with your number and receipt code)")


def carries_answer(recipient: str, template: str) -> bool:
    """Whether a message carries the text of an answer."""
    return recipient.startswith("enterprise:") and table().answered_event(template) is not None


def text_of(answers: Iterable[PublicAnswer], template: str, occurred_at: datetime) -> str | None:
    """The text of the answer that a message tells of; None where there is none that the enterprise reads."""
    type_ = table().answered_event(template)
    texts = [answer.text for answer in answers if (answer.type, answer.occurred_at) == (type_, occurred_at)]
    return "\n".join(texts) or None


def with_text(body: str, text: str | None, channel: ChannelKind, language: Language) -> str:
    """The body of a message with the text below, whole or its beginning, as the channel can carry it."""
    if text is None:
        return body
    heading = language.of(_HEADING)
    if channel in WHOLE:
        return f"{body}\n{heading}\n{text}"
    line = " ".join(text.split())
    if len(line) > BEGINNING:
        line = f"{line[:BEGINNING]}……{language.of(_REST)}"
    return f"{body}\n{heading}{line}"
