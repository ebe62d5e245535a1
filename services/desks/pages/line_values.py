"""What stands in the sentences of a timeline: names in place of codes, and moments in words."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.desks.pages.phrases import Phrases
from services.desks.pages.sentences import DECIDED
from shared.events import Outcome
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.rules.terms import LiftReason, Mark
from shared.rules.wording import words

CHANNELS = {
    "inbox": ("收件箱", "inbox"),
    "sms": ("短信", "SMS"),
    "mail": ("邮件", "e-mail"),
    "webhook": ("接口推送", "webhook"),
    "wecom": ("企业微信", "WeCom"),
    "dingtalk": ("钉钉", "DingTalk"),
}
RECIPIENTS = {
    "enterprise": ("企业", "the enterprise"),
    "office": ("营商环境办", "the office"),
    "window": ("融资服务窗口", "the finance window"),
    "regulator": ("金融监管分局", "the regulator"),
}
FAILURES = {
    "permanent_failure": ("对方收不到", "the recipient cannot be reached"),
    "technical_failure": ("发送故障", "a technical failure"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of units, leaders and of what the pack of the case names, for one language."""

    units: Mapping[str, str]
    leaders: Mapping[str, str]
    pack: Pack | None
    phrases: Phrases

    def unit(self, code: str) -> str:
        return self.units.get(code, code)

    def leader(self, code: str) -> str:
        if code in self.leaders:
            return self.leaders[code]
        return self.phrases.t(*words.LEADERS[code]) if code in words.LEADERS else code

    def role(self, role: str, code: str | None) -> str:
        """A role with the name of its unit or leader."""
        known = AccountRole(role) if role in list(AccountRole) else None
        name = self.phrases.t(known.zh, known.value.replace("_", " ")) if known else role
        return " ".join(part for part in (name, self.leader(self.unit(code)) if code else "") if part)

    def deadline(self, kind: str, title: Mapping[str, str] | None = None) -> str:
        """The name of a deadline: its own, else the usual words."""
        if title:
            return title.get(self.phrases.t("zh", "en"), kind)
        return self.phrases.t(*words.SHORT_DEADLINES[kind]) if kind in words.SHORT_DEADLINES else kind

    def clause(self, clause: str) -> str:
        """The clause of a rule, or that the pack chose it."""
        return self.phrases.t(*words.ground(clause))

    def card(self, card: str) -> str:
        """A card by its colour: 黄牌."""
        zh, en = words.CARDS.get(card, (card, card))
        return self.phrases.t(f"{zh}牌", f"{en} card")

    def recipient(self, name: str) -> str:
        """Whom a message is for: `unit:roads`, `head:roads`, `leader:mayor`, `enterprise:…`, `office`."""
        kind, _, code = name.partition(":")
        if kind == "unit":
            return self.unit(code)
        if kind == "head":
            return self.phrases.t(f"{self.unit(code)}负责人", f"the head of {self.unit(code)}")
        if kind == "leader":
            return self.leader(code)
        return self.phrases.t(*RECIPIENTS[kind]) if kind in RECIPIENTS else (code or kind)

    def adder(self, role: str) -> str:
        """Who added a file, by the role."""
        return self.phrases.t(*RECIPIENTS[role]) if role in RECIPIENTS else self.role(role, None)

    def in_pack(self, word: str) -> str:
        """A stage or a place that the pack names; free text as it was written."""
        if self.pack is None:
            return word
        titles = {stage.stage: stage.title for stage in self.pack.stages} | dict(self.pack.destinations())
        return self.phrases.t(titles[word].zh, titles[word].en) if word in titles else word


