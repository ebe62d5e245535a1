"""A card as a document: what its page and its PDF say, in one language. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.escalation.case import Card, CardStatus, Case
from shared.events import Deadline
from shared.rules.wording import moments, words
from shared.rules.wording.words import Bilingual

Language = Literal["zh-CN", "en"]
LONGEST = 900
"""How much of an explanation fits beside all else on one page: half-width letters, a Chinese one is two."""
MOST_LINES = 12

STATUSES = {
    CardStatus.ISSUED: Bilingual("已签发", "issued"),
    CardStatus.SERVED: Bilingual("已送达", "served"),
    CardStatus.ACKNOWLEDGED: Bilingual("已签收", "acknowledged"),
    CardStatus.APPEALED: Bilingual("申诉中", "contested"),
    CardStatus.UPHELD: Bilingual("申诉后维持", "upheld after it was contested"),
    CardStatus.WITHDRAWN: Bilingual("已撤回，不计入", "withdrawn, does not count"),
    CardStatus.CLEARED: Bilingual("已销除", "cleared"),
}
TEXTS = {
    "title": Bilingual("{card}牌提醒", "{card} card"),
    "number": Bilingual("编号：{number}", "No. {number}"),
    "to": Bilingual("{unit}：", "To {unit}:"),
    "opening": Bilingual(
        "你单位承办的诉求 {matter}，第 {round} 次交办的{deadline}已于 {due} 届满，未按时落实。"
        "依据{basis}，现向你单位发出{title}。",
        "The {deadline} of appeal {matter}, round {round}, which you handle, ended at {due} and was not met. "
        "By {basis} you are hereby issued a {title}.",
    ),
    "matter": Bilingual("{number}“{title}”", "{number} (“{title}”)"),
    "deadline": Bilingual("{name}时限", "{name} deadline"),
    "unit": Bilingual("承办单位", "Unit"),
    "case": Bilingual("诉求编号", "Appeal"),
    "limit": Bilingual("超期时限", "Deadline"),
    "round": Bilingual("第 {round} 次交办，{deadline}", "Round {round}, {deadline}"),
    "started": Bilingual("起算时间", "Counted from"),
    "ended": Bilingual("届满时间", "Ended at"),
    "issued": Bilingual("签发时间", "Issued at"),
    "basis": Bilingual("依据", "Basis"),
    "ground": Bilingual("《{policy}》（{clause}）", "{clause} ({policy})"),
    "status": Bilingual("状态", "Status"),
    "explanation": Bilingual("时限如何计算", "How the deadline was reckoned"),
    "rest": Bilingual(
        "以上为节选，全文见系统中该诉求的时限说明。",
        "This is an extract; the whole stands with the deadline in the system.",
    ),
    "changed": Bilingual(
        "该时限在签发后有变动，计算说明见系统中该诉求的时限说明。",
        "The deadline changed after this card; how it is reckoned stands with it in the system.",
    ),
    "demands": Bilingual("办理要求", "What to do"),
    "act": Bilingual(
        "立即办理该诉求，向企业回复办理情况，并向营商环境办说明超期原因。",
        "Handle the appeal at once, tell the enterprise how it stands, "
        "and tell the office why it became overdue.",
    ),
    "acknowledge": Bilingual(
        "收到后及时签收；办结后，本提醒即行销除。",
        "Acknowledge this card when you get it. It is cleared when you complete the appeal.",
    ),
    "contest": Bilingual("如何申诉", "How to contest it"),
    "how": Bilingual(
        "认为不应签发的，可在系统中向营商环境办申诉一次，写明理由并附依据。"
        "申诉期间继续办理；经审核撤回的，本提醒不计入。",
        "If you hold that it should not have been issued, contest it in the system, once, with your reasons. "
        "Go on handling meanwhile. A card that is withdrawn after review does not count.",
    ),
    "office": Bilingual("营商环境办（盖章）", "The business-environment office (seal)"),
    "receipt": Bilingual("签收回执", "Receipt"),
    "received_by": Bilingual("签收单位（盖章）", "Unit (seal)"),
    "signed_by": Bilingual("签收人", "Signed by"),
    "signed_at": Bilingual("签收时间", "Date and time"),
    "printed": Bilingual(
        "生成于 {at} · 规则包 {pack} · 状态以系统为准",
        "Made at {at} · rule pack {pack} · the status in the system counts",
    ),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A card in the words of one language, part by part from top to bottom."""

    language: Language
    number: str
    title: str
    no: str
    to: str
    opening: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    office: str
    issued_on: str
    receipt: str
    blanks: tuple[str, ...]
    printed: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a card's document needs beside the case: `subject` is the appeal's title, `policy` its pack's."""

    language: Language
    zone: ZoneInfo
    subject: str
    policy: str
    at: datetime

    def say(self, text: str, **values: object) -> str:
        """A text of the document."""
        return self.of(TEXTS[text]).format(**values)

    def of(self, said: Bilingual) -> str:
        """Its half of a pair."""
        return said.zh if self.language == "zh-CN" else said.en

    def when(self, moment: datetime) -> str:
        """A moment in the jurisdiction's zone."""
        return self.of(moments.due(moment, self.zone))


