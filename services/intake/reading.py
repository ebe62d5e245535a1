"""An appeal as its reader sees it: what its kind of field is for, and never who asks where that is withheld.

Pure.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from services.intake.document import ENDED
from services.intake.domain.withholding import is_withheld, without_persons
from shared.addresses.masking import (
    masked_contact,
    masked_mail,
    masked_name,
    masked_person,
    masked_phone,
)
from shared.appeals.readers import APPEAL_READERS, FieldKind, Relation, standing_of_unit
from shared.directory.leaders import TOP, Leaders
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.web.fields import FieldTable, Place

TEXT, NOTES = Place(FieldKind.TEXT), Place(FieldKind.NOTES)


def contact(mask: Callable[[Any], Any]) -> Place:
    """Where somebody stands who can be reached: whole on one appeal, for a reason, by a route of its own."""
    return Place(FieldKind.CONTACT, mask=mask)


def masked_contacts(contacts: Iterable[Any]) -> list[Any]:
    return [masked_contact(person) for person in contacts]


def masked_corrections(corrections: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Corrections, where they changed persons with these masked."""
    return [
        {**correction, "changes": [_masked_change(change) for change in correction["changes"]]}
        for correction in corrections
    ]


def _masked_change(change: Mapping[str, Any]) -> dict[str, Any]:
    mask = {"enterprise": masked_person, "contacts": masked_contacts}.get(change["field"])
    return {
        name: mask(value) if mask is not None and name != "field" and value is not None else value
        for name, value in change.items()
    }


WORDS, SPOT = Place(FieldKind.TEXT, empty=""), Place(FieldKind.PLACE)
FIELDS = FieldTable(
    APPEAL_READERS,
    {
        "enterprise": Place(FieldKind.ENTERPRISE),
        "enterprise.contact_name": contact(masked_name),
        "enterprise.phone": contact(masked_phone),
        "enterprise.email": contact(masked_mail),
        "contacts": contact(masked_contacts),
        "corrections": contact(masked_corrections),
        "formerly": contact(lambda _: []),
        "remarks": NOTES,
        "text": WORDS,
        "urgency_reason": TEXT,
        "additions": TEXT,
        "reopening_requests": TEXT,
        "complaints": TEXT,
        "reasons": TEXT,
        "referral_objections": TEXT,
        "timeline": TEXT,
        "attachments": TEXT,
        "spot_answer": TEXT,
        "rating.comment": TEXT,
        "earlier_ratings.comment": TEXT,
        "follow_ups.comment": TEXT,
        "finding.reason": WORDS,
        "merged.reason": WORDS,
        "earlier_mergings.reason": WORDS,
        "earlier_mergings.parted_for": WORDS,
        "place.address": SPOT,
        "place.longitude": SPOT,
        "place.latitude": SPOT,
    },
)


class InCharge(NamedTuple):
    """The directory by which leaders are known: who leads, who is in charge of each unit, on which day."""

    leaders: Leaders
    of_units: Mapping[str, str | None]
    on: date

    def leads(self, code: str | None, document: Mapping[str, Any]) -> bool:
        """Whether the leader `code` is in charge of the appeal: of a unit of a live leg, or of the lift.

        The mayor is in charge of every lifted appeal.
        """
        in_charge = {self.of_units.get(unit) for unit in live_units(document)} - {None}
        if document.get("lifted_at"):
            led_by = document.get("led_by") or {}
            in_charge |= {led_by.get("leader") or TOP, TOP}
        return code is not None and any(
            code in (named, self.leaders.acting(named, self.on)) for named in in_charge
        )


def live_units(document: Mapping[str, Any]) -> list[str]:
    """The units of live legs."""
    return [leg["unit"] for leg in document["legs"] if not leg.get("ended")]


def _codes(reader: Caller) -> list[str]:
    return [reader.code] if reader.code else []


def relations(
    reader: Caller, document: Mapping[str, Any], in_charge: InCharge | None
) -> Collection[Relation]:
    """How the reader stands to the appeal. `in_charge` is needed of a leader alone."""
    if reader.role == AccountRole.UNIT:
        studies = () if document["state"] in ENDED else document.get("studies", ())
        along = [unit for study in studies if study["is_open"] for unit in study["units"]]
        first_asked = [document["first_asked"]] if document.get("first_asked") else []
        return standing_of_unit(
            _codes(reader),
            live=live_units(document),
            along=[*along, *first_asked],
            withheld=is_withheld(document),
        )
    leads = in_charge is not None and in_charge.leads(reader.code, document)
    return frozenset({Relation.IN_CHARGE} if leads else ())


def as_read_by(
    reader: Caller,
    document: Mapping[str, Any],
    persons: Mapping[str, Any],
    in_charge: InCharge | None = None,
) -> dict[str, Any]:
    """The document as the reader sees it. `persons` are those whom its words may name."""
    known = relations(reader, document, in_charge)
    shown = FIELDS.shown(document, reader.role, _codes(reader), known)
    return (
        without_persons(shown, persons)
        if reader.role == AccountRole.UNIT and is_withheld(document)
        else shown
    )
