"""Whom a fact concerns.

Pure: no I/O, no clock. A recipient is written `enterprise:<appeal id>`, `unit:<code>` (its handlers),
`head:<code>` (of the unit), `leader:<code>`, `bank:<code>`, `office` or `regulator`; that is also the name of
its inbox.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.notify.messages.words import Language
from shared import events
from shared.events import CATALOGUE, Event

OFFICE = "office"
REGULATOR = "regulator"
INTAKE, FINANCING = "intake", "financing"
"""The services that register cases."""


class Leg(BaseModel):
    """One unit's share of a case, until an upheld objection ends it. `leader` is in charge of the unit."""

    leg_id: UUID
    unit: str
    name: str
    leader: str | None
    assigned_at: datetime
    ended_at: datetime | None = None


class BankLeg(BaseModel):
    """One bank's share of a loan request, by its number."""

    leg: str
    bank: str
    name: str
    pushed_at: datetime


class DeferredEvent(BaseModel):
    """An event that must be told again when more of its case is known: of its legs, or of its pack."""

    type: str
    body: str

    def event(self) -> Event:
        """The event again."""
        return CATALOGUE[self.type].model_validate_json(self.body)


class CaseDocument(BaseModel):
    """What must be known of a case to address its messages. Topics are read in any order: it fills up.

    A loan request is a case too: financing registers it, and it has bank legs in place of units.
    """

    appeal_id: UUID
    registration_number: str
    title: str = ""
    pack: str | None = None
    receipt_hash: str | None = None
    language: Language | None = None
    registrar: str = INTAKE
    has_ended: bool = False
    legs: list[Leg] = []
    banks: list[BankLeg] = []
    leader: str | None = None
    kept: list[DeferredEvent] = []

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

    def unit_name(self, code: str | None) -> str | None:
        """The unit's name, or its code while the name is not known here."""
        named = [leg.name for leg in self.legs if leg.unit == code and leg.name]
        return named[-1] if named else code

    def unit_leader(self, code: str | None) -> str | None:
        """Code of the leader in charge of the unit."""
        return next((leg.leader for leg in reversed(self.legs) if leg.unit == code), None)

    def push(self, event: events.LoanPushed) -> None:
        """Add the legs of the banks."""
        at = event.occurred_at
        self.banks += [
            BankLeg(leg=leg.leg, bank=leg.bank, name=leg.bank_name, pushed_at=at) for leg in event.legs
        ]

    def bank_name(self, code: str) -> str:
        """The bank's name, or its code while the name is not known here."""
        return next((leg.name for leg in self.banks if leg.bank == code and leg.name), code)

    def bank_leg(self, code: str) -> str:
        """The number of the bank's newest leg, or the request's while none is known here."""
        numbers = [leg.leg for leg in self.banks if leg.bank == code]
        return numbers[-1] if numbers else self.registration_number

    def banks_asked(self, at: datetime) -> list[str]:
        """Codes of the banks that had the request at `at`."""
        return [leg.bank for leg in self.banks if leg.pushed_at <= at]

    def language_of(self, recipient: str) -> Language | None:
        """What the enterprise said at registration that it reads; None for everybody else."""
        return self.language if recipient.startswith("enterprise:") else None


class Recipient(NamedTuple):
    """A word of the table: the field an event must have to use it, and the addresses it stands for."""

    needs: str | None
    addresses: Callable[[CaseDocument, Any], Iterable[str | None]]


def _to(kind: str, *codes: str | None) -> list[str | None]:
    return [code and f"{kind}:{code}" for code in codes]


RECIPIENTS = {
    "enterprise": Recipient(None, lambda file, event: [f"enterprise:{file.appeal_id}"]),
    "office": Recipient(None, lambda file, event: [OFFICE]),
    "unit": Recipient("unit", lambda file, event: _to("unit", event.unit)),
    "head": Recipient("unit", lambda file, event: _to("head", event.unit)),
    "new_units": Recipient("legs.unit", lambda file, event: _to("unit", *(leg.unit for leg in event.legs))),
    "units": Recipient(None, lambda file, event: _to("unit", *file.units(event.occurred_at))),
    "task_force": Recipient(
        "task_force", lambda file, event: _to("unit", *(event.task_force or file.units(event.occurred_at)))
    ),
    "unit_leader": Recipient("unit", lambda file, event: _to("leader", file.unit_leader(event.unit))),
    "leader": Recipient(
        None, lambda file, event: _to("leader", getattr(event, "leader", None) or file.leader)
    ),
    "superior": Recipient("to", lambda file, event: [event.to]),
    "regulator": Recipient(None, lambda file, event: [REGULATOR]),
    "bank": Recipient("bank", lambda file, event: _to("bank", event.bank)),
    "new_banks": Recipient("legs.bank", lambda file, event: _to("bank", *(leg.bank for leg in event.legs))),
    "banks": Recipient(None, lambda file, event: _to("bank", *file.banks_asked(event.occurred_at))),
}
TO_BANKS = {"bank", "new_banks", "banks"}
NAMED = {"unit", "head", "new_units", "units", "task_force", "superior", *TO_BANKS}
"""Whom a template may address by name."""
TO_ALL_LEGS = {"units", "task_force", "banks"}


def addresses(word: str, file: CaseDocument, event: Event) -> list[str]:
    """The recipients that `word` stands for; none where nobody is named."""
    return [found for found in RECIPIENTS[word].addresses(file, event) if found]
