"""What intake answers, for its OpenAPI document."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.intake.attachments.answers import EnterpriseAttachment, StaffAttachment
from services.intake.document import AppealDocument, EnterpriseRecord, FormerPersons
from services.intake.own_acts import ReopeningRequest
from services.intake.public_answers import ShownEntry
from services.intake.ratings import OfficeComplaint, ReferralObjection
from services.intake.registered import ContactRecord, PlaceRecord
from shared.events import Kind
from shared.rules.judging.state import CaseState
from shared.rules.pack.parts import Source, Title
from shared.rules.terms import Rating
from shared.web.answers import Shown

HIDDEN = frozenset({"receipt_hash", "renewed", "removed_attachments", "formerly"})
"""What no answer has of an appeal: hashes of its receipt codes, and files and persons of before."""


class Procedure(BaseModel):
    """A pack under which one may register; `usual`: the city's own."""

    id: str
    pack: str
    usual: bool
    title: Title
    source: Source


class Registered(BaseModel):
    """A registered appeal, with the receipt code that only this answer holds."""

    appeal_id: UUID
    registration_number: str
    receipt_code: str
    received_at: datetime


class StaffAppeal(Shown, AppealDocument):
    """An appeal as its acts answer it."""

    hidden = HIDDEN | {"attachments"}


class ListedAppeal(Shown, AppealDocument):
    """An appeal in a list: without its texts and contacts."""

    hidden = frozenset(
        {
            "text",
            "enterprise",
            "receipt_hash",
            "renewed",
            "additions",
            "reopening_requests",
            "timeline",
            "deadlines",
            "follow_ups",
            "complaints",
            "referral_objections",
            "attachments",
            "removed_attachments",
            "contacts",
            "formerly",
            "remarks",
            "corrections",
            "spot_answer",
        }
    )


class Follower(BaseModel):
    """An appeal that is handled with another."""

    appeal_id: UUID
    registration_number: str
    state: CaseState


class ReadAppeal(Shown, AppealDocument):
    """An appeal as staff read it. `lead_ended`: it is merged with one that is handled no more.

    Where the name is withheld, `enterprise`, `contacts`, `remarks` and `corrections` are empty for a unit.
    """

    hidden = HIDDEN

    timeline: list[ShownEntry]  # type: ignore[assignment]
    attachments: tuple[StaffAttachment, ...] = ()  # type: ignore[assignment]
    lead_ended: bool = False
    followers: tuple[Follower, ...] = ()


class WholeContact(BaseModel):
    """Who asks, and whom to contact, in full."""

    enterprise: EnterpriseRecord | None
    contacts: tuple[ContactRecord, ...]


class Contact(BaseModel):
    """How the enterprise is reached."""

    phone: str | None
    email: str | None


class RefusedItem(BaseModel):
    """Why an item of an import did not come in."""

    code: str
    field: str
    zh: str
    en: str


class ImportedAppeal(BaseModel):
    """A past appeal that came in; `already`: by an earlier import. One that was `refused` has no number.

    In a dry run the numbers are those that the appeals would get now. `is_withheld`: no unit learns who asks.
    """

    source_id: str
    appeal_id: UUID
    registration_number: str | None
    pack: str | None = None
    is_withheld: bool = False
    already: bool = False
    refused: RefusedItem | None = None


class OwnData(BaseModel):
    """What an enterprise said of itself and of its matter, and before each correction.

    `additions` and `comments` are what it wrote itself; `attachments` the files that it reads.
    """

    registration_number: str
    received_at: datetime
    channel: str
    kind: Kind
    title: str
    text: str
    enterprise: EnterpriseRecord | None
    formerly: list[FormerPersons]
    contacts: list[ContactRecord]
    place: PlaceRecord | None
    urgency_reason: str | None
    complaints: list[OfficeComplaint]
    referral_objections: list[ReferralObjection]
    reopening_requests: list[ReopeningRequest]
    additions: list[str]
    comments: list[str]
    attachments: list[EnterpriseAttachment]


class OwnAppeal(BaseModel):
    """One of an enterprise's own appeals; a confidential one without its title."""

    registration_number: str
    title: str | None
    kind: Kind
    state: CaseState
    received_at: datetime
    rating: Rating | None


class Sent(BaseModel):
    """That a code is sent, if the contact is registered. Whether it is, nobody is told."""

    zh: str
    en: str


class Proof(Sent):
    """A proof that waits for its code."""

    proof_id: UUID
    expires_at: datetime
