"""Intake over HTTP for everybody: registration, and the public status of an appeal with its receipt code."""

import secrets
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Request, Response

from services.intake import acts, queries
from services.intake.allowances.registrations import allow_registration, sender_of
from services.intake.answered import with_answers
from services.intake.answers import Procedure, Registered
from services.intake.city.naming import units_for
from services.intake.document import ENDED, AppealDocument
from services.intake.domain.answering import check_answer
from services.intake.domain.context import ActContext
from services.intake.domain.receipt_codes import renewed_hash
from services.intake.domain.registration import resolved
from services.intake.public_answers import PublicStatus
from services.intake.resources import city_tables, hashes_of
from services.intake.search.indexed import SameContent
from services.intake.settings import settings_of
from services.intake.status import public_status
from services.intake.work import Work
from shared.appeals.categories import Category
from shared.appeals.channels import ChannelRow
from shared.database.connection import Connection
from shared.judging.rulebook import PackMissing, rulebook
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.service.errors import Forbidden, Invalid, NotFound
from shared.service.receipts import CHANCE_BYTES, opens, receipt_code, receipt_hash
from shared.service.service import ServiceContext
from shared.web.answers import Items
from shared.web.openapi import VERSIONED
from shared.web.request import Reading, RequestContext, Requested, Writing, json
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])

CLERKS = (AccountRole.OPERATOR, AccountRole.OFFICE, AccountRole.UNIT)
"""Who registers over channels that are not open to all. A unit registers what reached it (首问)."""


@router.get(
    "/procedures",
    summary="可选的办事程序 / Procedures that one may register under",
    response_model=Items[Procedure],
)
async def procedures(request: Requested) -> Response:
    """The packs one may register under, the usual one first; a registration names another by its `id`."""
    context = request.context
    return json({"items": [_shown(pack, usual=pack is rulebook(context).pack) for pack in packs(context)]})


def packs(context: ServiceContext) -> list[Pack]:
    """The city's pack, and those of its procedures."""
    return [rulebook(context).pack, *rulebook(context).procedures.values()]


def _shown(pack: Pack, *, usual: bool) -> dict[str, object]:
    return {
        "id": pack.id,
        "pack": pack.ref,
        "usual": usual,
        "title": pack.title.model_dump(),
        "source": pack.source.model_dump(),
    }


