"""What an appeal says beside title, text and enterprise: category, urgency, place, contacts and the like."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.addresses.mail import MailAddress
from shared.addresses.masking import NotMasked
from shared.addresses.phones import Phone
from shared.events import Confidentiality, DivisionCode, Urgency
from shared.web.bodies import Body, Line, wrong

MOST_CONTACTS, MOST_PHONES = 5, 5
UnitName = Annotated[str, Field(min_length=1, max_length=200)]
ShortText = Annotated[str, Field(min_length=1, max_length=2_000)]
Degrees = Annotated[Decimal, Field(max_digits=10, decimal_places=7)]


class Place(Body):
    """Where it happened: administrative code (GB/T 2260), address, coordinates (WGS 84, in China).

    Where the name is withheld from the units, they read the administrative code alone.
    """

    division: DivisionCode | None = None
    address: Line | None = None
    longitude: Annotated[Degrees, Field(ge=73, le=136)] | None = None
    latitude: Annotated[Degrees, Field(ge=3, le=54)] | None = None

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if (self.longitude is None) != (self.latitude is None):
            raise wrong("经度和纬度须同时填写", "give longitude and latitude, or neither", "longitude")
        return self


class FurtherContact(Body):
    """Another person of the enterprise who may be asked, with all phones."""

    name: Annotated[str, Field(min_length=1, max_length=200), NotMasked] | None = None
    phones: Annotated[tuple[Phone, ...], Field(max_length=MOST_PHONES)] = ()
    email: MailAddress | None = None
    remark: Line | None = None

    @model_validator(mode="after")
    def _is_reached(self) -> Self:
        if not self.phones and self.email is None:
            raise wrong("联系人须有电话或者邮箱", "a contact has a phone or an e-mail address", "phones")
        return self


class AppealFields(Body):
    """`category` and the unit `complained_of` are written by code or Chinese name.

    Whoever calls something urgent says why.

    `confidentiality` follows where it is not said: a report and a clue are withheld from the units, and so is
    an appeal that names the unit `complained_of`. There `named` says that the enterprise agrees to be named.
    """

    category: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    urgency: Urgency | None = None
    urgency_reason: Line | None = None
    place: Place | None = None
    complained_of: UnitName | None = None
    wished_on: date | None = None
    answer_wanted: bool | None = None
    confidentiality: Confidentiality | None = None
    contacts: Annotated[tuple[FurtherContact, ...], Field(max_length=MOST_CONTACTS)] = ()
    remarks: ShortText | None = None
