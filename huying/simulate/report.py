"""The report of a simulation: one HTML page that needs no other file."""

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
    from huying.simulate.output import SimulationOutput

Words = dict[str, str]

_WORDS: dict[str, Words] = {
    **{deadline: name._asdict() for deadline, name in SHORT_DEADLINES.items()},
    "state": {"zh": "状态", "en": "state"},
    "cards": {"zh": "黄牌", "en": "cards"},
}
_VALUES = {
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


def page(output: SimulationOutput, tiers: Sequence[Tier]) -> str:
    """The page, in HTML, Chinese first."""
    words = names(output.packs)
    deadlines = compare.occurring(output.totals)
    return _PAGES.get_template("simulation.html").render(
        source=output.source,
        cases=output.cases,
        rejected=output.rejected,
        upto=f"{output.upto.astimezone(ZoneInfo(output.packs[0].zone)):%Y-%m-%d %H:%M}",
        packs=output.packs,
        marks=compare.MARKS,
        compared=len(output.packs) > 1,
        all=[compare.overall(totals, deadlines) for totals in output.totals],
        deadlines=deadlines,
        names={name: words.get(name, {"zh": name, "en": name}) for name in deadlines},
        tiers=tiers,
        reach=compare.tier_range,
        of_units=compare.occurring(output.totals, of_units=True),
        differing=output.differing,
        shown=output.shown,
        word=lambda name: words.get(name, {"zh": name, "en": name}),
        value=_value,
    )


def names(packs: Sequence[Pack]) -> dict[str, Words]:
    """The names of deadlines, with the packs' own names where they give one."""
    own = {rule.deadline: rule.title.model_dump() for rules in packs for rule in rules.limits if rule.title}
    return _WORDS | own


def _value(text: str) -> Words:
    """A value, or several separated by spaces, in both languages."""
    return {
        "zh": "，".join(_VALUES.get(word, word) for word in text.split()) or "—",
        "en": ", ".join(text.split()) or "—",
    }
