"""A case's history told act by act, and what is judged of it.

Times are of Shanghai, `03-05 10:00` in 2026, or with a year or seconds; `24:00` is 00:00 of the next day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act, AssignedLeg, LegAct, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.rulings import Ruling
from shared.rules.pack import pack, pack_files
from shared.rules.terms import Kind, Mark, Role
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import Limit, LimitUnit

SETTINGS = Path(__file__).parent.parent.parent / "huying" / "local" / "samples" / "settings.yaml"
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
TOWN = "town"
CASE = UUID(int=1)


@cache
def loaded(pack_id: str) -> pack.Pack:
    """The shipped pack with the sample settings."""
    return pack_files.load(pack_id, SETTINGS)


def at(text: str) -> datetime:
    """`03-05 24:00`"""
    day, clock = text.split()
    hours, minutes, *seconds = map(int, clock.split(":"))
    midnight = datetime.fromisoformat(day if len(day) > 5 else f"2026-{day}").replace(tzinfo=ZONE)
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def shown(moment: datetime) -> str:
    """The other way round; the year only where it is not 2026."""
    local = moment.astimezone(ZONE)
    clock = f"{local:%H:%M}"
    if clock == "00:00":
        local, clock = local - timedelta(days=1), "24:00"
    return f"{local:%m-%d} {clock}" if local.year == 2026 else f"{local:%Y-%m-%d} {clock}"


def natural_days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.NATURAL_DAYS)


def working_days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.WORKING_DAYS)


class Story:
    """One case under one pack."""

    def __init__(self, by: str | pack.Pack, kind: str = "help") -> None:
        self.pack = loaded(by) if isinstance(by, str) else by
        self._kind = kind
        self._acts: list[Act] = []

    def received(self, when: str) -> Self:
        """Registered at intake."""
        return self.did(acts.Opened, when, kind=Kind(self._kind))

    def dispatched(
        self,
        when: str,
        *units: str,
        marks: Iterable[Mark] = (),
        unit_kind: str | None = None,
        limits: dict[str, dict[str, Any]] | None = None,
    ) -> Self:
        """Dispatched to `units`, the first of which leads; to the town where none is named."""
        own = {deadline: OwnLimit(**limit) for deadline, limit in (limits or {}).items()}
        legs = tuple(
            AssignedLeg(
                _leg_id(unit),
                unit,
                Role.ASSIST if index else Role.LEAD,
                f"leader-of-{unit}",
                limits=own,
                unit_kind=unit_kind,
            )
            for index, unit in enumerate(units or (TOWN,))
        )
        return self.did(acts.Assigned, when, legs=legs, marks=frozenset(marks))

    def did(self, act: type[Act], when: str, *, unit: str = TOWN, **fields: Any) -> Self:
        """An act, of the unit's leg if it is one of a leg."""
        of_leg = {"leg_id": _leg_id(unit)} if issubclass(act, LegAct) else {}
        self._acts.append(act(**{"id": uuid4(), "occurred_at": at(when), **of_leg, **fields}))
        return self

    def reached(self, stage: str, when: str, *dates: str, unit: str = TOWN, **fields: Any) -> Self:
        """A stage was reached, with the dates it brings."""
        moments = tuple(at(date) for date in dates)
        return self.did(acts.Reached, when, unit=unit, stage=stage, dates=moments, **fields)

    def paid(self, yuan: str, when: str, unit: str = TOWN) -> Self:
        """The unit paid so much of what it owes."""
        return self.reached("paid", when, unit=unit, paid=Decimal(yuan))

    def contacted(self, when: str, unit: str = TOWN) -> Self:
        return self.did(acts.Contacted, when, unit=unit)

    def replied(self, when: str, unit: str = TOWN) -> Self:
        return self.did(acts.Responded, when, unit=unit)

    def completed(self, when: str, unit: str = TOWN) -> Self:
        return self.did(acts.Completed, when, unit=unit)

    def extended(self, when: str, deadline: str, limit: Limit) -> Self:
        return self.did(acts.Extended, when, deadline=deadline, limit=limit)

    def copy(self) -> "Story":
        """The same case so far, to be told another way."""
        other = Story(self.pack, self._kind)
        other._acts = [*self._acts]
        return other

    def judged(self, upto: str = "12-31 12:00") -> Judgement:
        """The judgement as of `upto`."""
        return decide(CASE, self._acts, self.pack, CALENDAR, at(upto))

    def ruled(self, upto: str = "12-31 12:00", *, reminders: bool = False) -> list[str]:
        """What was said, a line each: when, what, of which deadline or why, at which level or to whom."""
        judged = self.judged(upto)
        return [
            _line(ruling) for ruling in judged.rulings if reminders or type(ruling) is not rulings.DueSoon
        ]

    def stands(self, upto: str = "12-31 12:00") -> list[str]:
        """Every deadline, a line each: which, due when, and how it stands."""
        return [
            f"{d.kind} {shown(d.due_at) if d.due_at else 'suspended'} {d.verdict}"
            for d in self.judged(upto).deadlines
        ]


def _leg_id(unit: str) -> UUID:
    return uuid5(NAMESPACE_OID, unit)


def _line(ruling: Ruling) -> str:
    event = ruling.name.removeprefix("appeal.").removesuffix(".v1")
    about = [getattr(ruling, name, None) for name in ("deadline", "reason", "level", "to")]
    return " ".join([shown(ruling.occurred_at), event, *(str(word) for word in about if word)])