def values_of(data: Mapping[str, Any], names: Names, phrases: Phrases) -> Mapping[str, Any]:
    """The values for a sentence; what an event does not say is empty."""
    values: dict[str, Any] = defaultdict(str)
    values |= {key: value for key, value in data.items() if isinstance(value, str | int) and key != "leader"}
    for key, told in _TOLD.items():
        if data.get(key) is not None:
            values |= told(data[key], names, phrases)
    if kind := data.get("deadline"):
        values["deadline"] = names.deadline(kind, data.get("title"))
    if leader := data.get("acts") or data.get("leader"):
        values["leader"] = phrases.t(f"至{names.leader(leader)}", f" to {names.leader(leader)}")
    for key, (so, otherwise) in DECIDED.items():
        values["against" if key == "against_word" else key] = phrases.t(*(so if data.get(key) else otherwise))
    return values


def _limit(limit: Mapping[str, Any], phrases: Phrases) -> str:
    zh, en = words.UNITS[limit["unit"]]
    number = limit["number"]
    return phrases.t(f"{number} {zh}", f"{number} {en}{'' if number == 1 else 's'}")


def _invited(units: list[Mapping[str, Any]], names: Names) -> str:
    return names.phrases.t("、", ", ").join(
        each.get("unit_name") or names.unit(each["unit"]) for each in units
    )


def _legs(legs: list[Mapping[str, Any]], names: Names, phrases: Phrases) -> str:
    parts = {"lead": ("主办", "lead"), "assist": ("协办", "assists"), "supervise": ("督办", "supervises")}
    told = []
    for leg in legs:
        role = phrases.t(*parts[leg["role"]]) if leg.get("role") in parts else ""
        name = leg.get("unit_name") or names.unit(leg["unit"])
        told.append(phrases.t(f"{name}（{role}）", f"{name} ({role})") if role else name)
    return phrases.t("、", ", ").join(told)


_TOLD: Mapping[str, Any] = {
    "legs": lambda legs, names, phrases: {"units": _legs(legs, names, phrases)},
    "invited": lambda units, names, _: {"invited": _invited(units, names)},
    "marks": lambda marks, _, phrases: {
        "marks": phrases.t("、", ", ").join(phrases.t(*words.MARKS[Mark(mark)]) for mark in marks)
    },
    "due_at": lambda at, _, phrases: {"due": phrases.ends(datetime.fromisoformat(at))},
    "planned_on": lambda on, _, phrases: {"planned": phrases.day(date.fromisoformat(on))},
    "clause": lambda clause, names, _: {"clause": names.clause(clause)},
    "card": lambda card, names, _: {"card": names.card(card)},
    "stage": lambda stage, names, _: {"stage": names.in_pack(stage)},
    "to": lambda to, names, phrases: {
        "place": names.in_pack(to),
        "told": names.recipient(to),
        "raised": phrases.t(*words.RAISED_TO[to]) if to in words.RAISED_TO else to,
    },
    "limit": lambda limit, _, phrases: {
        "limit": _limit(limit, phrases),
        "within": phrases.t(f"，限 {_limit(limit, phrases)}", f", within {_limit(limit, phrases)}"),
    },
    "outcome": lambda outcome, _, phrases: {"outcome": phrases.t(*_outcome(outcome))},
    "rating": lambda rating, _, phrases: {"rating": phrases.t(*words.RATINGS[rating])},
    "reason": lambda reason, _, phrases: {"why": phrases.t(*_why(reason))},
    "lead_number": lambda number, *_: {"lead": number},
    "by": lambda by, names, _: {"adder": names.adder(by)},
    "recipient": lambda recipient, names, _: {"recipient": names.recipient(recipient)},
    "channel": lambda channel, _, phrases: {"channel": phrases.t(*CHANNELS.get(channel, (channel, channel)))},
}
"""What a field of an event adds to the values of its sentence."""


def _outcome(outcome: str) -> tuple[str, str]:
    if outcome in list(Outcome):
        return Outcome(outcome).zh, outcome
    return FAILURES.get(outcome, (outcome, outcome))


def _why(reason: str) -> tuple[str, str]:
    """Why a case was lifted; any other reason as it was written."""
    if reason in list(LiftReason):
        return LiftReason(reason).zh, reason
    return reason, reason
