"""What a pack says of the office's own clocks, promises, referral and closure, in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import LimitOrSetting, Rule, Title
from shared.rules.wording import words
from shared.rules.wording.words import Bilingual


@dataclass(frozen=True, slots=True)
class Sentence:
    """One rule in words. `about` names the same rule in another pack."""

    topic: str
    about: str
    text: str
    clause: str | None
    choice: str | None


class Teller(Protocol):
    """What tells a pack in one language."""

    pack: Pack
    stages: dict[str, Bilingual]

    def say(self, sentence: str, **values: object) -> str: ...
    def one(self, named: Mapping[str, Bilingual], word: str) -> str: ...
    def length(self, limit: LimitOrSetting) -> str: ...
    def titled(self, title: Title) -> str: ...
    def listed(self, entries: list[str], joined: Literal["and", "or"] = "and") -> str: ...
    def all(
        self, named: Mapping[str, Bilingual], of: Iterable[str], joined: Literal["and", "or"] = "and"
    ) -> str: ...
    def founded(self, topic: str, about: str, text: str, rule: Rule) -> Sentence: ...


def office_sentences(tell: Teller) -> Iterator[Sentence]:
    """Raising, promises, silent approval, referral and closure."""
    pack = tell.pack
    if raising := pack.raising:
        to = tell.listed([tell.one(words.RAISED_TO, above) for above in raising.to])
        text = tell.say("raising", names=to, limit=tell.length(raising.limit))
        yield tell.founded("raising", "", text, raising)
    if promises := pack.promises:
        rank = tell.one(words.RANKS, promises.rank)
        text = tell.say("promises", cap=tell.length(promises.cap), rank=rank)
        yield tell.founded("promises", "", text, promises)
    if (approval := pack.approval) and approval.each_leg:
        yield tell.founded("approval", "each_leg", tell.say("each_leg"), approval)
    if referral := pack.referral:
        names = tell.listed([tell.titled(to.title) for to in referral.destinations])
        yield tell.founded("referral", "", tell.say("referral", names=names), referral)
        if "by" in referral.model_fields_set:
            by = tell.all(words.GUIDED_BY, referral.by, "or")
            yield tell.founded("referral", "by", tell.say("guided_by", names=by), referral)
        if referral.followed:
            yield tell.founded("referral", "followed", tell.say("followed"), referral)
    yield from _closure(tell)


def _closure(tell: Teller) -> Iterator[Sentence]:
    closure = tell.pack.closure
    if closure is None:
        return
    names = tell.all(words.NEEDS, sorted(closure.needs))
    text = tell.say("closure", names=names)
    for first, second in closure.after.items():
        text += tell.say(
            "closure_after", first=tell.one(tell.stages, first), second=tell.one(tell.stages, second)
        )
    yield tell.founded("closure", "", text, closure)
    if against := closure.against_word:
        text = tell.say("against_word", rank=tell.one(words.RANKS, against.rank))
        yield tell.founded("closure", "against_word", text, against)
    if before := closure.before_dispatch:
        otherwise = before.otherwise
        rank = tell.say("otherwise", rank=tell.one(words.RANKS, otherwise.rank)) if otherwise else ""
        text = tell.say("before_dispatch", otherwise=rank)
        yield tell.founded("closure", "before_dispatch", text, before)