@router.post(
    "/appeals",
    summary="登记诉求 / Register an appeal",
    response_model=Registered,
    status_code=201,
    responses={403: {}, 429: {}},
)
async def register(body: acts.NewAppeal, request: Writing, http_request: Request) -> Response:
    """Register an appeal. The receipt code is told here and never again.

    The same words of the same enterprise within ten minutes are refused with the number of the first, unless
    `again` says that they are meant: an operator and the office are told whoever sent the first, anybody else
    only of what they sent themselves. Without an account so many an hour are taken from one network address,
    under one credit code and with one phone as the settings say. What a unit registers has it on record as
    the first that was asked.
    """
    context, city = request.context, city_tables(request.context)
    _check_open(request, city.channels.named(body.channel))
    check_answer(body.answer, body.kind, request.caller.role)
    pack, zone, book = _pack(context, body.procedure), context.zone, rulebook(context)
    units = await units_for(request, body)
    resolved_body = resolved(body, city, context.clock.now().astimezone(zone).date(), units)
    await allow_registration(request, http_request, resolved_body)
    appeal_id, code = uuid4(), receipt_code(secrets.token_bytes(CHANCE_BYTES))
    code_hash = receipt_hash(code)
    first_asked = request.caller.code if request.caller.role == AccountRole.UNIT else None
    content = SameContent.of(resolved_body, hashes_of(context), *sender_of(request, http_request, body))

    def do(work: Work) -> Answer:
        if not body.again:
            work.check_new(content)
        in_force = book.in_force(pack, work.at.astimezone(zone).date())
        appeal = work.register(
            resolved_body, appeal_id, in_force, work.at, zone, code_hash, first_asked=first_asked
        )
        work.index(appeal, hashes_of(context), content)
        if body.answer is not None:
            work.answer(appeal, body.answer, request.caller.name)
        answer = {
            "appeal_id": appeal_id,
            "registration_number": appeal.registration_number,
            "receipt_code": code,
            "received_at": appeal.received_at.astimezone(zone),
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([zone] if body.again else [zone, content], do)


def _check_open(request: RequestContext, channel: ChannelRow) -> None:
    if not channel.open_to_all and request.caller.role not in CLERKS:
        raise Forbidden(
            f"“{channel.zh}”渠道只能由工作人员登记；请改用网上渠道",
            f"only clerks register what comes in by {channel.en}: use the channel web",
        )


def _pack(context: ServiceContext, procedure: str | None) -> Pack:
    if procedure is None:
        return rulebook(context).pack
    by_id = {pack.id: pack for pack in packs(context)}
    if procedure not in by_id:
        raise Invalid(
            f"本地没有办事程序 {procedure}；可选：{'、'.join(by_id)}",
            f"no procedure '{procedure}' here: choose from {', '.join(by_id)}, or leave it out",
            "procedure",
        )
    return by_id[procedure]


@router.get(
    "/status/{registration_number}",
    summary="凭回执码查询诉求 / Read an appeal by its receipt code",
    response_model=PublicStatus,
    responses=VERSIONED,
)
async def status(
    registration_number: NumberPath, receipt_code: CodeHeader, conn: Reading, request: Requested
) -> Response:
    """How an appeal stands and what was answered, for whoever has its receipt code."""
    context = request.context
    appeal, together = await opened_appeal(request, conn, registration_number, receipt_code)
    pack, category = naming_pack(context, appeal.pack), category_of(context, appeal)
    shown = public_status(appeal, pack, context.zone, category, together=together)
    return json(await with_answers(shown, appeal.appeal_id, context), etag=appeal.version)


async def opened_appeal(
    request: RequestContext, conn: Connection, number: str, code: str
) -> tuple[AppealDocument, bool]:
    """The appeal that the receipt code opens, and whether it is handled together with others now.

    A new code that is used for the first time is in force from now on.
    """
    row = await queries.appeal_by_number(conn, number)
    if row is not None and (new_hash := renewed_hash(row.appeal, code)) is not None:
        await _use_new_code(request, row.appeal.appeal_id, new_hash)
        row = await queries.appeal_by_number(conn, number)
    code_hash = row.appeal.receipt_hash if row else None
    if not opens(code, code_hash) or row is None:
        raise NotFound(
            "挂号编号或回执码不符，请核对",
            "no appeal has this registration number and receipt code: check both",
            "registration_number",
        )
    appeal, lead_state = row
    return appeal, appeal.leads > 0 or (appeal.merged is not None and lead_state not in ENDED)


async def _use_new_code(request: RequestContext, appeal_id: UUID, new_hash: str) -> None:
    def do(work: Work) -> Answer:
        act = acts.UseNewCode(hash=new_hash)
        return Answer(str(work.perform(appeal_id, act, act_context(request, work, appeal_id)).version))

    await request.context.writer.write([appeal_id], do, None, request.caller)


def category_of(context: ServiceContext, appeal: AppealDocument) -> Category | None:
    """The category of the appeal in the city's table."""
    return city_tables(context).categories.get(appeal.category)


def naming_pack(context: ServiceContext, ref: str) -> Pack | None:
    """The pack that names what is shown of an appeal; None, for the usual words, if it is not here."""
    try:
        return rulebook(context).pack_of(ref)
    except PackMissing:
        return None


def act_context(request: RequestContext, work: Work, appeal_id: UUID) -> ActContext:
    """The context of an act that the caller does on the appeal now."""
    context = request.context
    pack = rulebook(context).pack_of(work.appeal(appeal_id).pack)
    return ActContext(
        work.at,
        request.caller.name,
        pack,
        rulebook(context).calendar,
        by_staff=request.caller.role is not None,
        urgings_a_day=settings_of(context).urgings_a_day,
    )
