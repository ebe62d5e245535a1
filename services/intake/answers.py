"""What intake answers, for its OpenAPI document."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.intake.attachments.answers import EnterpriseAttachment, StaffAttachment
from services.intake.document import AppealDocument
from services.intake.registered import PlaceRecord
from shared.events import Confidentiality, Kind, Role, Urgency, Verdict
from shared.rules.judging.state import CaseState
from shared.rules.pack.parts import Source, Title
from shared.rules.terms import Rating
from shared.web.answers import Shown


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


class PublicStatus(BaseModel):
    """An appeal as its enterprise sees it."""

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
    handled_together: bool
    complaints: list[PublicComplaint]
    legs: list[PublicLeg]
    deadlines: list[PublicDeadline]
    timeline: list[PublicEntry]
    attachments: list[EnterpriseAttachment]


class StaffAppeal(Shown, AppealDocument):
    """An appeal as its acts answer it."""

    hidden = frozenset({"receipt_hash", "attachments", "removed_attachments"})


class ListedAppeal(Shown, AppealDocument):
    """An appeal in a list: without its texts and contacts."""

    hidden = frozenset(
        {
            "text",
            "enterprise",
            "receipt_hash",
            "timeline",
            "deadlines",
            "follow_ups",
            "complaints",
            "referral_objections",
            "attachments",
            "removed_attachments",
            "contacts",
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

    hidden = frozenset({"receipt_hash", "removed_attachments"})

    timeline: list[ShownEntry]  # type: ignore[assignment]
    attachments: tuple[StaffAttachment, ...] = ()  # type: ignore[assignment]
    lead_ended: bool = False
    followers: tuple[Follower, ...] = ()


class Contact(BaseModel):
    """How the enterprise is reached."""

    phone: str | None
    email: str | None


class ImportedAppeal(BaseModel):
    """A past appeal that was brought in."""

    source_id: str
    appeal_id: UUID
    registration_number: str
