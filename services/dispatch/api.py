"""Dispatch over HTTP: the office's decisions, the units' reports, the directory, and past acts."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel
from sqlalchemy import text

from services.dispatch import acts, directory, merging, store
from services.dispatch.file import File, Given, Running, State, Unit
from services.dispatch.store import Desk, Group
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import OfficeHours
from shared.service.errors import Forbidden, HuyingError, NotFound
from shared.web.bodies import Body
from shared.web.request import Called, Page, Paged, Reading, RequestContext, Requested, json
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])

ROUTES: dict[str, type[acts.Act]] = {
    "assignments": acts.Assign,
    "contacts": acts.Contact,
    "replies": acts.Reply,
    "completions": acts.Complete,
    "stages": acts.Reach,
    "refusals": acts.Refuse,
    "objections": acts.Object,
    "objection-decisions": acts.DecideObjection,
    "extension-requests": acts.RequestExtension,
    "extension-decisions": acts.DecideExtension,
    "pauses": acts.Pause,
    "resumptions": acts.Resume,
    "lift-requests": acts.RequestLift,
    "findings": acts.Find,
    "referrals": acts.Refer,
    "closures": acts.Close,
}
DECISIONS = (acts.Assign, acts.DecideObjection, acts.DecideExtension, acts.Find, acts.Refer, acts.Close)
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


async def _units(request: RequestContext, wanted: Collection[tuple[UUID, acts.Act]]) -> dict[str, Unit]:
    """The units that assignments name, and those whose heads must have signed."""
    codes = {leg.unit for _, act in wanted if isinstance(act, acts.Assign) for leg in act.legs}
    signed = {appeal_id for appeal_id, act in wanted if isinstance(act, acts.RequestLift)}
    if not codes and not signed:
        return {}
    async with request.context.reader.connect() as conn:
        return await directory.units(conn, codes, signed)


async def _deadlines(request: RequestContext, appeal_id: UUID, act: acts.Act) -> tuple[Running, ...]:
    if not isinstance(act, acts.RequestExtension | acts.DecideExtension):
        return ()
    async with request.context.reader.connect() as conn:
        return await store.deadlines(conn, appeal_id)


def _pack(request: RequestContext, file: File) -> Pack:
    return rulebook(request.context).pack_of(file.pack)


def _key(appeal_id: UUID, act: acts.Act) -> UUID | Group:
    return Group(appeal_id) if isinstance(act, merging.TELLING) else appeal_id


def _route(act_type: type[acts.Act]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(appeal_id: UUID, body: Any, request: Requested) -> Response:
        units = await _units(request, [(appeal_id, body)])
        deadlines = await _deadlines(request, appeal_id, body)

        def do(desk: Desk) -> Answer:
            file = desk.file(appeal_id)
            request.check(file.version, needed=isinstance(body, DECISIONS))
            given = Given(
                _pack(request, file), rulebook(request.context).calendar, request.caller, units, deadlines
            )
            file = desk.perform(appeal_id, body, desk.at, given)
            return Answer(file.model_dump_json(), 200, str(file.version))

        return await request.write([_key(appeal_id, body)], do)

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
async def import_(body: acts.Import, request: Requested) -> Response:
    """Past acts with their own times, all or none; for the importer alone, and under a hold (`PUT /hold`)."""
    await request.require_hold()
    units = await _units(request, [(past.appeal_id, past.act) for past in body.acts])
    for i, past in enumerate(body.acts):
        with _naming(i):
            request.context.clock.check_import(past.occurred_at)

    def do(desk: Desk) -> Answer:
        given: dict[str, Given] = {}
        for i, past in enumerate(body.acts):
            with _naming(i):
                file = desk.file(past.appeal_id)
                if file.pack not in given:
                    given[file.pack] = Given(
                        _pack(request, file),
                        rulebook(request.context).calendar,
                        request.caller,
                        units,
                        past=True,
                    )
                desk.perform(past.appeal_id, past.act, past.occurred_at, given[file.pack])
        return Answer(orjson.dumps({"acts": len(body.acts)}).decode())

    return await request.write({_key(past.appeal_id, past.act) for past in body.acts}, do)


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
            "unit": called.code if called.role == AccountRole.UNIT else unit,
            "limit": page.limit + 1,
        },
    )
    return page.answer([row.file for row in rows], "registration_number")


def _after(page: Page) -> str:
    return str(page.after[0]) if page.after else ""


class Follower(BaseModel):
    """An appeal that is handled with another one."""

    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    state: State


class Told(File):
    """A case with what was done to it, and what is handled with it."""

    acts: list[dict[str, Any]]
    followers: list[Follower]


@router.get("/appeals/{appeal_id}", response_model=Told)
async def appeal(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One case with what was done to it; its ETag is what a decision names in If-Match."""
    found = await store.told(conn, appeal_id)
    if found is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    if called.role == AccountRole.UNIT and called.code not in {leg["unit"] for leg in found["legs"]}:
        raise Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
    return json(found, etag=found["version"])


@router.get("/units")
async def units(conn: Reading, page: Paged) -> Response:
    """The directory of units."""
    rows = await conn.execute(
        text("select code, unit, version from units where code > :after order by code limit :limit"),
        {"after": _after(page), "limit": page.limit + 1},
    )
    return page.answer([{**row.unit, "version": row.version} for row in rows], "code")


@router.put("/units/{code}")
async def put_unit(code: acts.Code, body: UnitBody, request: Requested) -> Response:
    """Write a unit; an existing one needs If-Match. No unit stands above itself."""
    unit = Unit(code=code, **body.model_dump())
    async with request.context.engine.begin() as conn:
        version = await directory.version(conn, code)
        if version is not None:
            request.check(version, needed=True)
        await directory.check_parent(conn, unit)
        version = await directory.save(conn, unit)
    return json(unit.model_dump(), etag=version)
