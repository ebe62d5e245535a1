"""What the lists of desks answer, as the OpenAPI document describes it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.events import Kind, Mark, Rating, Urgency
from shared.rules.judging.state import CaseState
from shared.rules.terms import Role
from shared.states import LegState
from shared.web.answers import PageOf


class Counted(BaseModel):
    """How many there are; with `more` there are more than are counted."""

    value: int
    more: bool


class ListedCase(BaseModel):
    """One case in a list. Who asks is null where nobody is named, and for units where it is withheld.

    What ends in `_name` is the Chinese name of a code, or the code where it has none.
    """

    appeal_id: UUID
    registration_number: str
    pack: str
    kind: Kind
    channel: str
    channel_name: str
    title: str
    enterprise: str | None
    credit_code: str | None
    locality: str | None
    locality_name: str | None
    category: str | None
    category_name: str | None
    urgency: Urgency | None
    division: str | None
    state: CaseState
    units: list[str]
    unit_names: list[str]
    marks: list[Mark]
    rating: Rating | None
    leader: str | None
    lead: UUID | None
    round: int
    received_at: datetime
    updated_at: datetime
    due_at: datetime | None
    deadline: str | None
    deadline_name: str | None
    due_unit: str | None
    overdue: bool
    provisional: bool


class ListedCases(PageOf[ListedCase]):
    """A part of a list of cases.

    `count` is there where it was asked for. `incomplete`: texts and phones were not searched to the end,
    because intake does not answer, or because it found more than it tells.
    """

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
    urgency: Urgency | None
    case_state: CaseState
    pack: str
    unit: str
    unit_name: str | None
    role: Role | None
    round: int
    state: LegState
    due_at: datetime | None
    deadline: str | None
    deadline_name: str | None
    provisional: bool
    overdue: bool
    remaining_minutes: int | None
    assigned_at: datetime | None
    contacted_at: datetime | None
    responded_at: datetime | None


class ListedLegs(PageOf[ListedLeg]):
    """A part of a list of legs. `count` is there where it was asked for."""

    count: Counted | None
