"""Intake over HTTP for staff: lists and reads, reopening, merging, follow-up calls."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from services.intake import acts, telling
from services.intake.api import doing, naming
from services.intake.file import ENDED, Entry, File
from services.intake.store import Desk
from shared.events import Channel
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.service.errors import Forbidden, NotFound
from shared.web.request import Called, Paged, Reading, RequestContext, Requested, json
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])
MOST_FOLLOWERS = 500


class Follower(BaseModel):
    """An appeal that is handled with another."""

    appeal_id: UUID
    registration_number: str
    state: CaseState


class Read(File):
    """An appeal as staff read it. `lead_ended`: it is merged with one that is handled no more."""

    lead_ended: bool = False
    followers: tuple[Follower, ...] = ()


@router.post("/appeals/{appeal_id}/reopenings", response_model=File)
async def reopen(appeal_id: UUID, body: acts.Reopen, request: Requested) -> Response:
    """The office starts the next round after a bad rating, as far as the pack allows it."""
    return await _act(request, appeal_id, body, needs_version=True)


@router.post("/appeals/{appeal_id}/follow-ups", response_model=File)
async def follow_up(appeal_id: UUID, body: acts.FollowUp, request: Requested) -> Response:
    """Somebody independent called the enterprise after completion (回访)."""
    return await _act(request, appeal_id, body)


async def _act(
    request: RequestContext, appeal_id: UUID, act: acts.Act, *, needs_version: bool = False
) -> Response:
    def do(desk: Desk) -> Answer:
        request.check(desk.file(appeal_id).version, needed=needs_version)
        return _answer(desk.perform(appeal_id, act, doing(request, desk, appeal_id)))

    return await request.write([appeal_id], do)


def _answer(file: File) -> Answer:
    return Answer(file.model_dump_json(exclude={"receipt_hash"}), 200, str(file.version))


_NAMED = text(
    """
    select appeal_id, registration_number, lead from appeals
    where appeal_id = any(cast(:ids as uuid[])) or registration_number = :number
    """
)


@router.post("/appeals/{appeal_id}/merges", response_model=File)
async def merge(appeal_id: UUID, body: acts.Merge, request: Requested) -> Response:
    """Handle an appeal with another from now on (并单); one that is merged already changes its lead."""
    leads = await _leads(request, appeal_id, body.lead)
    found = leads.get(body.lead.lower(), leads.get(body.lead))
    if found is None:
        raise NotFound("没有拟并入的诉求", f"no appeal {body.lead} here: check its number", "lead")
    lead_id, left_id = found[0], leads.get(str(appeal_id), (appeal_id, None))[1]

    def do(desk: Desk) -> Answer:
        request.check(desk.file(appeal_id).version, needed=True)
        return _answer(
            desk.merge(appeal_id, lead_id, body.reason, desk.at, rulebook(request.context).pack_of)
        )

    return await request.write([key for key in (appeal_id, lead_id, left_id) if key], do)


@router.post("/appeals/{appeal_id}/unmerges", response_model=File)
async def unmerge(appeal_id: UUID, body: acts.Unmerge, request: Requested) -> Response:
    """Handle a merged appeal by itself again."""
    left_id = (await _leads(request, appeal_id, "")).get(str(appeal_id), (appeal_id, None))[1]

    def do(desk: Desk) -> Answer:
        request.check(desk.file(appeal_id).version, needed=True)
        return _answer(desk.unmerge(appeal_id, body.reason, desk.at))

    return await request.write([key for key in (appeal_id, left_id) if key], do)


async def _leads(request: RequestContext, appeal_id: UUID, named: str) -> dict[str, tuple[UUID, UUID | None]]:
    """By id and by number, the appeal and the one that is named: their ids and those of their leads.

    Read before they are locked: a version that still holds then says that nothing changed meanwhile.
    """
    ids = [appeal_id, *([UUID(named)] if len(named) == 36 else [])]
    async with request.context.reader.connect() as conn:
        rows = (await conn.execute(_NAMED, {"ids": ids, "number": named})).all()
    return {
        name: (row.appeal_id, row.lead)
        for row in rows
        for name in (str(row.appeal_id), row.registration_number)
    }


_FILTERS = {
    "state": "state = :state",
    "channel": "file->>'channel' = :channel",
    "unit": "units @> array[cast(:unit as text)]",
    "lead": "lead = cast(:lead as uuid)",
    "unheard": "state = 'completed' and file->>'heard_at' is null and file->>'rating' is null",
    "lead_ended": "lead in (select appeal_id from appeals where state = any(cast(:ended as text[])))",
}
_UNLISTED = "array['text', 'enterprise', 'receipt_hash', 'timeline', 'deadlines', 'follow_ups']"


@router.get("/appeals")
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    state: CaseState | None = None,
    channel: Channel | None = None,
    lead: UUID | None = None,
    unheard: bool = False,
    lead_ended: bool = False,
) -> Response:
    """The appeals, oldest number first, without texts and contacts; a unit sees its own alone.

    `lead`: those handled with it. `unheard`: completed, not rated, and nobody reached. `lead_ended`: merged
    with one that is handled no more.
    """
    unit = (called.code or "") if called.role == AccountRole.UNIT else None
    wished = {
        "state": state,
        "channel": channel,
        "unit": unit,
        "lead": lead,
        "unheard": unheard or None,
        "lead_ended": lead_ended or None,
    }
    given = {name: value for name, value in wished.items() if value is not None}
    where = " and ".join(["registration_number > :after", *(_FILTERS[name] for name in given)])
    query = f"select file - {_UNLISTED} as file from appeals where {where}"
    rows = await conn.execute(
        text(f"{query} order by registration_number limit :limit"),
        {
            **given,
            "ended": list(ENDED),
            "after": str(page.after[0]) if page.after else "",
            "limit": page.limit + 1,
        },
    )
    return page.answer([row.file for row in rows], "registration_number")


_ONE = text(
    """
    select a.units, a.file - 'receipt_hash' as file,
      coalesce(l.state = any(cast(:ended as text[])), false) as lead_ended
    from appeals a left join appeals l on l.appeal_id = a.lead where a.appeal_id = :id
    """
)
_FOLLOWERS = text(
    """
    select appeal_id, registration_number, state from appeals
    where lead = :id order by registration_number limit :most
    """
)


@router.get("/appeals/{appeal_id}", response_model=Read)
async def appeal(appeal_id: UUID, conn: Reading, called: Called, request: Requested) -> Response:
    """One appeal with its text and whom to contact; a unit reads it while it has a leg of it.

    At most 500 followers are shown; `GET /appeals?lead=` lists them all.
    """
    found = (await conn.execute(_ONE, {"id": appeal_id, "ended": list(ENDED)})).one_or_none()
    if found is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    if called.role == AccountRole.UNIT and called.code not in found.units:
        raise Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
    followers: list[dict[str, Any]] = []
    if found.file.get("leads"):
        rows = await conn.execute(_FOLLOWERS, {"id": appeal_id, "most": MOST_FOLLOWERS})
        followers = [dict(row) for row in rows.mappings()]
    pack, zone = naming(request.context, found.file["pack"]), request.context.zone
    shown = {
        **found.file,
        "timeline": _timeline(found.file["timeline"], pack, zone),
        "lead_ended": found.lead_ended,
        "followers": followers,
    }
    return json(shown, etag=found.file["version"])


_CONTACT = text("select file->'enterprise' as enterprise from appeals where appeal_id = :id")


@router.get("/appeals/{appeal_id}/contact")
async def contact(appeal_id: UUID, conn: Reading) -> Response:
    """How the enterprise is reached, for the service that writes to it. Nothing where it gave nothing."""
    found = (await conn.execute(_CONTACT, {"id": appeal_id})).one_or_none()
    if found is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    said = found.enterprise or {}
    return json({name: said.get(name) for name in ("phone", "email")})


def _timeline(told: list[Any], pack: Pack | None, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [telling.line(Entry.model_validate(one), pack, zone) for one in told]
