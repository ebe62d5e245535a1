"""What intake answers to whoever has the receipt code of an appeal."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from services.intake.attachments.answers import EnterpriseAttachment
from services.intake.next_steps import Actor
from services.intake.registered import PlaceRecord
from shared.appeals.answers import PublicAnswer
from shared.events import Confidentiality, Kind, Role, Urgency, Verdict
from shared.rules.judging.state import CaseState
from shared.rules.pack.parts import Title
from shared.rules.terms import Rating


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
