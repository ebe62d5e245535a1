"""A unit's legs over HTTP, by remaining working time."""

from fastapi import APIRouter, Response

from services.desks.finding import pages
from services.desks.finding.answers import ListedLegs
from services.desks.finding.conditions import position
from services.desks.finding.names import with_names
from services.desks.finding.parameters import Name
from services.desks.finding.scopes import scope_of
from services.desks.finding.units import codes_of
from services.desks.legs import queries
from services.desks.legs.queries import WantedLegs
from services.desks.legs.remaining import with_remaining
from services.desks.resources import resources_of
from shared.web.bodies import Moment
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Requested

router = APIRouter(tags=["desks"])
SORT = "legs"


@router.get(
    "/legs", summary="承办件，按剩余工作时间 / Open legs by remaining time", response_model=ListedLegs
)
async def legs(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    unit: Name = None,
    overdue: bool | None = None,
    due_before: Moment | None = None,
    paused: bool | None = None,
    count: bool = False,
) -> Response:
    """The open legs of a unit, those due first; what stands still in a pause, or has no limit, comes last.

    A unit reads its own and those of the units below it. `remaining_minutes` is working time by the hours of
    the leg's unit.
    """
    scope, after = await scope_of(request.context, conn, called), position(page.after, SORT)
    units = await codes_of(conn, unit)
    wanted = WantedLegs(units, overdue, due_before, paused)
    rows = await queries.legs(conn, wanted, scope, after, page.limit + 1)
    counted = pages.counted(await queries.count_legs(conn, wanted, scope)) if count else None
    resources = resources_of(request.context)
    rows = [with_names(with_remaining(row, request.context, scope.now), resources) for row in rows]
    return pages.answer(page, rows, SORT, "leg_id", scope.zone, count=counted)
