"""The Chinese for what events say in words: the usual ones here, a pack's own from the pack."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from shared.events import DeadlineKind, Event, LiftReason, Outcome, Rank, Rating, Role
from shared.rules.limits import Limit, LimitUnit
from shared.rules.pack import Pack

DEADLINES: dict[str, str] = {
    DeadlineKind.DISPATCH: "交办",
    DeadlineKind.CONTACT: "联系",
    DeadlineKind.REPLY: "回复",
    DeadlineKind.COMPLETION: "办结",
    DeadlineKind.OBJECTION: "异议裁定",
    DeadlineKind.LIFTED: "提级办理",
    DeadlineKind.FOLLOW_UP: "回访",
}
DESTINATIONS: dict[str, str] = {"discipline_inspection": "纪检监察机关"}
WORDS: dict[str, str] = {
    Role.LEAD: "主办",
    Role.ASSIST: "协办",
    Outcome.SOLVED: "已解决",
    Outcome.PLANNED: "已列入计划",
    Outcome.EXPLAINED: "已解释说明",
    Rating.SATISFIED: "满意",
    Rating.BASICALLY_SATISFIED: "基本满意",
    Rating.NOT_SATISFIED: "不满意",
    LiftReason.COUNT: "多次交办仍未落实",
    LiftReason.KIND: "涉及跨部门、跨层级或历史遗留问题",
    LiftReason.REFUSAL: "承办单位表示不予办理",
    LiftReason.REQUEST: "承办单位申请提级",
    LiftReason.LEVEL: "下一层级未能按期落实",
    Rank.UNIT_HEAD: "承办单位负责人",
    Rank.OFFICE: "营商环境办",
    Rank.LEADER: "分管领导",
    Rank.MAYOR: "主要领导",
    LimitUnit.NATURAL_DAYS: "个自然日",
    LimitUnit.WORKING_DAYS: "个工作日",
    LimitUnit.HALF_WORKING_DAYS: "个半日",
    LimitUnit.WORKING_HOURS: "个工作小时",
    LimitUnit.MONTHS: "个月",
    "yellow": "黄牌提醒",
}
_PACK_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Names(BaseModel):
    """What a pack calls its own words, by word."""

    model_config = ConfigDict(frozen=True)

    deadlines: dict[str, str] = {}
    stages: dict[str, str] = {}
    levels: dict[str, str] = {}
    grounds: dict[str, str] = {}
    destinations: dict[str, str] = {}


USUAL = Names()
"""Of an event all of whose words are usual ones."""


def names(pack: Pack) -> Names:
    """The Chinese names in a pack."""
    return Names(
        deadlines={rule.deadline: rule.title.zh for rule in pack.limits if rule.title},
        stages={stage.stage: stage.title.zh for stage in pack.stages},
        levels={level.level: level.title.zh for level in pack.levels.steps} if pack.levels else {},
        grounds={one.ground: one.title.zh for one in pack.pauses.grounds} if pack.pauses else {},
        destinations={one.to: one.title.zh for one in pack.referral.destinations} if pack.referral else {},
    )


def needs_names(event: Event) -> bool:
    """Whether `event` has a word that only the pack of its case can name."""
    if any(getattr(event, field, None) for field in ("stage", "level", "ground")):
        return True
    deadline = getattr(event, "deadline", None)
    if deadline is not None and deadline not in DEADLINES and not getattr(event, "title", None):
        return True
    to = getattr(event, "to", None)
    return to is not None and to not in DESTINATIONS and _PACK_WORD.fullmatch(to) is not None


def word(value: str) -> str:
    """The Chinese for a word of the events; a card that only a pack knows keeps its name."""
    return WORDS.get(value, value)


def limit_name(deadline: str, title: dict[str, str], known: Names) -> str:
    """A deadline as people say it: 回复时限; `title` is what the event calls it."""
    name = DEADLINES.get(deadline) or title.get("zh") or known.deadlines.get(deadline, deadline)
    return name if name.endswith("限") else f"{name}时限"


def destination(to: str, known: Names) -> str:
    """Where a matter goes: as the pack names it, else the usual way, else as people wrote it."""
    unnamed = f"有关部门（{to}）" if _PACK_WORD.fullmatch(to) else to
    return known.destinations.get(to) or DESTINATIONS.get(to, unnamed)


def span(limit: Limit) -> str:
    """A limit's length: 3个工作日."""
    return f"{limit.number}{WORDS[limit.unit]}"


def due(moment: datetime, zone: ZoneInfo) -> str:
    """A due moment: 2026年2月25日 17:30. Midnight is 24:00 of the day before (domain.md, Time)."""
    local = moment.astimezone(zone)
    if local.hour == local.minute == 0:
        return f"{day(local - timedelta(days=1))} 24:00"
    return f"{day(local)} {local:%H:%M}"


def days(moments: Iterable[datetime], zone: ZoneInfo) -> str:
    """The days of these moments: 2026年3月1日、2026年6月1日."""
    return "、".join(day(moment.astimezone(zone)) for moment in moments)


def day(local: date) -> str:
    """A day: 2026年2月25日."""
    return f"{local.year}年{local.month}月{local.day}日"
