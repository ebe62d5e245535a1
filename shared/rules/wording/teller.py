"""Puts parts of a pack into words of one language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import LimitOrSetting, Rule, Title
from shared.rules.pack.rounds import EVERY_ROUND, first_and_last
from shared.rules.time.limits import Limit
from shared.rules.wording import words
from shared.rules.wording.patterns import SENTENCES
from shared.rules.wording.words import Bilingual

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
SETTING_NAMES: dict[Language, str] = {"zh": "{}（{}）", "en": "{} ({})"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One rule in words. `about` names the same rule in another pack."""

    topic: str
    about: str
    text: str
    clause: str | None
    choice: str | None


def setting_name(pack: Pack, setting: str, language: Language) -> str:
    """What the pack calls a setting, with the word under which the settings file gives it."""
    title = pack.settings.get(setting)
    return setting if title is None else SETTING_NAMES[language].format(getattr(title, language), setting)


class Teller:
    """Tells one pack in one language: its names, lengths and sentences."""

    def __init__(self, pack: Pack, language: Language) -> None:
        self.pack = pack
        self.language: Language = language
        self.deadlines = dict(words.DEADLINES)
        self.deadlines |= {
            rule.deadline: Bilingual(rule.title.zh, rule.title.en) for rule in pack.limits if rule.title
        }
        self.stages = {stage.stage: Bilingual(stage.title.zh, stage.title.en) for stage in pack.stages}
        self.bodies = {to: Bilingual(title.zh, title.en) for to, title in pack.destinations().items()}
        steps = pack.levels.steps if pack.levels else ()
        self.levels = {level.level: Bilingual(level.title.zh, level.title.en) for level in steps}

    def say(self, sentence: str, **values: object) -> str:
        """The sentence of that name in `patterns`, with its values."""
        return self.text_in(SENTENCES[sentence]).format(**values)

    def name(self, vocabulary: Mapping[str, Bilingual], word: str) -> str:
        """What `vocabulary` calls a word of the pack; the word itself where it does not know it."""
        return self.text_in(vocabulary[word]) if word in vocabulary else word

    def names(
        self, vocabulary: Mapping[str, Bilingual], words: Iterable[str], joined: Literal["and", "or"] = "and"
    ) -> str:
        """The names of several words of the pack, as a list in a sentence."""
        return self.listed([self.name(vocabulary, word) for word in words], joined)

    def listed(self, entries: list[str], joined: Literal["and", "or"] = "and") -> str:
        if self.language == "zh":
            return ("或" if joined == "or" else "、").join(entries)
        return f" {joined} ".join([", ".join(entries[:-1]), entries[-1]] if len(entries) > 1 else entries)

    def titled(self, title: Title) -> str:
        return title.zh if self.language == "zh" else title.en

    def length(self, limit: LimitOrSetting) -> str:
        """How long a limit is; of one that the settings give, also what it is called there."""
        numbers = self.pack.numbers
        if isinstance(limit, Limit):
            return self._number(limit)
        name = setting_name(self.pack, limit.setting, self.language)
        if numbers and limit.setting in numbers.limits:
            return self.say("setting", limit=self._number(numbers.limits[limit.setting]), name=name)
        if limit.default:
            return self.say("default", limit=self._number(limit.default), name=name)
        return self.say("open", name=name)

    def times(self, times: int | None) -> str:
        return "" if times is None else self.say("times", times=times, s="" if times == 1 else "s")

    def rounds(self, rounds: str) -> str:
        if rounds == EVERY_ROUND:
            return ""
        first, last = first_and_last(rounds)
        return self.say("rounds" if first == last else "rounds_from", rounds=first)

    def kinds(self, kinds: Iterable[str]) -> str:
        return self.say("of_kinds", names=self.names(words.KINDS, sorted(kinds))) if kinds else ""

    def where(self, *parts: str) -> str:
        """In brackets to what a rule is limited; nothing where it holds for all."""
        if not any(parts):
            return ""
        joined = ("，" if self.language == "zh" else ", ").join(part for part in parts if part)
        return f"（{joined}）" if self.language == "zh" else f" ({joined})"

    def founded(self, topic: str, about: str, text: str, rule: Rule) -> Sentence:
        """A sentence with the ground of its rule."""
        reason = getattr(rule.choice, self.language) if rule.choice else None
        return Sentence(topic, about, text, rule.clause, reason)

    def _number(self, limit: Limit) -> str:
        plural = "s" if self.language == "en" and limit.number != 1 else ""
        text = f"{limit.number} {self.text_in(words.UNITS[limit.unit])}{plural}"
        return text + (self.say("rolled") if limit.roll else "")

    def text_in(self, text: Bilingual) -> str:
        """A text in this language."""
        return text.zh if self.language == "zh" else text.en
