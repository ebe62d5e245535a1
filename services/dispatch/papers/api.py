"""Papers about one leg as PDF: the assignment (交办单) and the supervision letter (督办函)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch import queries
from services.dispatch.document import AppealDocument
from services.dispatch.leg import LegDocument
from services.dispatch.papers.assignment import assignment
from services.dispatch.papers.paper import Paper, PaperContext
from services.dispatch.papers.supervision import supervision
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.database.connection import Connection
from shared.events import Role
from shared.printing.typesetting import PDF, PdfResponse, pdf_answer, typeset
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Conflict, Forbidden
from shared.web.request import Called, Reading, RequestContext, Requested

router = APIRouter(tags=["dispatch"])

TEMPLATE = Path(__file__).parent / "pages" / "paper.typ"


@router.get(
    "/appeals/{appeal_id}/assignment.pdf",
    summary="打印交办单 / Print the assignment of a leg",
    responses=PDF | {409: {}},
    response_class=PdfResponse,
)
async def print_assignment(
    appeal_id: UUID, conn: Reading, called: Called, request: Requested, leg_id: UUID | None = None
) -> Response:
    """The assignment as PDF, for the office and the unit of the leg. Without `leg_id` a unit's own leg, else
    the leading one.
    """
    context = await _about(conn, appeal_id, leg_id, called, request)
    return await _printed(assignment(context))


@router.get(
    "/appeals/{appeal_id}/supervision.pdf",
    summary="打印督办函 / Print a supervision letter",
    responses=PDF | {409: {}},
    response_class=PdfResponse,
)
async def print_supervision(
    appeal_id: UUID, conn: Reading, called: Called, request: Requested, leg_id: UUID | None = None
) -> Response:
    """The supervision letter as PDF, dated today, for a leg with an overdue deadline or an urged unit.

    Without `leg_id` the leading leg.
    """
    context = await _about(conn, appeal_id, leg_id, called, request)
    return await _printed(supervision(context, request.context.clock.now()))


async def _about(
    conn: Connection, appeal_id: UUID, leg_id: UUID | None, called: Caller, request: RequestContext
) -> PaperContext:
    file = await queries.appeal_with_acts(conn, appeal_id)
    if file is None:
        raise no_such_appeal()
    appeal = AppealDocument.model_validate(file)
    leg = appeal.leg(leg_id) if leg_id else _usual_leg(appeal, called)
    if called.role == AccountRole.UNIT and leg.unit != called.code:
        raise Forbidden("该承办件不属于本单位", "this leg is another unit's")
    deadlines = await queries.judged_deadlines(conn, appeal_id)
    return PaperContext(appeal, leg, deadlines, request.context.zone, _remarks(file["acts"], leg))


def _remarks(acts: Iterable[Mapping[str, Any]], leg: LegDocument) -> str | None:
    """What the office wrote with the dispatch of the leg."""
    dispatched = (
        done["act"].get("remarks")
        for done in acts
        if leg.unit in _given_to(done["act"])
        and datetime.fromisoformat(done["occurred_at"]) == leg.assigned_at
    )
    return next(dispatched, None)


def _given_to(act: Mapping[str, Any]) -> list[str | None]:
    """The units to which an act gives the appeal."""
    match act["act"]:
        case "assign":
            return [leg["unit"] for leg in act["legs"]]
        case "reassign":
            return [act["unit"]]
        case _:
            return []


def _usual_leg(appeal: AppealDocument, called: Caller) -> LegDocument:
    """The unit's own leg, the newest; for others the one that leads."""
    if called.role == AccountRole.UNIT:
        own = [leg for leg in appeal.legs if leg.unit == called.code]
        if not own:
            raise not_dispatched_to_unit()
        return own[-1]
    leading = [leg for leg in appeal.live_legs() if leg.role is Role.LEAD]
    if not leading:
        raise Conflict("该诉求尚未交办", "no unit has this appeal: nothing to print")
    return leading[-1]


async def _printed(paper: Paper) -> Response:
    make = partial(typeset, TEMPLATE, "paper", asdict(paper))
    return await pdf_answer(make, paper.number.replace("/", "-"))