def number(case: Case, card: Card) -> str:
    """A card's number: the case's and its place among the case's cards, BZ-20260213-00042/P1."""
    return f"{case.registration_number}/P{case.cards.index(card) + 1}"


def document(case: Case, card: Card, setting: Setting) -> Document:
    """The card as it is printed. A number once given stays: cards are only ever added."""
    title = setting.say("title", card=_word(words.CARDS, card.card, setting)).strip().capitalize()
    unit = case.units.get(card.unit) or card.unit
    given = number(case, card)
    return Document(
        language=setting.language,
        number=given,
        title=title,
        no=setting.say("number", number=given),
        to=setting.say("to", unit=unit),
        opening=setting.say(
            "opening",
            matter=_matter(case, setting),
            round=card.round,
            deadline=_deadline(card, setting),
            due=setting.when(card.due_at),
            basis=_basis(card, setting),
            title=title if setting.language == "zh-CN" else title.lower(),
        ),
        facts=tuple(_facts(case, card, unit, setting)),
        sections=(
            (setting.say("explanation"), tuple(_explanation(_judged(case, card), setting))),
            (setting.say("demands"), (setting.say("act"), setting.say("acknowledge"))),
            (setting.say("contest"), (setting.say("how"),)),
        ),
        office=setting.say("office"),
        issued_on=setting.of(moments.due_on(card.issued_at, setting.zone)),
        receipt=setting.say("receipt"),
        blanks=tuple(setting.say(one) for one in ("received_by", "signed_by", "signed_at")),
        printed=setting.say("printed", at=setting.when(setting.at), pack=case.pack or ""),
    )


def _word(known: dict[str, Bilingual], word: str, setting: Setting) -> str:
    return setting.of(known[word]) if word in known else word


def _matter(case: Case, setting: Setting) -> str:
    if not setting.subject:
        return case.registration_number
    return setting.say("matter", number=case.registration_number, title=setting.subject)


def _deadline(card: Card, setting: Setting) -> str:
    own = card.title.get("zh" if setting.language == "zh-CN" else "en")
    name = own or _word(words.DEADLINES, card.deadline, setting)
    return name if name.endswith(("限", "deadline")) else setting.say("deadline", name=name)


def _basis(card: Card, setting: Setting) -> str:
    if not (setting.policy and card.clause):
        return setting.policy or card.clause
    return setting.say("ground", policy=setting.policy, clause=card.clause)


def _judged(case: Case, card: Card) -> Deadline | None:
    """The deadline the card is for, while it still ends when it did."""
    place = (card.leg_id, card.round, card.deadline, card.due_at)
    for deadline in case.deadlines:
        if (deadline.leg_id, deadline.round, deadline.deadline, deadline.due_at) == place:
            return deadline
    return None


def _facts(case: Case, card: Card, unit: str, setting: Setting) -> Iterator[tuple[str, str]]:
    judged = _judged(case, card)
    yield setting.say("unit"), unit
    yield setting.say("case"), _matter(case, setting)
    yield setting.say("limit"), setting.say("round", round=card.round, deadline=_deadline(card, setting))
    if judged is not None:
        yield setting.say("started"), setting.when(judged.started_at)
    yield setting.say("ended"), setting.when(card.due_at)
    yield setting.say("issued"), setting.when(card.issued_at)
    yield setting.say("basis"), _basis(card, setting)
    yield setting.say("status"), setting.of(STATUSES[card.status])


def _explanation(judged: Deadline | None, setting: Setting) -> Iterator[str]:
    """Why the deadline ends when it does, cut where it is too long for one page."""
    text = judged and judged.explanation.get("zh" if setting.language == "zh-CN" else "en")
    if not text:
        yield setting.say("changed")
        return
    left = LONGEST
    for place, line in enumerate(text.splitlines()):
        left -= width(line)
        if left < 0 or place == MOST_LINES:
            yield setting.say("rest")
            return
        yield line


def width(text: str) -> int:
    """How much room a text takes: half-width letters."""
    return sum(1 if ord(letter) < 0x2E80 else 2 for letter in text)
