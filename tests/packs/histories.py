"""A case's history told act by act, and what is judged of it.

Times are of Shanghai, `03-05 10:00` in 2026 or with a year; `24:00` is 00:00 of the next day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from shared import events
from shared.events import Event, Leg, Mark, Role
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack import pack
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import Limit, LimitUnit

SETTINGS = Path(__file__).parent.parent.parent / "huying" / "local" / "samples" / "settings.yaml"
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
TOWN = "town"


@cache
def loaded(pack_id: str) -> pack.Pack:
    """The shipped pack with the sample settings."""
    return pack.load(pack_id, SETTINGS)


def at(text: str) -> datetime:
    """`03-05 24:00`"""
    day, clock = text.split()
    hours, minutes = map(int, clock.split(":"))
    midnight = datetime.fromisoformat(day if len(day) > 5 else f"2026-{day}").replace(tzinfo=ZONE)
    return midnight + timedelta(hours=hours, minutes=minutes)


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

    def __init__(self, pack_id: str, kind: str = "help") -> None:
        self.pack = loaded(pack_id)
        self._kind = kind
        self._acts: list[Event] = []

    def received(self, when: str) -> Self:
        """Registered at intake."""
        more = {"channel": "web", "kind": self._kind, "title": "Water", "pack": self.pack.ref}
        return self.did(events.AppealReceived, when, unit=None, **more)

    def dispatched(
        self,
        when: str,
        *units: str,
        marks: Iterable[Mark] = (),
        limits: dict[str, dict[str, Any]] | None = None,
    ) -> Self:
        """Dispatched to `units`, the first of which leads; to the town where none is named."""
        legs = tuple(
            Leg(
                leg_id=_leg_id(unit),
                unit=unit,
                role=Role.ASSIST if index else Role.LEAD,
                leader=f"leader-of-{unit}",
                limits=limits or {},
            )
            for index, unit in enumerate(units or (TOWN,))
        )
        return self.did(events.AppealAssigned, when, unit=None, legs=legs, marks=frozenset(marks))

    def did(self, what: type[Event], when: str, *, unit: str | None = TOWN, **fields: Any) -> Self:
        """An act, of the unit's leg if it is one of a leg, with words where words are needed."""
        required = {name for name, field in what.model_fields.items() if field.is_required()}
        values = dict.fromkeys(required, "text") | {
            "appeal_id": UUID(int=1),
            "registration_number": f"{self.pack.prefix}-20260302-00001",
            "occurred_at": at(when),
        }
        if "leg_id" in required and unit:
            values |= {"leg_id": _leg_id(unit), "unit": unit}
        self._acts.append(what.model_validate(values | fields))
        return self

    def reached(self, stage: str, when: str, *dates: str, unit: str = TOWN) -> Self:
        """A stage was reached, with the dates it brings."""
        return self.did(events.StageReached, when, unit=unit, stage=stage, dates=[at(date) for date in dates])

    def contacted(self, when: str, unit: str = TOWN) -> Self:
        return self.did(events.AppealContacted, when, unit=unit)

    def replied(self, when: str, unit: str = TOWN) -> Self:
        return self.did(events.AppealResponded, when, unit=unit)

    def completed(self, when: str, unit: str = TOWN) -> Self:
        return self.did(events.AppealCompleted, when, unit=unit, outcome="solved")

    def extended(self, when: str, deadline: str, limit: Limit) -> Self:
        return self.did(events.AppealExtended, when, deadline=deadline, limit=limit)

    def copy(self) -> "Story":
        """The same case so far, to be told another way."""
        other = Story(self.pack.id, self._kind)
        other._acts = [*self._acts]
        return other

    def judged(self, upto: str = "12-31 12:00") -> Judgement:
        """The judgement as of `upto`."""
        return decide(self._acts, self.pack, CALENDAR, at(upto))

    def told(self, upto: str = "12-31 12:00", *, reminders: bool = False) -> list[str]:
        """What was said, a line each: when, what, of which deadline or why, at which level or to whom."""
        said = self.judged(upto).said
        return [_line(event) for event in said if reminders or type(event) is not events.AppealDueSoon]

    def stands(self, upto: str = "12-31 12:00") -> list[str]:
        """Every deadline, a line each: which, due when, and how it stands."""
        return [
            f"{d.kind} {shown(d.due_at) if d.due_at else 'suspended'} {d.verdict}"
            for d in self.judged(upto).deadlines
        ]


def _leg_id(unit: str) -> UUID:
    return uuid5(NAMESPACE_OID, unit)


def _line(event: Event) -> str:
    what = event.type.removeprefix("appeal.").removesuffix(".v1")
    about = [getattr(event, name, None) for name in ("deadline", "reason", "level", "to")]
    return " ".join([shown(event.occurred_at), what, *(str(word) for word in about if word)])
