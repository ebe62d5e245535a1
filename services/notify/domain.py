"""Whom a fact concerns, and the Chinese words for it.

Pure: no I/O, no clock. A recipient is written `enterprise:<appeal id>`, `unit:<code>`, `leader:<code>` or
`office`; that is also the name of its inbox.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from shared import events
from shared.events import CATALOGUE, DeadlineKind, Event, LiftReason, Outcome, Rating, Role
from shared.rules.limits import Limit, LimitUnit
from shared.web.access import hash_key

OFFICE = "office"


class Leg(BaseModel):
    """One unit's share of a case, until an upheld objection ends it. `leader` is in charge of the unit."""

    leg_id: UUID
    unit: str
    name: str
    leader: str | None
    assigned_at: datetime
    ended_at: datetime | None = None


class Kept(BaseModel):
    """An event that concerns all units of a case, for a leg this service hears of later."""

    type: str
    body: str

    def event(self) -> Event:
        """The event again."""
        return CATALOGUE[self.type].model_validate_json(self.body)


class File(BaseModel):
    """What must be known of a case to address its messages. Topics are read in any order: it fills up."""

    appeal_id: UUID
    registration_number: str
    title: str = ""
    receipt_hash: str | None = None
    legs: list[Leg] = []
    leader: str | None = None
    kept: list[Kept] = []

    def assign(self, event: events.AppealAssigned) -> None:
        """Add the legs."""
        self.legs += [
            Leg(
                leg_id=leg.leg_id,
                unit=leg.unit,
                name=leg.unit_name,
                leader=leg.leader,
                assigned_at=event.occurred_at,
            )
            for leg in event.legs
        ]

    def end_leg(self, leg_id: UUID, at: datetime) -> None:
        """The leg's unit hears no more of what occurs from `at` on."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                leg.ended_at = at

    def units(self, at: datetime) -> list[str]:
        """Codes of the units that had a leg at `at`."""
        return [
            leg.unit
            for leg in self.legs
            if leg.assigned_at <= at and (leg.ended_at is None or at < leg.ended_at)
        ]

    def unit_name(self, code: str | None) -> str:
        """The unit's name, or its code while the name is not known here."""
        named = [leg.name for leg in self.legs if leg.unit == code and leg.name]
        return named[-1] if named else code or "承办单位"

    def unit_leader(self, code: str | None) -> str | None:
        """Code of the leader in charge of the unit."""
        return next((leg.leader for leg in reversed(self.legs) if leg.unit == code), None)


class Recipient(NamedTuple):
    """A word of the table: the field an event must have to use it, and the addresses it stands for."""

    needs: str | None
    addresses: Callable[[File, Any], Iterable[str | None]]


def _units(codes: Iterable[str | None]) -> list[str | None]:
    return [code and f"unit:{code}" for code in codes]


def _leader(code: str | None) -> list[str | None]:
    return [code and f"leader:{code}"]


RECIPIENTS = {
    "enterprise": Recipient(None, lambda file, event: [f"enterprise:{file.appeal_id}"]),
    "office": Recipient(None, lambda file, event: [OFFICE]),
    "unit": Recipient("unit", lambda file, event: _units([event.unit])),
    "new_units": Recipient("legs", lambda file, event: _units(leg.unit for leg in event.legs)),
    "units": Recipient(None, lambda file, event: _units(file.units(event.occurred_at))),
    "task_force": Recipient(
        "task_force", lambda file, event: _units(event.task_force or file.units(event.occurred_at))
    ),
    "unit_leader": Recipient("unit", lambda file, event: _leader(file.unit_leader(event.unit))),
    "leader": Recipient(None, lambda file, event: _leader(getattr(event, "leader", None) or file.leader)),
}
TO_UNITS = {"unit", "new_units", "units", "task_force"}
TO_ALL_LEGS = {"units", "task_force"}


def addresses(word: str, file: File, event: Event) -> list[str]:
    """The recipients that `word` stands for; none where nobody is named."""
    return [found for found in RECIPIENTS[word].addresses(file, event) if found]


WORDS: dict[str, str] = {
    DeadlineKind.DISPATCH: "交办",
    DeadlineKind.CONTACT: "联系",
    DeadlineKind.REPLY: "回复",
    DeadlineKind.COMPLETION: "办结",
    DeadlineKind.LIFTED: "提级办理",
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
    LimitUnit.NATURAL_DAYS: "个自然日",
    LimitUnit.WORKING_DAYS: "个工作日",
    LimitUnit.HALF_WORKING_DAYS: "个半日",
    LimitUnit.WORKING_HOURS: "个工作小时",
    LimitUnit.MONTHS: "个月",
    "yellow": "黄牌提醒",
}


def word(value: str) -> str:
    """The Chinese for a word of the events; a card that only a pack knows keeps its name."""
    return WORDS.get(value, value)


def span(limit: Limit) -> str:
    """A limit's length: 3个工作日."""
    return f"{limit.number}{WORDS[limit.unit]}"


def due(moment: datetime, zone: ZoneInfo) -> str:
    """A due moment: 2026年2月25日 17:30. Midnight is 24:00 of the day before (domain.md, Time)."""
    local = moment.astimezone(zone)
    if local.hour == local.minute == 0:
        return f"{_day(local - timedelta(days=1))} 24:00"
    return f"{_day(local)} {local:%H:%M}"


def _day(local: datetime) -> str:
    return f"{local.year}年{local.month}月{local.day}日"


_MISREAD = str.maketrans("OIL", "011", "- \t\n")


def receipt_hash(code: str) -> str:
    """How intake keeps a receipt code. Case, dashes and blanks do not matter; O is 0, I and L are 1."""
    return hash_key(code.upper().translate(_MISREAD))
