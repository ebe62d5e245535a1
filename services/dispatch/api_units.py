"""The directory of units over HTTP."""

from fastapi import APIRouter, Response

from services.dispatch import acts, queries
from services.dispatch.answers import ListedUnit
from services.dispatch.document import Unit
from shared.web.answers import PageOf
from shared.web.bodies import Code
from shared.web.request import Paged, Reading, Replacing, json

router = APIRouter(tags=["dispatch"])


@router.get("/units", summary="承办单位目录 / List the units", response_model=PageOf[ListedUnit])
async def units(conn: Reading, page: Paged) -> Response:
    """The directory of units."""
    return page.answer(await queries.units(conn, after=page.after_text, limit=page.limit + 1), "code")


@router.put("/units/{code}", summary="登记承办单位 / Write a unit", response_model=Unit, responses={409: {}})
async def put_unit(code: Code, body: acts.UnitBody, request: Replacing) -> Response:
    """Write a unit; an existing one needs If-Match. No unit stands above itself."""
    unit = Unit(code=code, **body.model_dump())
    async with request.context.engine.begin() as conn:
        version = await queries.locked_unit_version(conn, code)
        if version is not None:
            request.check(version)
        await queries.check_parent(conn, unit)
        version = await queries.save_unit(conn, unit)
    return json(unit.model_dump(), etag=version)
