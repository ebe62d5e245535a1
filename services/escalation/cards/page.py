"""What the page and the PDF of a card say, in one language. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.escalation.cards.words import STATUSES, TEXTS
from services.escalation.document import Card, CaseDocument
from shared.events import Deadline
from shared.rules.wording import moments, words
from shared.rules.wording.words import Bilingual

Language = Literal["zh-CN", "en"]
LONGEST = 900
"""How much of an explanation fits beside all else on one page: half-width letters, a Chinese one is two."""
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class CardPage:
    """A card's page in one language, part by part from top to bottom."""

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
class CardContext:
    """What a card's page needs beside the case: `subject` is the appeal's title, `policy` its pack's."""

    language: Language
    zone: ZoneInfo
    subject: str
    policy: str
    at: datetime

    def say(self, text: str, **values: object) -> str:
        """A text of the page."""
        return self.of(TEXTS[text]).format(**values)

    def of(self, words: Bilingual) -> str:
        """The words in the language of the page."""
        return words.zh if self.language == "zh-CN" else words.en

    def when(self, moment: datetime) -> str:
        """A moment in the jurisdiction's zone."""
        return self.of(moments.due(moment, self.zone))


def number(case: CaseDocument, card: Card) -> str:
    """A card's number: the case's and its place among the case's cards, BZ-20260213-00042/P1."""
    return f"{case.registration_number}/P{case.cards.index(card) + 1}"


def card_page(case: CaseDocument, card: Card, context: CardContext) -> CardPage:
    """The card as it is printed. A number once given stays: cards are only ever added."""
    title = context.say("title", card=_word(words.CARDS, card.card, context)).strip().capitalize()
    unit = case.units.get(card.unit) or card.unit
    card_number = number(case, card)
    return CardPage(
        language=context.language,
        number=card_number,
        title=title,
        no=context.say("number", number=card_number),
        to=context.say("to", unit=unit),
        opening=context.say(
            "opening",
            matter=_matter(case, context),
            round=card.round,
            deadline=_deadline(card, context),
            due=context.when(card.due_at),
            basis=_basis(card, context),
            title=title if context.language == "zh-CN" else title.lower(),
        ),
        facts=tuple(_facts(case, card, unit, context)),
        sections=(
            (context.say("explanation"), tuple(_explanation(_judged(case, card), context))),
            (context.say("demands"), (context.say("act"), context.say("acknowledge"))),
            (context.say("contest"), (context.say("how"),)),
        ),
        office=context.say("office"),
        issued_on=context.of(moments.due_on(card.issued_at, context.zone)),
        receipt=context.say("receipt"),
        blanks=tuple(context.say(blank) for blank in ("received_by", "signed_by", "signed_at")),
        printed=context.say("printed", at=context.when(context.at), pack=case.pack or ""),
    )


def _word(known: dict[str, Bilingual], word: str, context: CardContext) -> str:
    return context.of(known[word]) if word in known else word


def _matter(case: CaseDocument, context: CardContext) -> str:
    if not context.subject:
        return case.registration_number
    return context.say("matter", number=case.registration_number, title=context.subject)


def _deadline(card: Card, context: CardContext) -> str:
    own = card.title.get("zh" if context.language == "zh-CN" else "en")
    name = own or _word(words.DEADLINES, card.deadline, context)
    return name if name.endswith(("限", "deadline")) else context.say("deadline", name=name)


def _basis(card: Card, context: CardContext) -> str:
    if not (context.policy and card.clause):
        return context.policy or card.clause
    return context.say("ground", policy=context.policy, clause=card.clause)


def _judged(case: CaseDocument, card: Card) -> Deadline | None:
    """The deadline the card is for, while it still ends when it did."""
    place = (card.leg_id, card.round, card.deadline, card.due_at)
    for deadline in case.deadlines:
        if (deadline.leg_id, deadline.round, deadline.deadline, deadline.due_at) == place:
            return deadline
    return None


def _facts(case: CaseDocument, card: Card, unit: str, context: CardContext) -> Iterator[tuple[str, str]]:
    judged = _judged(case, card)
    yield context.say("unit"), unit
    yield context.say("case"), _matter(case, context)
    yield context.say("limit"), context.say("round", round=card.round, deadline=_deadline(card, context))
    if judged is not None:
        yield context.say("started"), context.when(judged.started_at)
    yield context.say("ended"), context.when(card.due_at)
    yield context.say("issued"), context.when(card.issued_at)
    yield context.say("basis"), _basis(card, context)
    yield context.say("status"), context.of(STATUSES[card.status])


def _explanation(judged: Deadline | None, context: CardContext) -> Iterator[str]:
    """Why the deadline ends when it does, cut where it is too long for one page."""
    text = judged and judged.explanation.get("zh" if context.language == "zh-CN" else "en")
    if not text:
        yield context.say("changed")
        return
    left = LONGEST
    for place, line in enumerate(text.splitlines()):
        left -= width(line)
        if left < 0 or place == MOST_LINES:
            yield context.say("rest")
            return
        yield line


def width(text: str) -> int:
    """How much room a text takes: half-width letters."""
    return sum(1 if ord(letter) < 0x2E80 else 2 for letter in text)
