"""Invented cases of a city's past, for measuring: who asked what, who handled it, and how it went. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.acts import Enterprise, Register
from services.intake.document import AppealDocument
from services.intake.domain.registration import receive, registration_number
from services.intake.ratings import Rated
from shared import events
from shared.events import Channel, Event, Kind, Rating, Role
from shared.rules.pack.pack import Pack
from shared.rules.terms import DeadlineKind, Mark, Verdict
from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.limits import Limit, LimitUnit

PLACES = [
    "谯城",
    "青浔",
    "东城",
    "西城",
    "南湖",
    "北塘",
    "龙山",
    "凤台",
    "临河",
    "望江",
    "开发区",
    "高新区",
    "空港",
    "古井",
    "华佗",
    "涡北",
    "汤陵",
    "薛阁",
    "牛集",
    "十河",
]
TRADES = [
    "制造",
    "纺织",
    "食品",
    "医药",
    "建材",
    "物流",
    "新能源",
    "电子",
    "机械",
    "包装",
    "化工",
    "农业",
    "酒业",
    "家具",
    "汽配",
    "光电",
    "印刷",
    "饮片",
    "商贸",
    "置业",
]
NAMES = [
    "示例",
    "华信",
    "红星",
    "宏达",
    "瑞丰",
    "金源",
    "天成",
    "恒通",
    "永盛",
    "佳和",
    "博远",
    "同创",
    "德胜",
    "安泰",
    "万里",
    "明珠",
    "新华",
    "广宇",
    "东升",
    "长青",
]
PROBLEMS = [
    "道路破损",
    "夜间停水",
    "用电增容",
    "项目审批慢",
    "拖欠工程款",
    "违规收费",
    "路灯不亮",
    "排水不畅",
    "融资困难",
    "招工困难",
    "土地证办理",
    "消防验收",
    "环评审批",
    "政策奖补未兑现",
    "物业纠纷",
    "公交线路",
    "燃气接入",
    "网络不通",
    "税务发票",
    "社保缴纳",
]
EFFECTS = [
    "货车无法进出",
    "设备多次停机",
    "工人无法上班",
    "订单延期交付",
    "原料无法入库",
    "已多次反映没有答复",
]
UNITS = 80
_SHARE_OPEN = 0.08
_LIMITS = ((DeadlineKind.CONTACT, 1), (DeadlineKind.REPLY, 3), (DeadlineKind.COMPLETION, 10))


@dataclass(frozen=True, slots=True)
class InventedCase:
    """An appeal as intake has it, and every event of it, the registration first."""

    appeal: AppealDocument
    history: list[Event]


def unit_events(at: datetime) -> list[events.UnitChanged]:
    """The directory: localities, then departments."""
    return [
        events.UnitChanged.of(
            unit_code(number),
            at,
            name=_unit_name(number),
            kind="locality" if number < len(PLACES) else "department",
        )
        for number in range(UNITS)
    ]


def unit_code(number: int) -> str:
    """The code of a unit."""
    return f"unit{number:02}"


def _unit_name(number: int) -> str:
    """A locality for each place, then departments."""
    if number < len(PLACES):
        return f"{PLACES[number]}管委会"
    return f"{TRADES[number % len(TRADES)]}{'局办中心'[number // len(TRADES) - 1]}"


def invented_body(chance: random.Random) -> Register:
    """What an enterprise asks, and who it is."""
    place, trade, problem = chance.choice(PLACES), chance.choice(TRADES), chance.choice(PROBLEMS)
    name = f"{place}{chance.choice(NAMES)}{trade}有限公司"
    phone = f"138{chance.randrange(10**8):08}"
    effects = "，".join(chance.sample(EFFECTS, 3))
    return Register(
        channel=chance.choice(list(Channel)[:6]),
        kind=chance.choices(list(Kind), [30, 30, 15, 5, 10, 5, 4, 1])[0],
        title=f"{place}{problem}",
        text=f"我公司位于{place}{chance.randrange(1, 400)}号，{problem}，{effects}，请尽快派人解决。",
        locality=unit_code(PLACES.index(place)),
        enterprise=Enterprise(name=name, phone=phone),
    )


class Invention:
    """Invents cases of `days` days up to `until`, the same ones for the same seed."""

    def __init__(self, pack: Pack, calendar: Calendar, zone: ZoneInfo, until: datetime, seed: int) -> None:
        self._pack, self._calendar, self._zone, self._until = pack, calendar, zone, until
        self._chance = random.Random(seed)
        self._hours = pack.office_hours.hours()

    def cases(self, count: int, days: int = 730) -> Iterator[InventedCase]:
        """So many cases, the oldest first."""
        start, numbers = self._until - timedelta(days=days), dict[object, int]()
        step = timedelta(days=days) / count
        for index in range(count):
            at = (start + step * index).astimezone(UTC)
            day = at.astimezone(self._zone).date()
            numbers[day] = numbers.get(day, 0) + 1
            yield self._case(at, registration_number(self._pack.prefix, day, numbers[day]))

    def _case(self, at: datetime, number: str) -> InventedCase:
        appeal_id = self._uuid()
        appeal, received = receive(invented_body(self._chance), appeal_id, number, self._pack.ref, at)
        is_old = at < self._until - timedelta(days=30)
        is_open = self._chance.random() < (_SHARE_OPEN if is_old else 0.6)
        history = list(self._handled(received, is_open=is_open))
        for event in history:
            if isinstance(event, events.AppealRated):
                appeal.rating = Rated(rating=event.rating, comment=None, rated_at=event.occurred_at)
        return InventedCase(appeal, history)

    def _handled(self, received: events.AppealReceived, *, is_open: bool) -> Iterator[Event]:
        yield received
        chance, at = self._chance, received.occurred_at + timedelta(hours=self._chance.uniform(1, 6))
        about: dict[str, Any] = {"appeal_id": received.appeal_id}
        about["registration_number"] = received.registration_number
        units = [received.locality or unit_code(0), unit_code(chance.randrange(len(PLACES), UNITS))]
        legs = [
            events.Leg(leg_id=self._uuid(), unit=unit, unit_name=_unit_name(int(unit[4:])), role=role)
            for unit, role in zip(units[: chance.choice([1, 2])], (Role.LEAD, Role.ASSIST), strict=False)
        ]
        marks = frozenset(chance.sample(list(Mark), chance.choices([0, 1], [9, 1])[0]))
        yield self._event(events.AppealAssigned, at, **about, legs=tuple(legs), marks=marks)
        took = timedelta(days=chance.uniform(0.5, 12))
        for leg in legs:
            of_leg = {**about, "leg_id": leg.leg_id, "unit": leg.unit}
            yield self._event(events.AppealContacted, at + took / 10, **of_leg, how="电话")
            if not is_open:
                yield self._event(events.AppealResponded, at + took / 2, **of_leg)
                yield self._event(events.AppealCompleted, at + took, **of_leg, outcome="solved")
        yield self._judged(about, legs, at, took, is_open=is_open)
        if not is_open:
            if chance.random() < 0.7:
                rating = chance.choice(list(Rating))
                yield self._event(events.AppealRated, at + took * 1.1, **about, rating=rating)
            if chance.random() < 0.9:
                yield self._event(events.AppealClosed, at + took * 1.2, **about)

    def _judged(
        self, about: dict[str, Any], legs: list[events.Leg], at: datetime, took: timedelta, *, is_open: bool
    ) -> Event:
        met = {DeadlineKind.CONTACT: at + took / 10}
        if not is_open:
            met |= {DeadlineKind.REPLY: at + took / 2, DeadlineKind.COMPLETION: at + took}
        deadlines = tuple(
            self._deadline(leg, kind, days, at, met.get(kind)) for leg in legs for kind, days in _LIMITS
        )
        state = "dispatched" if is_open else "completed"
        return self._event(events.AppealJudged, at + took * 1.05, **about, state=state, deadlines=deadlines)

    def _deadline(
        self, leg: events.Leg, kind: DeadlineKind, days: int, at: datetime, met_at: datetime | None
    ) -> events.Deadline:
        limit = Limit(number=days, unit=LimitUnit.WORKING_DAYS)
        due_at = due(limit, at, self._calendar, self._hours).due_at
        assert due_at is not None
        passed = (met_at or self._until) > due_at
        verdict = Verdict.OVERDUE if passed else Verdict.OPEN if met_at is None else Verdict.MET
        return events.Deadline(
            leg_id=leg.leg_id,
            unit=leg.unit,
            round=1,
            deadline=kind,
            started_at=at,
            due_at=due_at,
            met_at=met_at,
            verdict=verdict,
        )

    def _event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        return type_(id=self._uuid(), occurred_at=min(at, self._until), **fields)

    def _uuid(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)
