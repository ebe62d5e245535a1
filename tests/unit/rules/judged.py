"""Cases that tests judge: their acts, and the judgement in lines.

All times are of Shanghai in 2026; 24:00 is 00:00 of the next day.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act, AssignedLeg, LegAct, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack import pack, pack_files
from shared.rules.terms import Kind, Mark, Role
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import Limit, LimitUnit

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
BOZHOU, BOWU, BY_CASE = (pack_files.load(name) for name in ("bozhou-2024@2", "bowu-2022@2", "case-limits@2"))
APPEAL = UUID(int=1)
TOWN, BUREAU = UUID(int=10), UUID(int=11)
UNITS = {TOWN: "town", BUREAU: "bureau"}


def at(text: str) -> datetime:
    """`03-05 24:00`"""
    day, clock = text.split()
    hours, minutes = map(int, clock.split(":"))
    return datetime.fromisoformat(f"2026-{day}").replace(tzinfo=ZONE) + timedelta(
        hours=hours, minutes=minutes
    )


def shown(moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    midnight = (local.hour, local.minute) == (0, 0)
    return f"{local - timedelta(days=1):%m-%d} 24:00" if midnight else f"{local:%m-%d %H:%M}"


def leg(
    leg_id: UUID = TOWN, role: Role = Role.LEAD, limits: dict[str, Any] | None = None, **more: Any
) -> AssignedLeg:
    """A leg; `limits` as keywords of `OwnLimit`, by deadline."""
    own = {deadline: OwnLimit(**limit) for deadline, limit in (limits or {}).items()}
    return AssignedLeg(leg_id, UNITS[leg_id], role, f"head-of-{UNITS[leg_id]}", limits=own, **more)


def received(when: str) -> Act:
    return act(acts.Opened, when, kind=Kind.HELP)


def assigned(when: str, *legs: AssignedLeg, marks: frozenset[Mark] = frozenset()) -> Act:
    return act(acts.Assigned, when, legs=legs or (leg(),), marks=marks)


def act(act_type: type[Act], when: str, **more: Any) -> Act:
    """An act, of the town's leg if it is one of a leg, unless `more` says otherwise."""
    of_leg = {"leg_id": TOWN} if issubclass(act_type, LegAct) else {}
    return act_type(**{"id": uuid4(), "occurred_at": at(when), **of_leg, **more})


def contacted(when: str, **more: Any) -> Act:
    return act(acts.Contacted, when, **more)


def responded(when: str, **more: Any) -> Act:
    return act(acts.Responded, when, **more)


def completed(when: str, **more: Any) -> Act:
    return act(acts.Completed, when, **more)


def judge(*history: Act, rules: pack.Pack = BOZHOU, upto: str = "12-31 12:00") -> Judgement:
    return decide(APPEAL, history, rules, CALENDAR, at(upto))


NAMES = {
    rulings.DueSoon: "reminder",
    rulings.Overdue: "overdue",
    rulings.Supervised: "supervised",
    rulings.CardIssued: "card",
    rulings.CardCleared: "cleared",
    rulings.Redispatched: "redispatched",
    rulings.Lifted: "lifted",
}


def ruled(judgement: Judgement, *, reminders: bool = False) -> list[str]:
    """What was said, a line each: when, what, of which deadline or for which reason, in which round."""
    lines = []
    for ruling in judgement.rulings:
        about = getattr(ruling, "deadline", None) or getattr(ruling, "reason", "")
        number = getattr(ruling, "round", "")
        name = NAMES[type(ruling)]
        if reminders or name != "reminder":
            lines.append(f"{shown(ruling.occurred_at)} {name} {about} {number}".rstrip())
    return lines


def stands(judgement: Judgement) -> list[str]:
    """Every deadline, a line each: which, in which round, due when, and how it stands."""
    return [
        f"{d.kind} {d.round} {shown(d.due_at) if d.due_at else 'suspended'} {d.verdict}"
        for d in judgement.deadlines
    ]


def days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.NATURAL_DAYS)


def working_days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.WORKING_DAYS)


def by_limit(**limits: Limit) -> dict[str, dict[str, Limit]]:
    return {kind: {"limit": limit} for kind, limit in limits.items()}


REFUSED = (assigned("03-02 10:00"), responded("03-02 11:00"), act(acts.Refused, "03-02 12:00"))


def extended(when: str, limit: Limit) -> Act:
    return act(acts.Extended, when, deadline="completion", limit=limit)
