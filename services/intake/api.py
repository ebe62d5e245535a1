"""Intake over HTTP: registration, what an enterprise sees and says, the office's reopening, past appeals."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Header, Path, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import acts, domain
from services.intake.domain import File
from services.intake.store import Desk
from shared import events
from shared.errors import Conflict, Forbidden, HuyingError, Invalid, NotFound
from shared.events import Channel, Deadline, Verdict
from shared.rules import pack
from shared.rules.pack import Pack, PackError
from shared.rules.standing import CaseState
from shared.web.access import Role
from shared.web.edge import Called, Edge, Edged, Paged, Reading, json
from shared.writer import Answer

router = APIRouter(tags=["intake"])

OPEN = (Channel.WEB, Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels over which anyone may register; over the others clerks do."""
CLERKS = (Role.OPERATOR, Role.OFFICE)
CODE_BYTES = 10

Number = Annotated[str, Path(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$")]
ReceiptCode = Annotated[str, Header(max_length=100)]


@router.post("/appeals", status_code=201)
async def register(body: acts.Register, edge: Edged) -> Response:
    """Register an appeal. The receipt code is told here and never again."""
    if body.channel not in OPEN and edge.caller.role not in CLERKS:
        raise Forbidden(
            "该渠道只能由工作人员登记；请改用网上渠道",
            f"only clerks register what comes in by {body.channel}: use the channel web",
        )
    appeal_id, code = uuid4(), domain.receipt_code(secrets.token_bytes(CODE_BYTES))
    kept_hash, zone = domain.receipt_hash(code), edge.running.calendar.zone

    def do(desk: Desk) -> Answer:
        file = desk.register(body, appeal_id, edge.running.pack, desk.at, zone, kept_hash)
        answer = {
            "appeal_id": appeal_id,
            "registration_number": file.registration_number,
            "receipt_code": code,
            "received_at": file.received_at.astimezone(zone),
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await edge.write([zone], do)


async def _opened(conn: AsyncConnection, number: str, code: str) -> File:
    row = await conn.execute(
        text("select file from appeals where registration_number = :number"), {"number": number}
    )
    found = row.scalar()
    if not domain.opens(code, found and found["receipt_hash"]):
        raise NotFound(
            "挂号编号或回执码不符，请核对",
            "no appeal has this registration number and receipt code: check both",
            "registration_number",
        )
    return File.model_validate(found)


@router.get("/status/{registration_number}")
async def status(
    registration_number: Number, receipt_code: ReceiptCode, conn: Reading, edge: Edged
) -> Response:
    """How an appeal stands, for whoever has its receipt code."""
    file = await _opened(conn, registration_number, receipt_code)
    return json(public(file, edge.running.calendar.zone), etag=file.version)


@router.post("/status/{registration_number}/withdrawals")
async def withdraw(
    registration_number: Number, receipt_code: ReceiptCode, body: acts.Withdraw, edge: Edged
) -> Response:
    """The enterprise takes its appeal back."""
    return await _tell(edge, registration_number, receipt_code, body)


@router.post("/status/{registration_number}/ratings")
async def rate(
    registration_number: Number, receipt_code: ReceiptCode, body: acts.Rate, edge: Edged
) -> Response:
    """The enterprise's verdict (好差评)."""
    return await _tell(edge, registration_number, receipt_code, body)


async def _tell(edge: Edge, number: str, code: str, act: acts.Act) -> Response:
    async with edge.running.reader.connect() as conn:
        appeal_id = (await _opened(conn, number, code)).appeal_id

    def do(desk: Desk) -> Answer:
        edge.check(desk.file(appeal_id).version)
        file = desk.perform(appeal_id, act, desk.at)
        answer = orjson.dumps(public(file, edge.running.calendar.zone)).decode()
        return Answer(answer, 200, str(file.version))

    return await edge.write([appeal_id], do)


def public(file: File, zone: ZoneInfo) -> dict[str, Any]:
    """What an enterprise sees of its appeal, times in `zone`: no legs that ended, no void deadlines."""
    names = {leg.unit: leg.unit_name for leg in file.legs}
    shown = [deadline for deadline in file.deadlines if deadline.verdict != Verdict.VOID]
    return {
        "registration_number": file.registration_number,
        "title": file.title,
        "state": file.state,
        "received_at": file.received_at.astimezone(zone),
        "rating": file.rating and file.rating.rating,
        "legs": [
            {
                "unit": leg.unit,
                "unit_name": leg.unit_name,
                "role": leg.role,
                "round": leg.round,
                "contacted_at": _local(leg.contacted_at, zone),
                "responded_at": _local(leg.responded_at, zone),
                "completed_at": _local(leg.completed_at, zone) if file.is_completed(leg) else None,
                "deadlines": [_deadline(one, zone) for one in shown if one.leg_id == leg.leg_id],
            }
            for leg in sorted(file.live_legs(), key=lambda leg: leg.role != events.Role.LEAD)
        ],
        "deadlines": [_deadline(one, zone) for one in shown if one.leg_id is None],
        "timeline": [
            {
                **entry.model_dump(),
                "occurred_at": _local(entry.occurred_at, zone),
                "unit_name": entry.unit and names.get(entry.unit),
            }
            for entry in file.timeline
        ],
    }


def _deadline(deadline: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "deadline": deadline.deadline,
        "round": deadline.round,
        "due_at": _local(deadline.due_at, zone),
        "met_at": _local(deadline.met_at, zone),
        "verdict": deadline.verdict,
        "provisional": deadline.provisional,
        "clause": deadline.clause,
        "explanation": deadline.explanation,
    }


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment and moment.astimezone(zone)


@router.post("/appeals/{appeal_id}/reopenings", response_model=File)
async def reopen(appeal_id: UUID, body: acts.Reopen, edge: Edged) -> Response:
    """The office starts the next round after a rating of not satisfied."""

    def do(desk: Desk) -> Answer:
        edge.check(desk.file(appeal_id).version, needed=True)
        file = desk.perform(appeal_id, body, desk.at)
        return Answer(file.model_dump_json(exclude={"receipt_hash"}), 200, str(file.version))

    return await edge.write([appeal_id], do)


@router.get("/appeals")
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    state: CaseState | None = None,
    channel: Channel | None = None,
) -> Response:
    """The appeals, oldest number first, without texts and contacts; a unit sees its own alone."""
    rows = await conn.execute(
        text(
            """
            select file - array['text', 'enterprise', 'receipt_hash', 'timeline', 'deadlines'] as file
            from appeals
            where registration_number > :after
              and (cast(:state as text) is null or state = :state)
              and (cast(:channel as text) is null or file->>'channel' = :channel)
              and (cast(:unit as text) is null or units @> array[cast(:unit as text)])
            order by registration_number limit :limit
            """
        ),
        {
            "after": str(page.after[0]) if page.after else "",
            "state": state,
            "channel": channel,
            "unit": (called.code or "") if called.role == Role.UNIT else None,
            "limit": page.limit + 1,
        },
    )
    return page.answer([row.file for row in rows], "registration_number")


@router.get("/appeals/{appeal_id}", response_model=File)
async def appeal(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One appeal with its text and whom to contact; a unit reads it while it has a leg of it."""
    row = await conn.execute(
        text("select units, file - 'receipt_hash' as file from appeals where appeal_id = :id"),
        {"id": appeal_id},
    )
    found = row.one_or_none()
    if found is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    if called.role == Role.UNIT and called.code not in found.units:
        raise Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
    return json(found.file, etag=found.file["version"])


@router.post("/import")
async def import_(body: acts.Import, edge: Edged) -> Response:
    """Past appeals and what followed, all or none; for the importer alone, and under a hold (`PUT /hold`).

    They get registration numbers of their own days and no receipt codes.
    """
    await edge.require_hold()
    zone, keys = edge.running.calendar.zone, set[Any]()
    own = edge.running.pack
    packs: dict[str | None, Pack] = {None: own, own.id: own, own.ref: own}
    for i, past in enumerate(body.items):
        with _naming(i):
            edge.running.clock.check_import(past.occurred_at)
            keys.add(domain.imported_id(body.source, past.source_id))
            if isinstance(past, acts.PastAppeal):
                keys.add(past.occurred_at.astimezone(zone).date())
                packs[past.pack] = packs.get(past.pack) or _pack(past.pack)

    def do(desk: Desk) -> Answer:
        done = []
        with desk.all_or_none():
            for i, past in enumerate(body.items):
                with _naming(i):
                    file = _bring_in(desk, body.source, past, packs, zone)
                done.append(
                    {
                        "source_id": past.source_id,
                        "appeal_id": file.appeal_id,
                        "registration_number": file.registration_number,
                    }
                )
        return Answer(orjson.dumps({"items": done}).decode())

    return await edge.write(keys, do)


def _bring_in(
    desk: Desk, source: str, past: acts.AnyPast, packs: Mapping[str | None, Pack], zone: ZoneInfo
) -> File:
    appeal_id = domain.imported_id(source, past.source_id)
    known = appeal_id in desk.files
    if not isinstance(past, acts.PastAppeal):
        if not known:
            raise NotFound("该来源没有这件诉求", "no appeal of this id came from this source", "source_id")
        return desk.perform(appeal_id, past, past.occurred_at, past=True)
    if known:
        raise Conflict("该诉求已导入", "this appeal was brought in already", "source_id")
    return desk.register(past, appeal_id, packs[past.pack], past.occurred_at, zone, source_id=past.source_id)


def _pack(ref: str | None) -> Pack:
    assert ref is not None
    try:
        return pack.load(ref)
    except PackError as error:
        raise Invalid(f"没有规则包 {ref}；可用：{'、'.join(pack.known())}", str(error), "pack") from error


@contextmanager
def _naming(i: int) -> Iterator[None]:
    """A refusal within says that it was about item `i`."""
    try:
        yield
    except HuyingError as refusal:
        refusal.field = f"items.{i}.{refusal.field}" if refusal.field else f"items.{i}"
        raise
