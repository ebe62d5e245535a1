"""What a simulation found, as one page that needs nothing else: to read, to print, to send on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from huying.simulate import compare
from huying.simulate.compare import Tier
from shared.rules.pack.pack import Pack
from shared.rules.wording.words import SHORT_DEADLINES

if TYPE_CHECKING:
    from huying.simulate.outcome import Outcome

Words = dict[str, str]

_WORDS: dict[str, Words] = {
    **{deadline: name._asdict() for deadline, name in SHORT_DEADLINES.items()},
    "state": {"zh": "状态", "en": "state"},
    "cards": {"zh": "黄牌", "en": "cards"},
}
_SAID = {
    "yes": "是",
    "no": "否",
    "met": "按时",
    "overdue": "超期",
    "open": "未到期",
    "void": "作废",
    "registered": "已登记",
    "dispatched": "已交办",
    "lifted": "提级办理",
    "completed": "已办结",
    "referred": "已引导",
    "withdrawn": "已撤回",
    "closed": "已销号",
    "approved": "视为批准",
}

_PAGES = Environment(loader=PackageLoader("huying.simulate"), autoescape=True, undefined=StrictUndefined)


def page(outcome: Outcome, tiers: Sequence[Tier]) -> str:
    """The page, in HTML, Chinese first."""
    words = names(outcome.packs)
    deadlines = compare.occurring(outcome.figures)
    return _PAGES.get_template("simulation.html").render(
        source=outcome.source,
        cases=outcome.cases,
        rejected=outcome.rejected,
        upto=f"{outcome.upto.astimezone(ZoneInfo(outcome.packs[0].zone)):%Y-%m-%d %H:%M}",
        packs=outcome.packs,
        marks=compare.MARKS,
        compared=len(outcome.packs) > 1,
        all=[compare.overall(one, deadlines) for one in outcome.figures],
        deadlines=deadlines,
        names={name: words.get(name, {"zh": name, "en": name}) for name in deadlines},
        tiers=tiers,
        reach=compare.reach,
        of_units=compare.occurring(outcome.figures, of_units=True),
        differing=outcome.differing,
        shown=outcome.shown,
        word=lambda what: words.get(what, {"zh": what, "en": what}),
        said=_said,
    )


def names(packs: Sequence[Pack]) -> dict[str, Words]:
    """What deadlines are called, the packs' own words for them first."""
    own = {rule.deadline: rule.title.model_dump() for rules in packs for rule in rules.limits if rule.title}
    return _WORDS | own


def _said(text: str) -> Words:
    """A value, or several one after the other."""
    return {
        "zh": "，".join(_SAID.get(word, word) for word in text.split()) or "—",
        "en": ", ".join(text.split()) or "—",
    }
