"""Dispatch over HTTP: the office's decisions, the units' reports, the directory, and past acts."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator
from sqlalchemy import text

from services.dispatch import acts, store
from services.dispatch.domain import File, State, Unit
from services.dispatch.store import Desk
from shared.errors import Conflict, Forbidden, HuyingError, Invalid, NotFound
from shared.rules.calendar import OfficeHours
from shared.web.access import Role
from shared.web.edge import Called, Edge, Edged, Page, Paged, Reading, json
from shared.web.text import Body
from shared.writer import Answer

router = APIRouter(tags=["dispatch"])

ROUTES: dict[str, type[acts.Act]] = {
    "assignments": acts.Assign,
    "contacts": acts.Contact,
    "replies": acts.Reply,
    "completions": acts.Complete,
    "refusals": acts.Refuse,
    "objections": acts.Object,
    "objection-decisions": acts.DecideObjection,
    "extension-requests": acts.RequestExtension,
    "extension-decisions": acts.DecideExtension,
    "pauses": acts.Pause,
    "resumptions": acts.Resume,
    "lift-requests": acts.RequestLift,
    "referrals": acts.Refer,
    "closures": acts.Close,
}
DECISIONS = (acts.Assign, acts.DecideObjection, acts.DecideExtension, acts.Refer, acts.Close)
"""What one clerk decides and another must not overwrite unseen: these need If-Match."""


def _office_hours(spans: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    OfficeHours.parse(spans)
    return spans


class UnitBody(Body):
    """A unit of the directory. `leader` is the code of the leader in charge of it."""

    name: acts.Line
    kind: Literal["locality", "department", "office"]
    parent: acts.Code | None = None
    head: acts.Line | None = None
    leader: acts.Code | None = None
    office_hours: Annotated[tuple[tuple[str, str], ...], AfterValidator(_office_hours)] | None = None


async def _units(edge: Edge, wanted: Iterable[acts.Act]) -> dict[str, Unit]:
    codes = {leg.unit for act in wanted if isinstance(act, acts.Assign) for leg in act.legs}
    if not codes:
        return {}
    async with edge.running.reader.connect() as conn:
        return await store.units(conn, codes)


def _may(edge: Edge, file: File, act: acts.Act) -> None:
    caller = edge.caller
    if isinstance(act, acts.LegAct) and caller.role == Role.UNIT and caller.code != file.leg(act.leg_id).unit:
        raise Forbidden("该承办件不属于本单位", "this leg is another unit's")
    if isinstance(act, acts.Pause) and edge.running.pack_of(file.pack).pauses is None:
        raise Conflict("适用规则不允许暂停计时", f"{file.pack} lets nobody stop the clock")
    if isinstance(act, acts.RequestExtension):
        rule = edge.running.pack_of(file.pack).extension
        if rule is None or act.deadline not in rule.deadlines:
            raise Conflict(
                "适用规则不允许延长该时限", f"{file.pack} lets nobody extend this limit", "deadline"
            )
        if act.limit.unit != rule.cap.unit or act.limit.number > rule.cap.number:
            most = f"{rule.cap.number} {rule.cap.unit}"
            raise Invalid(f"延期最长 {most}", f"no longer than {most} ({rule.clause})", "limit")


def _route(act_type: type[acts.Act]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(appeal_id: UUID, body: Any, edge: Edged) -> Response:
        units = await _units(edge, [body])

        def do(desk: Desk) -> Answer:
            file = desk.file(appeal_id)
            edge.check(file.version, needed=isinstance(body, DECISIONS))
            _may(edge, file, body)
            file = desk.perform(appeal_id, body, desk.at, edge.caller.name, units)
            return Answer(file.model_dump_json(), 200, str(file.version))

        return await edge.write([appeal_id], do)

    endpoint.__annotations__["body"] = act_type
    endpoint.__doc__ = act_type.__doc__
    return endpoint


for _path, _act in ROUTES.items():
    router.add_api_route(
        f"/appeals/{{appeal_id}}/{_path}",
        _route(_act),
        methods=["POST"],
        name=_act.__name__,
        response_model=File,
    )


@router.post("/import")
async def import_(body: acts.Import, edge: Edged) -> Response:
    """Past acts with their own times, all or none; for the importer alone, and under a hold (`PUT /hold`)."""
    await edge.require_hold()
    units = await _units(edge, (past.act for past in body.acts))
    for i, past in enumerate(body.acts):
        with _naming(i):
            edge.running.clock.check_import(past.occurred_at)

    def do(desk: Desk) -> Answer:
        for i, past in enumerate(body.acts):
            with _naming(i):
                desk.perform(past.appeal_id, past.act, past.occurred_at, edge.caller.name, units)
        return Answer(orjson.dumps({"acts": len(body.acts)}).decode())

    return await edge.write({past.appeal_id for past in body.acts}, do)


@contextmanager
def _naming(i: int) -> Iterator[None]:
    """A refusal within says that it was about act `i`."""
    try:
        yield
    except HuyingError as refusal:
        refusal.field = f"acts.{i}.{refusal.field}" if refusal.field else f"acts.{i}"
        raise


@router.get("/appeals")
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    state: State | None = None,
    unit: Annotated[acts.Code | None, Query()] = None,
) -> Response:
    """The cases, oldest number first; a unit sees its own alone."""
    rows = await conn.execute(
        text(
            """
            select registration_number, file from appeals
            where registration_number > :after
              and (cast(:state as text) is null or state = :state)
              and (cast(:unit as text) is null or units @> array[cast(:unit as text)])
            order by registration_number limit :limit
            """
        ),
        {
            "after": _after(page),
            "state": state,
            "unit": called.code if called.role == Role.UNIT else unit,
            "limit": page.limit + 1,
        },
    )
    return page.answer([row.file for row in rows], "registration_number")


def _after(page: Page) -> str:
    return str(page.after[0]) if page.after else ""


@router.get("/appeals/{appeal_id}", response_model=File)
async def appeal(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One case with what was done to it; its ETag is what a decision names in If-Match."""
    row = await store.file_with_acts(conn, appeal_id)
    if row is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    found, done = row
    if called.role == Role.UNIT and called.code not in {leg["unit"] for leg in found["legs"]}:
        raise Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
    return json({**found, "acts": done}, etag=found["version"])


@router.get("/units")
async def units(conn: Reading, page: Paged) -> Response:
    """The directory of units."""
    rows = await conn.execute(
        text("select code, unit, version from units where code > :after order by code limit :limit"),
        {"after": _after(page), "limit": page.limit + 1},
    )
    return page.answer([{**row.unit, "version": row.version} for row in rows], "code")


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('unit ' || :code, 0))")


@router.put("/units/{code}")
async def put_unit(code: acts.Code, body: UnitBody, edge: Edged) -> Response:
    """Write a unit; an existing one needs If-Match."""
    unit = Unit(code=code, **body.model_dump())
    async with edge.running.engine.begin() as conn:
        await conn.execute(_ONE_AT_A_TIME, {"code": code})
        version = (
            await conn.execute(
                text("select version from units where code = :code for update"), {"code": code}
            )
        ).scalar()
        if version is not None:
            edge.check(version, needed=True)
        if unit.parent is not None and unit.parent != code:
            await store.units(conn, [unit.parent])
        version = await store.save_unit(conn, unit)
    return json(unit.model_dump(), etag=version)
