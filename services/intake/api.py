"""Intake over HTTP for everybody: registration, what an enterprise sees of its appeal and says of it."""

import secrets
from typing import Annotated
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Header, Path, Response
from sqlalchemy import text

from services.intake import acts
from services.intake.domain import Doing
from services.intake.file import ENDED, File
from services.intake.status import public
from services.intake.store import Desk
from shared.database import Connection
from shared.errors import Forbidden, Invalid, NotFound, PackMissing
from shared.events import Channel
from shared.receipts import CHANCE_BYTES, opens, receipt_code, receipt_hash
from shared.rules.pack import Pack
from shared.runtime import Running
from shared.web.access import Role
from shared.web.edge import Edge, Edged, Reading, json
from shared.writer import Answer

router = APIRouter(tags=["intake"])

OPEN = (Channel.WEB, Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels over which anyone may register; over the others clerks do."""
CLERKS = (Role.OPERATOR, Role.OFFICE)

Number = Annotated[str, Path(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$")]
ReceiptCode = Annotated[str, Header(max_length=100)]


@router.get("/procedures")
async def procedures(edge: Edged) -> Response:
    """The packs one may register under, the usual one first; a registration names another by its `id`."""
    running = edge.running
    return json({"items": [_shown(pack, usual=pack is running.pack) for pack in packs(running)]})


def packs(running: Running) -> list[Pack]:
    """The city's pack, and those of its procedures."""
    return [running.pack, *running.procedures.values()]


def _shown(pack: Pack, *, usual: bool) -> dict[str, object]:
    return {
        "id": pack.id,
        "pack": pack.ref,
        "usual": usual,
        "title": pack.title.model_dump(),
        "source": pack.source.model_dump(),
    }


@router.post("/appeals", status_code=201)
async def register(body: acts.NewAppeal, edge: Edged) -> Response:
    """Register an appeal. The receipt code is told here and never again."""
    if body.channel not in OPEN and edge.caller.role not in CLERKS:
        raise Forbidden(
            "该渠道只能由工作人员登记；请改用网上渠道",
            f"only clerks register what comes in by {body.channel}: use the channel web",
        )
    pack = _pack(edge.running, body.procedure)
    appeal_id, code = uuid4(), receipt_code(secrets.token_bytes(CHANCE_BYTES))
    kept_hash, zone = receipt_hash(code), edge.running.calendar.zone

    def do(desk: Desk) -> Answer:
        file = desk.register(body, appeal_id, pack, desk.at, zone, kept_hash)
        answer = {
            "appeal_id": appeal_id,
            "registration_number": file.registration_number,
            "receipt_code": code,
            "received_at": file.received_at.astimezone(zone),
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await edge.write([zone], do)


def _pack(running: Running, procedure: str | None) -> Pack:
    if procedure is None:
        return running.pack
    found = {pack.id: pack for pack in packs(running)}
    if procedure not in found:
        raise Invalid(
            f"本地没有办事程序 {procedure}；可选：{'、'.join(found)}",
            f"no procedure '{procedure}' here: choose from {', '.join(found)}, or leave it out",
            "procedure",
        )
    return found[procedure]


_OPENED = text(
    """
    select a.file, l.state as lead_state
    from appeals a left join appeals l on l.appeal_id = a.lead where a.registration_number = :number
    """
)


async def _opened(conn: Connection, number: str, code: str) -> tuple[File, bool]:
    """The appeal that the receipt code opens, and whether it is handled together with others now."""
    row = (await conn.execute(_OPENED, {"number": number})).one_or_none()
    kept_hash = row.file["receipt_hash"] if row else None
    if not opens(code, kept_hash) or row is None:
        raise NotFound(
            "挂号编号或回执码不符，请核对",
            "no appeal has this registration number and receipt code: check both",
            "registration_number",
        )
    file = File.model_validate(row.file)
    return file, file.leads > 0 or (file.merged is not None and row.lead_state not in ENDED)


@router.get("/status/{registration_number}")
async def status(
    registration_number: Number, receipt_code: ReceiptCode, conn: Reading, edge: Edged
) -> Response:
    """How an appeal stands, for whoever has its receipt code."""
    file, together = await _opened(conn, registration_number, receipt_code)
    running = edge.running
    shown = public(file, naming(running, file.pack), running.calendar.zone, together=together)
    return json(shown, etag=file.version)


def naming(running: Running, ref: str) -> Pack | None:
    """The pack that names what is told of a case; None where it is not here, and usual words must do."""
    try:
        return running.pack_of(ref)
    except PackMissing:
        return None


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
        opened, together = await _opened(conn, number, code)

    def do(desk: Desk) -> Answer:
        edge.check(desk.file(opened.appeal_id).version)
        how = doing(edge, desk, opened.appeal_id)
        file = desk.perform(opened.appeal_id, act, how)
        shown = public(file, how.pack, how.calendar.zone, together=together)
        return Answer(orjson.dumps(shown).decode(), 200, str(file.version))

    return await edge.write([opened.appeal_id], do)


def doing(edge: Edge, desk: Desk, appeal_id: UUID) -> Doing:
    """That the caller acts on the appeal now."""
    running = edge.running
    return Doing(desk.at, edge.caller.name, running.pack_of(desk.file(appeal_id).pack), running.calendar)
