"""What notify stores of a case: the document that addresses its messages.

Pure: no I/O, no clock.
"""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.notify.messages.words import Language
from shared import events
from shared.events import CATALOGUE, Event

INTAKE, FINANCING = "intake", "financing"
"""The services that register cases."""


class UnitLeg(BaseModel):
    """One unit's share of an appeal, until an upheld objection ends it. `leader` is in charge of the unit."""

    leg_id: UUID
    unit: str
    name: str
    leader: str | None
    assigned_at: datetime
    ended_at: datetime | None = None


class BankLeg(BaseModel):
    """One bank's share of a loan request. `leg` is its number."""

    leg: str
    bank: str
    name: str
    pushed_at: datetime


class DeferredEvent(BaseModel):
    """An event whose messages are written again when more of its case is known: its legs, or its pack."""

    type: str
    body: str

    def event(self) -> Event:
        """The event itself."""
        return CATALOGUE[self.type].model_validate_json(self.body)


class CaseDocument(BaseModel):
    """What notify must know of a case to address its messages.

    Topics are read in any order, so the document fills up as events arrive. A loan request is a case too:
    financing registers it, and it has bank legs instead of unit legs.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    appeal_id: UUID
    registration_number: str
    title: str = ""
    pack: str | None = None
    receipt_hash: str | None = None
    language: Language | None = None
    registrar: str = INTAKE
    has_ended: bool = False
    legs: list[UnitLeg] = []
    banks: list[BankLeg] = []
    leader: str | None = None
    deferred: list[DeferredEvent] = Field(default=[], alias="kept")

    @property
    def is_registered(self) -> bool:
        """Whether the registration was heard. Documents from before packs were stored have only a title."""
        return self.pack is not None or bool(self.title)

    def assign(self, event: events.AppealAssigned) -> None:
        """Add the legs of the units that the appeal is dispatched to."""
        self.legs += [
            UnitLeg(
                leg_id=leg.leg_id,
                unit=leg.unit,
                name=leg.unit_name,
                leader=leg.leader,
                assigned_at=event.occurred_at,
            )
            for leg in event.legs
        ]

    def end_leg(self, leg_id: UUID, at: datetime) -> None:
        """End a leg: its unit is told nothing that occurs from `at` on."""
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

    def unit_name(self, code: str | None) -> str | None:
        """The unit's name, or its code while no leg with its name was heard."""
        names = [leg.name for leg in self.legs if leg.unit == code and leg.name]
        return names[-1] if names else code

    def unit_leader(self, code: str | None) -> str | None:
        """Code of the leader in charge of the unit."""
        return next((leg.leader for leg in reversed(self.legs) if leg.unit == code), None)

    def push(self, event: events.LoanPushed) -> None:
        """Add the legs of the banks that the loan request is pushed to."""
        pushed_at = event.occurred_at
        self.banks += [
            BankLeg(leg=leg.leg, bank=leg.bank, name=leg.bank_name, pushed_at=pushed_at) for leg in event.legs
        ]

    def bank_name(self, code: str) -> str:
        """The bank's name, or its code while no leg with its name was heard."""
        return next((leg.name for leg in self.banks if leg.bank == code and leg.name), code)

    def bank_leg(self, code: str) -> str:
        """The number of the bank's newest leg, or the request's number while no leg of it was heard."""
        numbers = [leg.leg for leg in self.banks if leg.bank == code]
        return numbers[-1] if numbers else self.registration_number

    def banks_asked(self, at: datetime) -> list[str]:
        """Codes of the banks that had the request at `at`."""
        return [leg.bank for leg in self.banks if leg.pushed_at <= at]

    def language_of(self, recipient: str) -> Language | None:
        """The language that the enterprise chose when it registered; None for every other recipient."""
        return self.language if recipient.startswith("enterprise:") else None
