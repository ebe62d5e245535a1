"""What the lists of desks answer, as the OpenAPI document describes it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.desks.rows.states import LegState
from shared.events import Kind
from shared.rules.judging.state import CaseState


class Counted(BaseModel):
    """How many there are; with `more` there are more than are counted."""

    value: int
    more: bool


class ListedCase(BaseModel):
    """One case in a list. Who asks is null where nobody is named, and for units where it is withheld."""

    appeal_id: UUID
    registration_number: str
    pack: str
    kind: Kind
    channel: str
    title: str
    enterprise: str | None
    credit_code: str | None
    locality: str | None
    category: str | None
    urgency: str | None
    division: str | None
    state: CaseState
    units: list[str]
    marks: list[str]
    rating: str | None
    leader: str | None
    lead: UUID | None
    round: int
    received_at: datetime
    updated_at: datetime
    due_at: datetime | None
    deadline: str | None
    due_unit: str | None
    overdue: bool
    provisional: bool


class ListedCases(BaseModel):
    """A part of a list of cases.

    `count` is there where it was asked for. `incomplete`: texts and phones were not searched to the end,
    because intake does not answer, or because it found more than it tells.
    """

    items: list[ListedCase]
    next: str | None
    count: Counted | None
    incomplete: bool


class ListedLeg(BaseModel):
    """One open leg in a list. `remaining_minutes` is working time by the unit's hours, negative once overdue.

    `due_at` is null in a pause, and where nothing is due.
    """

    leg_id: UUID
    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    credit_code: str | None
    kind: Kind
    urgency: str | None
    case_state: CaseState
    pack: str
    unit: str
    unit_name: str | None
    role: str | None
    round: int
    state: LegState
    due_at: datetime | None
    deadline: str | None
    provisional: bool
    overdue: bool
    remaining_minutes: int | None
    assigned_at: datetime | None
    contacted_at: datetime | None
    responded_at: datetime | None


class ListedLegs(BaseModel):
    """A part of a list of legs. `count` is there where it was asked for."""

    items: list[ListedLeg]
    next: str | None
    count: Counted | None
