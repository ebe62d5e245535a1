"""What was registered of an appeal beside title and text, as the document keeps it: nothing is checked."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field

from shared.encryption.fields import PERSONAL
from shared.events import Confidentiality, Kind, Urgency

NEVER_NAMED = (Kind.REPORT, Kind.CLUE)
"""举报 and 线索: no unit learns who brought them."""


class PlaceRecord(BaseModel):
    """Where it happened."""

    division: str | None = None
    address: Annotated[str | None, PERSONAL] = None
    longitude: Decimal | None = None
    latitude: Decimal | None = None


class ContactRecord(BaseModel):
    """Another person of the enterprise who may be asked."""

    name: Annotated[str | None, PERSONAL] = None
    phones: Annotated[tuple[str, ...], PERSONAL] = ()
    email: Annotated[str | None, PERSONAL] = None
    remark: Annotated[str | None, PERSONAL] = None


class Change(BaseModel):
    """A field before and after a correction."""

    field: str
    before: Annotated[Any, PERSONAL] = None
    after: Annotated[Any, PERSONAL] = None


class Correction(BaseModel):
    """What staff put right, why, and by which account."""

    corrected_at: datetime
    by: str
    reason: Annotated[str, PERSONAL]
    changes: list[Change]


class SpotAnswer(BaseModel):
    """What whoever registered a consultation answered on the spot."""

    text: Annotated[str, PERSONAL]
    by: str
    answered_at: datetime


class RegisteredFields(BaseModel):
    """`first_asked`: the unit that the enterprise asked first and that registered the appeal."""

    category: str | None = None
    urgency: Urgency | None = None
    urgency_reason: Annotated[str | None, PERSONAL] = None
    place: PlaceRecord | None = None
    complained_of: str | None = None
    wished_on: date | None = None
    answer_wanted: bool | None = None
    confidentiality: Confidentiality | None = None
    contacts: tuple[ContactRecord, ...] = ()
    remarks: Annotated[str | None, PERSONAL] = None
    first_asked: str | None = None
    spot_answer: SpotAnswer | None = None
    corrections: list[Correction] = Field(default_factory=list)


def withholds(kind: str, confidentiality: str | None) -> bool:
    """Whether the units do not learn who asks."""
    is_asked = confidentiality is not None and confidentiality != Confidentiality.NAMED
    return is_asked or kind in NEVER_NAMED
