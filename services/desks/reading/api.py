"""One case over HTTP, as the read model has it: what a desk shows where the owning service is away."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.desks.fields import FIELDS
from services.desks.finding import pages
from services.desks.finding.answers import ListedCase
from services.desks.finding.names import with_names
from services.desks.finding.scopes import scope_of
from services.desks.reading import queries
from services.desks.resources import resources_of
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.readers import Relation
from shared.events import Deadline
from shared.states import LegState
from shared.web.request import Called, Reading, Requested, json

router = APIRouter(tags=["desks"])


class CaseLeg(BaseModel):
    """One leg of a case; `due_at` is what is due next of it."""

    leg_id: UUID
    unit: str
    unit_name: str | None
    role: str | None
    round: int
    state: LegState
    due_at: datetime | None
    deadline: str | None
    deadline_name: str | None
    provisional: bool
    overdue_at: datetime | None
    assigned_at: datetime | None
    contacted_at: datetime | None
    responded_at: datetime | None
    completed_at: datetime | None


class CaseCard(BaseModel):
    """One card of a case; `state` is the last thing that happened to it."""

    card_id: UUID
    leg_id: UUID
    unit: str
    card: str
    round: int
    deadline: str
    due_at: datetime
    clause: str
    state: str
    issued_at: datetime


class CaseLift(BaseModel):
    """One lift of a case."""

    lift_id: UUID
    lifted_at: datetime
    reason: str
    leader: str | None
    acts: str | None
    unit: str | None
    level: str | None
    clause: str


class CaseWaiting(BaseModel):
    """What waits, or waited, for somebody's word."""

    kind: str
    subject: str
    unit: str | None
    asked_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    is_open: bool


class Line(BaseModel):
    """One event of the timeline, whose act it was, and its codes. Words of people are at their service."""

    event_id: UUID
    at: datetime
    service: str
    type: str
    role: str | None
    code: str | None
    data: dict[str, Any]


class ReadCase(ListedCase):
    """One case with its deadlines explained. `is_named`: whether units read who asks."""

    complained_of: str | None
    is_named: bool
    readers: list[str]
    deadlines: list[Deadline]
    legs: list[CaseLeg]
    cards: list[CaseCard]
    lifts: list[CaseLift]
    waiting: list[CaseWaiting]
    lines: list[Line]


@router.get("/cases/{appeal_id}", summary="查看诉求全貌 / Read a case", response_model=ReadCase)
async def case(appeal_id: UUID, conn: Reading, called: Called, request: Requested) -> Response:
    """One case as all services told of it; a unit reads what it, or a unit below it, has a leg of or is of
    the task force of.
    """
    scope = await scope_of(request.context, conn, called)
    row = await queries.case(conn, appeal_id, scope.now)
    if row is None:
        raise no_such_appeal()
    if scope.units is not None and not set(scope.units) & set(row["readers"]):
        raise not_dispatched_to_unit()
    known = () if scope.units is None else (Relation.READING_ALONG if row["is_named"] else Relation.WITHHELD,)
    row = FIELDS.shown(row, called.role, (), known)
    parts, resources = await queries.parts(conn, appeal_id), resources_of(request.context)
    parts["legs"] = [with_names(leg, resources) for leg in parts["legs"]]
    (shown,) = pages.in_zone([with_names(row, resources)], scope.zone)
    return json({**shown, **{name: pages.in_zone(rows, scope.zone) for name, rows in parts.items()}})
