"""The words of events in both languages: the usual words here, a pack's own words from the pack."""

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.events import Event, LiftReason, Outcome, Role
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.wording import words as common
from shared.rules.wording.words import Bilingual


class Language(StrEnum):
    """The language that a recipient reads; Chinese where the recipient chose none."""

    ZH = "zh-CN"
    EN = "en"

    def of(self, words: Bilingual) -> str:
        """The words in this language."""
        return words.zh if self is Language.ZH else words.en


DESTINATIONS: dict[str, Bilingual] = {
    "discipline_inspection": Bilingual("纪检监察机关", "the discipline inspection authority")
}
WORDS: dict[str, Bilingual] = {
    Role.LEAD: Bilingual("主办", "lead"),
    Role.ASSIST: Bilingual("协办", "assisting"),
    Role.SUPERVISE: Bilingual("督办", "supervising"),
    Role.FIRST_ASKED: Bilingual("首问", "first-asked"),
    Outcome.SOLVED: Bilingual("已解决", "solved"),
    Outcome.PLANNED: Bilingual("已列入计划", "planned with a date"),
    Outcome.EXPLAINED: Bilingual("已解释说明", "explained"),
    **common.RATINGS,
    **common.MARKS,
    LiftReason.COUNT: Bilingual("多次交办仍未落实", "several dispatches brought no result"),
    LiftReason.KIND: Bilingual(
        "涉及跨部门、跨层级或历史遗留问题", "it crosses departments or levels, or is an inherited problem"
    ),
    LiftReason.REFUSAL: Bilingual("承办单位表示不予办理", "the unit refused to handle it"),
    LiftReason.REQUEST: Bilingual("承办单位申请提级", "the unit asked for it"),
    LiftReason.LEVEL: Bilingual("下一层级未能按期落实", "the level below did not finish in time"),
    **common.RANKS,
    **common.RAISED_TO,
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
PACK_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""A word as packs write it, not one that people wrote."""


class PackNames(BaseModel):
    """The names that a pack gives to its own words, by word."""

    model_config = ConfigDict(frozen=True)

    deadlines: dict[str, Bilingual] = {}
    stages: dict[str, Bilingual] = {}
    levels: dict[str, Bilingual] = {}
    grounds: dict[str, Bilingual] = {}
    destinations: dict[str, Bilingual] = {}


USUAL = PackNames()
"""For an event that has usual words only."""


def names_in(pack: Pack) -> PackNames:
    """The names that `pack` gives to its own words."""
    levels = pack.levels.steps if pack.levels else ()
    pauses = pack.pauses.grounds if pack.pauses else ()
    destinations = pack.referral.destinations if pack.referral else ()
    return PackNames(
        deadlines={rule.deadline: _bilingual(rule.title) for rule in pack.limits if rule.title},
        stages={stage.stage: _bilingual(stage.title) for stage in pack.stages},
        levels={level.level: _bilingual(level.title) for level in levels},
        grounds={pause.ground: _bilingual(pause.title) for pause in pauses},
        destinations={destination.to: _bilingual(destination.title) for destination in destinations},
    )


def _bilingual(title: Title) -> Bilingual:
    return Bilingual(title.zh, title.en)


WITHHELD = Bilingual("（内容保密）", "(confidential)")
"""Stands where people's words would."""
WRITTEN = {"title", "enterprise", "locality", "reason", "summary", "instruction", "receiver", "how"}
"""Fields of events that hold what people wrote, where they are texts and not words of the events."""


def written_by_people(event: Event) -> frozenset[str]:
    """The fields of `event` that hold what people wrote."""
    return frozenset(name for name in WRITTEN & event.texts() if getattr(event, name))


def needs_names(event: Event) -> bool:
    """Whether `event` has a word that only the pack of its case can name."""
    if any(getattr(event, field, None) for field in ("stage", "level", "ground")):
        return True
    deadline = getattr(event, "deadline", None)
    if deadline is not None and deadline not in common.SHORT_DEADLINES and not getattr(event, "title", None):
        return True
    to = getattr(event, "to", None)
    return to is not None and to not in DESTINATIONS and PACK_WORD.fullmatch(to) is not None
