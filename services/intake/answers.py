"""What intake answers, for its OpenAPI document."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.intake.attachments.answers import EnterpriseAttachment, StaffAttachment
from services.intake.document import (
    AppealDocument,
    EnterpriseRecord,
    FormerPersons,
    OfficeComplaint,
    ReferralObjection,
)
from services.intake.next_steps import Actor
from services.intake.own_acts import ReopeningRequest
from services.intake.registered import ContactRecord, PlaceRecord
from shared.appeals.answers import PublicAnswer
from shared.events import Confidentiality, Kind, Role, Urgency, Verdict
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


class PublicDeadline(BaseModel):
    """A deadline as the enterprise sees it."""

    deadline: str
    title: Title
    round: int
    started_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    verdict: Verdict
    provisional: bool
    clause: str
    ground: Title
    explanation: dict[str, str]


class PublicLeg(BaseModel):
    """A unit's part of the appeal, as the enterprise sees it."""

    unit: str
    unit_name: str
    role: Role | None
    round: int
    contacted_at: datetime | None
    responded_at: datetime | None
    completed_at: datetime | None
    deadlines: list[PublicDeadline]


class ShownEntry(BaseModel):
    """One line of the timeline."""

    occurred_at: datetime
    type: str
    unit: str | None
    zh: str
    en: str


class PublicEntry(ShownEntry):
    """One line of the timeline, with the name of the unit."""

    unit_name: str | None


class PublicComplaint(BaseModel):
    """A complaint to the office, with the office's answer once there is one."""

    about: Literal["reply", "handling"]
    complained_at: datetime
    justified: bool | None
    answer: str | None
    answered_at: datetime | None


class PublicAddition(BaseModel):
    """Facts that were added, and by whom."""

    text: str
    added_at: datetime
    by: Literal["enterprise", "staff"]


class PublicReopeningRequest(BaseModel):
    """A request to handle the appeal again, with what the office decided once it has."""

    reason: str
    requested_at: datetime
    granted: bool | None
    answer: str | None
    decided_at: datetime | None


class NextStep(BaseModel):
    """Who must do what until when; `unit` is who, if it is a unit. `until` is null while time is paused."""

    by: Actor
    unit: str | None
    unit_name: str | None
    deadline: str | None
    until: datetime | None
    overdue: bool
    zh: str
    en: str


class PublicAppeal(BaseModel):
    """An appeal as its enterprise sees it, as its acts answer it: without the texts of the answers."""

    registration_number: str
    title: str
    state: CaseState
    pack: str
    kind: Kind
    category: str | None
    category_path: str | None
    urgency: Urgency | None
    place: PlaceRecord | None
    complained_of: str | None
    wished_on: date | None
    answer_wanted: bool | None
    confidentiality: Confidentiality | None
    spot_answer: str | None
    received_at: datetime
    reasonable: bool | None
    rating: Rating | None
    solved: bool | None
    handled_together: bool
    next: list[NextStep]
    additions: list[PublicAddition]
    urgings: list[datetime]
    reopening_requests: list[PublicReopeningRequest]
    complaints: list[PublicComplaint]
    legs: list[PublicLeg]
    deadlines: list[PublicDeadline]
    timeline: list[PublicEntry]
    attachments: list[EnterpriseAttachment]


class AnsweredEntry(PublicEntry):
    """One line of the timeline, with the text of the answer that it is about."""

    text: str | None


class PublicStatus(PublicAppeal):
    """An appeal as its enterprise sees it, with all that units and the office answered.

    `answers_complete`: false while the texts cannot be had; then none are here.
    """

    timeline: list[AnsweredEntry]  # type: ignore[assignment]
    answers: list[PublicAnswer]
    answers_complete: bool


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
