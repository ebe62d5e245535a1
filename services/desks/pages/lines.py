"""The timeline of a case in sentences: what happened, whose act it was, and its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.desks.pages.phrases import Phrases

MESSAGES, JUDGED = "messages", "judged"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line: when, the sign of its kind, what happened, whose act it was, and its text."""

    when: str
    at: str
    kind: str
    word: str
    sentence: str
    by: str
    text: str | None


WORDS: dict[str, tuple[str, str, str, str]] = {
    # type: class of the sign, word, Chinese, English
    "appeal.received.v1": ("rest", "登记", "登记诉求", "appeal registered"),
    "appeal.assigned.v1": ("rest", "交办", "交办 {units}", "dispatched to {units}"),
    "appeal.contacted.v1": ("ok", "联系", "联系企业", "enterprise contacted"),
    "appeal.responded.v1": ("ok", "回复", "回复企业", "replied to the enterprise"),
    "appeal.completed.v1": ("ok", "办结", "办结", "completed"),
    "appeal.overdue.v1": ("over", "判定", "{deadline}超期", "{deadline} overdue"),
    "appeal.due_soon.v1": ("soon", "判定", "{deadline}即将到期", "{deadline} due soon"),
    "appeal.redispatched.v1": ("over", "判定", "第 {round} 次交办", "dispatched again, round {round}"),
    "card.issued.v1": ("card", "黄牌", "发出黄牌 {card}", "card {card} issued"),
    "card.served.v1": ("card", "黄牌", "黄牌送达", "card served"),
    "card.acknowledged.v1": ("card", "黄牌", "黄牌已签收", "card acknowledged"),
    "card.appealed.v1": ("card", "黄牌", "单位申诉黄牌", "card contested"),
    "card.upheld.v1": ("card", "黄牌", "黄牌维持", "card upheld"),
    "card.withdrawn.v1": ("card", "黄牌", "黄牌撤回", "card withdrawn"),
    "card.cleared.v1": ("card", "黄牌", "黄牌消除", "card cleared"),
    "appeal.lifted.v1": ("lift", "提级", "提级办理", "lifted"),
    "appeal.instructed.v1": ("lift", "批示", "领导批示", "instructed"),
    "appeal.signed_off.v1": ("lift", "签批", "签批销号", "signed off"),
    "appeal.gathered.v1": ("lift", "汇总", "汇总梳理", "gathered"),
    "appeal.objected.v1": ("rest", "异议", "派单异议", "objection"),
    "objection.decided.v1": ("rest", "异议", "裁定派单异议", "objection decided"),
    "appeal.referred.v1": ("rest", "引导", "引导到其他渠道", "guided elsewhere"),
    "appeal.paused.v1": ("rest", "暂停", "暂停计时", "paused"),
    "appeal.resumed.v1": ("rest", "恢复", "恢复计时", "resumed"),
    "appeal.rated.v1": ("ok", "评价", "企业评价", "rated"),
    "appeal.closed.v1": ("ok", "销号", "销号", "closed"),
    "appeal.withdrawn.v1": ("rest", "撤回", "企业撤回", "withdrawn"),
    "appeal.reopened.v1": ("over", "重办", "重新办理", "reopened"),
    "notice.sent.v1": ("rest", "消息", "发出消息", "message sent"),
    "notice.delivered.v1": ("rest", "消息", "消息送达", "message delivered"),
    "notice.failed.v1": ("over", "消息", "消息没有送达", "message not delivered"),
}


def timeline(
    case: Mapping[str, Any], dispatch: Mapping[str, Any] | None, phrases: Phrases
) -> list[ShownLine]:
    """The lines of a case, the newest first. Texts are those of dispatch, where it answers."""
    texts = _texts(dispatch)
    names = {leg["unit"]: leg["unit_name"] or leg["unit"] for leg in case["legs"]}
    return [
        _line(line, names, texts, phrases)
        for line in reversed(case["lines"])
        if line["type"] != "appeal.judged.v1"
    ]


def _texts(dispatch: Mapping[str, Any] | None) -> dict[datetime, str]:
    """What was written with an act, by its moment."""
    acts = [] if dispatch is None else dispatch.get("acts", [])
    return {
        datetime.fromisoformat(act["occurred_at"]): text
        for act in acts
        if (text := act["act"].get("text") or act["act"].get("reason"))
    }


def _line(
    line: Mapping[str, Any], names: Mapping[str, str], texts: Mapping[datetime, str], phrases: Phrases
) -> ShownLine:
    at, data = datetime.fromisoformat(line["at"]), line["data"]
    kind, word, zh, en = WORDS.get(line["type"], ("rest", "办理", line["type"], line["type"]))
    values = {
        "units": "、".join(_units(data)) or "、".join(names.values()),
        "deadline": phrases.t(
            data.get("deadline_name") or data.get("deadline", ""), data.get("deadline", "")
        ),
        "round": data.get("round", ""),
        "card": data.get("card", ""),
    }
    unit = names.get(data.get("unit", ""), data.get("unit", ""))
    by = " · ".join(part for part in (unit, line.get("code") or "") if part)
    sentence = phrases.t(zh, en).format(**values)
    return ShownLine(phrases.when(at), line["at"], kind, word, sentence, by, texts.get(at))


def _units(data: Mapping[str, Any]) -> list[str]:
    legs = data.get("legs") or []
    return [leg.get("unit_name") or leg.get("unit", "") for leg in legs if isinstance(leg, dict)]
