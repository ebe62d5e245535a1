"""How a message speaks to its recipient: words, names, times and lists in one language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.notify.messages.words import (
    DESTINATIONS,
    HEAD,
    PACK_WORD,
    UNKNOWN_UNIT,
    USUAL,
    WITHHELD,
    WORDS,
    Language,
    PackNames,
)
from shared.events import Leg
from shared.rules.time.limits import Limit
from shared.rules.wording import moments
from shared.rules.wording import words as common
from shared.rules.wording.words import Bilingual

_LIMIT_WORDS = ("deadline", "limit", "period")


@dataclass(frozen=True, slots=True)
class Speech:
    """Puts values into words for one recipient: in a language, with times in a zone, with a pack's names.

    Each public method is a filter of the templates, or used by one.
    """

    language: Language
    zone: ZoneInfo
    names: PackNames = USUAL
    withheld: bool = False
    """Whether the case is confidential: what people wrote of it is not told."""

    def word(self, value: str) -> str:
        """A word of the events; a word that only a pack knows, as of a card, stays as it is."""
        return self._in(WORDS, value) or value

    def limit_name(self, deadline: str, title: dict[str, str]) -> str:
        """The name of a deadline: 回复时限, reply deadline. `title` is the name that the event gives it."""
        own = title.get("zh" if self.language is Language.ZH else "en")
        name = (
            self._in(common.SHORT_DEADLINES, deadline)
            or own
            or self._in(self.names.deadlines, deadline)
            or deadline
        )
        if self.language is Language.ZH:
            return name if name.endswith("限") else f"{name}时限"
        return name if name.endswith(_LIMIT_WORDS) else f"{name} deadline"

    def stage_name(self, stage: str) -> str:
        """A stage of the pack's procedure."""
        return self._in(self.names.stages, stage) or stage

    def ground_name(self, ground: str) -> str:
        """A ground for a pause."""
        return self._in(self.names.grounds, ground) or ground

    def level_name(self, level: str) -> str:
        """A level of the ladder: 县级, county level."""
        name = self._in(self.names.levels, level) or level
        if self.language is Language.ZH:
            return name if name.endswith("级") else f"{name}级"
        return name if name.endswith("level") else f"{name} level"

    def destination(self, to: str) -> str:
        """Where a matter goes: by the pack's name for it, else the usual name, else as people wrote it."""
        named = self._in(self.names.destinations, to) or self._in(DESTINATIONS, to)
        if named or not PACK_WORD.fullmatch(to):
            return named or to
        return self._say(Bilingual(f"有关部门（{to}）", f"another authority ({to})"))

    def span(self, limit: Limit) -> str:
        """A limit's length: 3个工作日, 3 working days."""
        unit = self._say(common.UNITS[limit.unit])
        if self.language is Language.ZH:
            return f"{limit.number}{unit.partition('（')[0]}"
        return f"{limit.number} {unit}{'' if limit.number == 1 else 's'}"

    def due(self, moment: datetime) -> str:
        """A due moment: 2026年2月25日 17:30, 17:30 on 25 February 2026."""
        return self._say(moments.due(moment, self.zone))

    def days(self, times: Iterable[datetime]) -> str:
        """The days of these moments."""
        return self.joined(self.day(moment.astimezone(self.zone)) for moment in times)

    def day(self, local: date) -> str:
        """A day: 2026年2月25日, 25 February 2026."""
        return self._say(moments.day(local))

    def parts(self, legs: Iterable[Leg]) -> str:
        """Units with their part in the dispatch."""
        form = self._say(Bilingual("{}（{}）", "{} ({})"))
        return self.joined(form.format(leg.unit_name or leg.unit, self.word(leg.role)) for leg in legs)

    def joined(self, words: Iterable[str]) -> str:
        """A list in one line."""
        return self._say(Bilingual("、", ", ")).join(words)

    def bare(self, text: str) -> str:
        """A text without the full stop at its end."""
        return text.rstrip("。．.；; \n")

    def matter(self, number: str, title: str) -> str:
        """A case by number and title; a confidential one by its number alone."""
        if not title or self.withheld:
            return number
        return number + self._say(Bilingual("“{}”", " (“{}”)")).format(title)

    def withheld_texts(self, fields: Iterable[str]) -> dict[str, str]:
        """What stands in place of these fields of an event: nothing else than themselves, or `WITHHELD`."""
        return dict.fromkeys(fields, self._say(WITHHELD)) if self.withheld else {}

    def unit(self, name: str | None) -> str:
        """A unit's name, or 承办单位 while no name is known."""
        return name or self._say(UNKNOWN_UNIT)

    def head(self, name: str) -> str:
        """The head of a unit."""
        return self._say(HEAD).format(name)

    def _in(self, known: dict[str, Bilingual], word: str) -> str | None:
        return self.language.of(known[word]) if word in known else None

    def _say(self, words: Bilingual) -> str:
        return self.language.of(words)
