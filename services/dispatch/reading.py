"""An appeal as its reader sees it: what its kind of field is for, and never who asks where that is withheld.

Pure.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson

from services.dispatch.document import AppealDocument
from shared.appeals.readers import APPEAL_READERS, FieldKind, Relation, standing_of_unit
from shared.directory.leaders import Leaders
from shared.named import Named
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.states import LegState
from shared.web.fields import OWN, FieldTable, Place

ENTERPRISE, TEXT, AMOUNTS = Place(FieldKind.ENTERPRISE), Place(FieldKind.TEXT), Place(FieldKind.AMOUNTS)
WORDS = Place(FieldKind.TEXT, empty="")
FIELDS = FieldTable(
    APPEAL_READERS,
    {
        "enterprise": ENTERPRISE,
        "followers.enterprise": ENTERPRISE,
        "finding.reason": WORDS,
        "referrals.reason": WORDS,
        "referrals.returned_for": TEXT,
        "closures.reason": TEXT,
        "transfers.reason": Place(FieldKind.TALK, empty=""),
        "legs[unit]": Place(FieldKind.OTHER_LEGS),
        "legs[unit].objection": TEXT,
        "legs[unit].objection_decision.reason": WORDS,
        "legs[unit].extension.reason": WORDS,
        "legs[unit].pause_request.reason": WORDS,
        "legs[unit].relief.reason": WORDS,
        "legs[unit].stages.sums": AMOUNTS,
        "legs[unit].stages.paid": AMOUNTS,
        "legs[unit].proposed.sums": AMOUNTS,
        "legs[unit].proposed.paid": AMOUNTS,
    },
)
_WORDS = ("text", "reason", "how", "question", "conclusion")
_SUMS = ("amount", "amounts")
_NOTES = dict.fromkeys(_WORDS, FieldKind.NOTES)
_OF_EVERY_ACT: Mapping[str, Named] = {
    **dict.fromkeys(_WORDS, FieldKind.TEXT),
    **dict.fromkeys(_SUMS, FieldKind.AMOUNTS),
    "who": FieldKind.CONTACT,
    "remarks": FieldKind.TEXT,
}
ACTS: Mapping[str, Mapping[str, Named]] = {
    "contact": {"how": FieldKind.TALK, "text": FieldKind.TALK},
    "transfer": {"reason": FieldKind.TALK},
    "close": {"remarks": FieldKind.NOTES},
    "note": _NOTES,
    "ask_study": _NOTES,
    "answer_study": _NOTES,
    "close_study": _NOTES,
}
"""By act, of which kinds its words are; those of other acts are the text of the handling, and sums."""


class InCharge(NamedTuple):
    """The directory by which a leader is known to be in charge of a unit, on which day."""

    leaders: Leaders
    on: date

    def leads(self, code: str | None, document: Mapping[str, Any]) -> bool:
        """Whether the leader `code` is in charge of the unit of a live leg."""
        in_charge = {leg.get("leader") for leg in _live(document)} - {None}
        return code is not None and any(
            code in (named, self.leaders.acting(named, self.on)) for named in in_charge
        )


def _live(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [leg for leg in document["legs"] if leg["state"] != LegState.ENDED]


class Reader(NamedTuple):
    """Who reads. `units` are the caller's own and those below it, `in_charge` is needed of a leader alone."""

    caller: Caller
    units: Collection[str] = ()
    in_charge: InCharge | None = None

    @property
    def role(self) -> AccountRole | None:
        return self.caller.role

    def relations(self, document: Mapping[str, Any]) -> frozenset[Relation]:
        """How the reader stands to the appeal."""
        if self.role == AccountRole.UNIT:
            studies = [study for study in document.get("studies", ()) if study["closed_at"] is None]
            invited = [invitation["unit"] for study in studies for invitation in study["invited"]]
            return standing_of_unit(
                self.units,
                live=[leg["unit"] for leg in _live(document)],
                along=[*document.get("task_force", ()), *invited],
                withheld=document.get("is_withheld", False),
            )
        leads = self.in_charge is not None and self.in_charge.leads(self.caller.code, document)
        return frozenset({Relation.IN_CHARGE} if leads else ())


def as_read_by(reader: Reader, document: dict[str, Any]) -> dict[str, Any]:
    """The document as the reader sees it, with its acts where it has them."""
    known = reader.relations(document)
    shown = FIELDS.shown(document, reader.role, reader.units, known)
    if "acts" in shown:
        legs = {leg["leg_id"]: leg["unit"] for leg in document["legs"]}
        shown["acts"] = list(_acts(document["acts"], legs, reader, known))
    return shown


def json_for(caller: Caller, appeal: AppealDocument) -> str:
    """The appeal as JSON, as an act on it answers it to the caller."""
    if caller.role == AccountRole.OFFICE:
        return appeal.model_dump_json()
    reader = Reader(caller, [caller.code] if caller.code else ())
    return orjson.dumps(as_read_by(reader, appeal.model_dump(mode="json"))).decode()


def _acts(
    acts: Iterable[dict[str, Any]], legs: Mapping[str, str], reader: Reader, known: frozenset[Relation]
) -> Iterable[dict[str, Any]]:
    """The acts on record: of other legs where these are read, each without the words that are not read.

    A reader reads what it wrote itself.
    """
    others_are_read = FIELDS.reads(FieldKind.OTHER_LEGS, reader.role, known)
    for done in acts:
        is_own = done["by"] == reader.caller.name
        unit = legs.get(str(done["act"].get("leg_id")))
        of_own_leg = reader.role == AccountRole.UNIT and unit in reader.units
        if is_own or others_are_read or unit is None or of_own_leg:
            yield _without_words(done, reader.role, {*known, OWN} if is_own or of_own_leg else known)


def _without_words(done: dict[str, Any], role: AccountRole | None, known: Collection[str]) -> dict[str, Any]:
    act = done["act"]
    kinds = {**_OF_EVERY_ACT, **ACTS.get(act["act"], {})}
    kept_back = {
        name: None
        for name, kind in kinds.items()
        if act.get(name) is not None and not FIELDS.reads(kind, role, known)
    }
    return {**done, "act": {**act, **kept_back}} if kept_back else done
