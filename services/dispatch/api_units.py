"""The directory of units over HTTP."""

from fastapi import APIRouter, Response

from services.dispatch import queries
from services.dispatch.acts.directory import UnitBody
from services.dispatch.answers import ListedUnit
from services.dispatch.document import Unit
from services.dispatch.work import Work
from shared.directory.copies import known_leaders
from shared.directory.leaders import Leaders
from shared.events import UnitChanged
from shared.service.errors import Invalid
from shared.service.service import ServiceContext
from shared.web.answers import PageOf
from shared.web.bodies import Code
from shared.web.paging import Paged
from shared.web.request import Reading, Replacing, json

router = APIRouter(tags=["dispatch"])


@router.get("/units", summary="承办单位目录 / List the units", response_model=PageOf[ListedUnit])
async def units(conn: Reading, page: Paged) -> Response:
    """The directory of units."""
    return page.answer(await queries.units(conn, after=page.after_text, limit=page.limit + 1), "code")


@router.put("/units/{code}", summary="登记承办单位 / Write a unit", response_model=Unit, responses={409: {}})
async def put_unit(code: Code, body: UnitBody, request: Replacing) -> Response:
    """Write a unit; an existing one needs If-Match. No unit stands above itself.

    `leader` is the post in charge of the unit, or a leader: one of the leaders' directory.
    """
    unit = Unit(code=code, **body.model_dump())
    async with request.context.engine.begin() as conn:
        version = await queries.locked_unit_version(conn, code)
        if version is not None:
            request.check(version)
        await queries.check_parent(conn, unit)
        _check_leader(unit, await known_leaders(conn))
        version = await queries.save_unit(conn, unit)
        work = Work(conn, await request.context.clock.stamp(conn))
        work.emit(_changed(unit, work, await queries.count_units(conn)))
        await work.flush()
    request.context.wake()
    return json(unit.model_dump(), etag=version)


def _check_leader(unit: Unit, leaders: Leaders) -> None:
    """Raises `Invalid` for a leader that does not exist, once escalation has said of any."""
    if unit.leader and leaders and not leaders.knows(unit.leader):
        raise Invalid(
            f"领导名册中没有 {unit.leader}：请先登记该领导或职务",
            f"no leader and no post {unit.leader} in the leaders' directory: write it there first",
            "leader",
        )


def _changed(unit: Unit, work: Work, directory_size: int) -> UnitChanged:
    fields = unit.model_dump(include={"name", "kind", "parent", "leader"})
    return UnitChanged.of(unit.code, work.at, directory_size=directory_size, **fields)


async def say_unsaid(context: ServiceContext) -> None:
    """Tell the other services of the units that were written before there was an event to tell of them."""
    async with context.engine.begin() as conn:
        work = Work(conn, await context.clock.stamp(conn))
        size = await queries.count_units(conn)
        for unit in await queries.take_unsaid_units(conn):
            work.emit(_changed(unit, work, size))
        await work.flush()
