"""What events say in words, in both languages: the usual ones here, a pack's own from the pack."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from shared.events import DeadlineKind, Event, Leg, LiftReason, Outcome, Role
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.time.limits import Limit
from shared.rules.wording import moments
from shared.rules.wording import words as common
from shared.rules.wording.words import Bilingual


class Language(StrEnum):
    """What a recipient reads; who says nothing reads Chinese."""

    ZH = "zh-CN"
    EN = "en"

    def of(self, said: Bilingual) -> str:
        """Its half of a pair."""
        return said.zh if self is Language.ZH else said.en


DEADLINES: dict[str, Bilingual] = {
    DeadlineKind.DISPATCH: Bilingual("交办", "dispatch"),
    DeadlineKind.CONTACT: Bilingual("联系", "contact"),
    DeadlineKind.REPLY: Bilingual("回复", "reply"),
    DeadlineKind.COMPLETION: Bilingual("办结", "completion"),
    DeadlineKind.OBJECTION: Bilingual("异议裁定", "objection"),
    DeadlineKind.LIFTED: Bilingual("提级办理", "lifted-handling"),
    DeadlineKind.FOLLOW_UP: Bilingual("回访", "follow-up"),
}
DESTINATIONS: dict[str, Bilingual] = {
    "discipline_inspection": Bilingual("纪检监察机关", "the discipline inspection authority")
}
WORDS: dict[str, Bilingual] = {
    Role.LEAD: Bilingual("主办", "lead"),
    Role.ASSIST: Bilingual("协办", "assisting"),
    Outcome.SOLVED: Bilingual("已解决", "solved"),
    Outcome.PLANNED: Bilingual("已列入计划", "planned with a date"),
    Outcome.EXPLAINED: Bilingual("已解释说明", "explained"),
    **common.RATINGS,
    LiftReason.COUNT: Bilingual("多次交办仍未落实", "several dispatches brought no result"),
    LiftReason.KIND: Bilingual(
        "涉及跨部门、跨层级或历史遗留问题", "it crosses departments or levels, or is an inherited problem"
    ),
    LiftReason.REFUSAL: Bilingual("承办单位表示不予办理", "the unit refused to handle it"),
    LiftReason.REQUEST: Bilingual("承办单位申请提级", "the unit asked for it"),
    LiftReason.LEVEL: Bilingual("下一层级未能按期落实", "the level below did not finish in time"),
    **common.RANKS,
    "yellow": Bilingual("黄牌提醒", "Yellow card"),
    "contacted": Bilingual("银行已联系企业", "the bank has contacted you"),
    "documents_needed": Bilingual("需补充材料", "documents are needed"),
    "under_review": Bilingual("审查中", "under review"),
    "approved": Bilingual("已批准", "approved"),
    "declined": Bilingual("未批准", "declined"),
    "disbursed": Bilingual("已放款", "disbursed"),
    "declined_by_all": Bilingual("各银行均未批准", "every bank declined"),
    "declined_or_silent": Bilingual("各银行未批准或未答复", "every bank declined or stayed silent"),
    "no_bank": Bilingual("没有符合条件的银行", "no bank matches it"),
    "regulator": Bilingual("金融监管部门", "the financial regulator"),
    "enterprise": Bilingual("企业", "the enterprise"),
}
UNKNOWN_UNIT = Bilingual("承办单位", "the unit")
HEAD = Bilingual("{}主要负责人", "the head of {}")
_LIMIT_WORDS = ("deadline", "limit", "period")
_PACK_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


class PackNames(BaseModel):
    """What a pack calls its own words, by word."""

    model_config = ConfigDict(frozen=True)

    deadlines: dict[str, Bilingual] = {}
    stages: dict[str, Bilingual] = {}
    levels: dict[str, Bilingual] = {}
    grounds: dict[str, Bilingual] = {}
    destinations: dict[str, Bilingual] = {}


USUAL = PackNames()
"""Of an event all of whose words are usual ones."""


def names(pack: Pack) -> PackNames:
    """The names in a pack."""
    return PackNames(
        deadlines={rule.deadline: _said(rule.title) for rule in pack.limits if rule.title},
        stages={stage.stage: _said(stage.title) for stage in pack.stages},
        levels={level.level: _said(level.title) for level in pack.levels.steps} if pack.levels else {},
        grounds={one.ground: _said(one.title) for one in pack.pauses.grounds} if pack.pauses else {},
        destinations=(
            {one.to: _said(one.title) for one in pack.referral.destinations} if pack.referral else {}
        ),
    )


def _said(title: Title) -> Bilingual:
    return Bilingual(title.zh, title.en)


def needs_names(event: Event) -> bool:
    """Whether `event` has a word that only the pack of its case can name."""
    if any(getattr(event, field, None) for field in ("stage", "level", "ground")):
        return True
    deadline = getattr(event, "deadline", None)
    if deadline is not None and deadline not in DEADLINES and not getattr(event, "title", None):
        return True
    to = getattr(event, "to", None)
    return to is not None and to not in DESTINATIONS and _PACK_WORD.fullmatch(to) is not None


@dataclass(frozen=True, slots=True)
class Speech:
    """How one case is spoken of to one recipient: language, zone of the times, the names of its pack.

    Each method is a filter of the templates.
    """

    language: Language
    zone: ZoneInfo
    names: PackNames = USUAL

    def word(self, value: str) -> str:
        """A word of the events; a card that only a pack knows keeps its name."""
        return self._in(WORDS, value) or value

    def limit_name(self, deadline: str, title: dict[str, str]) -> str:
        """A deadline as people say it: 回复时限, reply deadline; `title` is what the event calls it."""
        own = title.get("zh" if self.language is Language.ZH else "en")
        name = self._in(DEADLINES, deadline) or own or self._in(self.names.deadlines, deadline) or deadline
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
        """Where a matter goes: as the pack names it, else the usual way, else as people wrote it."""
        named = self._in(self.names.destinations, to) or self._in(DESTINATIONS, to)
        if named or not _PACK_WORD.fullmatch(to):
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

    def days(self, found: Iterable[datetime]) -> str:
        """The days of these moments."""
        return self.joined(self.day(moment.astimezone(self.zone)) for moment in found)

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
        """A case by number and title."""
        return number + (self._say(Bilingual("“{}”", " (“{}”)")).format(title) if title else "")

    def unit(self, name: str | None) -> str:
        """A unit's name, or that it is one."""
        return name or self._say(UNKNOWN_UNIT)

    def head(self, name: str) -> str:
        """The head of a unit."""
        return self._say(HEAD).format(name)

    def _in(self, known: dict[str, Bilingual], word: str) -> str | None:
        return self.language.of(known[word]) if word in known else None

    def _say(self, said: Bilingual) -> str:
        return self.language.of(said)
