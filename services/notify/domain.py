"""Whom a fact concerns.

Pure: no I/O, no clock. A recipient is written `enterprise:<appeal id>`, `unit:<code>` (its handlers),
`head:<code>` (of the unit), `leader:<code>` or `office`; that is also the name of its inbox.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from shared import events
from shared.events import CATALOGUE, Event

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
    """An event that must be told again when more of its case is known: of its legs, or of its pack."""

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
    pack: str | None = None
    receipt_hash: str | None = None
    legs: list[Leg] = []
    leader: str | None = None
    kept: list[Kept] = []

    @property
    def received(self) -> bool:
        """Whether its registration was heard of; a file made before packs were kept has a title only."""
        return self.pack is not None or bool(self.title)

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


def _to(kind: str, *codes: str | None) -> list[str | None]:
    return [code and f"{kind}:{code}" for code in codes]


RECIPIENTS = {
    "enterprise": Recipient(None, lambda file, event: [f"enterprise:{file.appeal_id}"]),
    "office": Recipient(None, lambda file, event: [OFFICE]),
    "unit": Recipient("unit", lambda file, event: _to("unit", event.unit)),
    "head": Recipient("unit", lambda file, event: _to("head", event.unit)),
    "new_units": Recipient("legs", lambda file, event: _to("unit", *(leg.unit for leg in event.legs))),
    "units": Recipient(None, lambda file, event: _to("unit", *file.units(event.occurred_at))),
    "task_force": Recipient(
        "task_force", lambda file, event: _to("unit", *(event.task_force or file.units(event.occurred_at)))
    ),
    "unit_leader": Recipient("unit", lambda file, event: _to("leader", file.unit_leader(event.unit))),
    "leader": Recipient(
        None, lambda file, event: _to("leader", getattr(event, "leader", None) or file.leader)
    ),
}
TO_UNITS = {"unit", "head", "new_units", "units", "task_force"}
TO_ALL_LEGS = {"units", "task_force"}


def addresses(word: str, file: File, event: Event) -> list[str]:
    """The recipients that `word` stands for; none where nobody is named."""
    return [found for found in RECIPIENTS[word].addresses(file, event) if found]
