"""Past appeals and what followed, brought in over HTTP."""

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from services.intake import past_acts, queries
from services.intake.answers import ImportedAppeal
from services.intake.api import packs
from services.intake.city.naming import units_for
from services.intake.city.units import Units
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.domain.registration import imported_id, resolved
from services.intake.registered import withholds
from services.intake.resources import city_tables, hashes_of
from services.intake.work import Work
from shared.judging.rulebook import PackMissing, rulebook
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, HuyingError, Invalid, NotFound
from shared.service.service import ServiceContext
from shared.web.answers import Items
from shared.web.bodies import in_item
from shared.web.request import RequestContext, Writing
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])
Packs = Mapping[str | None, Pack]
"""The packs that an import names, by the name it uses; the city's pack for None."""


class Known(NamedTuple):
    """What an import may name: packs, and the units of the city."""

    packs: Packs
    units: Units


@router.post(
    "/import",
    summary="导入历史诉求 / Import past appeals",
    response_model=Items[ImportedAppeal],
    responses={404: {}},
)
async def import_(body: past_acts.Import, request: Writing) -> Response:
    """Past appeals and what followed, for the importer alone, and under a hold (`PUT /hold`).

    All or none, or each by itself (`each`). They get registration numbers of their own days and no receipt
    codes. An appeal that came in earlier stays as it is. A dry run needs no hold.
    """
    if not body.dry_run:
        await request.require_hold()
    if not body.each:
        _check_times(request.context, body)
    known = Known(_packs(request.context, body), await _units(request, body))
    keys = _keys(request.context, body) | await _leads(request, body)
    take = _take_each if body.each else _take_all

    def do(work: Work) -> Answer:
        items = take(work, request, body, known)
        return Answer(orjson.dumps({"items": items}).decode())

    return await (request.rehearse if body.dry_run else request.write)(keys, do)


def _take_all(
    work: Work, request: RequestContext, body: past_acts.Import, known: Known
) -> list[dict[str, Any]]:
    imported = []
    with work.all_or_none():
        for i, past in enumerate(body.items):
            with in_item("items", i):
                imported.append(_answer(past, _bring_in(work, request, body.source, past, known)))
    return imported


def _take_each(
    work: Work, request: RequestContext, body: past_acts.Import, known: Known
) -> list[dict[str, Any]]:
    """The answer of each item: an appeal that came in now or earlier, or why it did not."""
    answers = []
    for past in body.items:
        appeal_id = imported_id(body.source, past.source_id)
        earlier = work.appeals.get(appeal_id) if isinstance(past, past_acts.PastAppeal) else None
        if earlier is not None:
            answers.append(_answer(past, earlier) | {"already": True})
            continue
        try:
            request.context.clock.check_import(past.occurred_at)
            with work.all_or_none():
                answers.append(_answer(past, _bring_in(work, request, body.source, past, known)))
        except HuyingError as refusal:
            refused = {"code": refusal.code, "field": refusal.field or "", "zh": refusal.zh, "en": refusal.en}
            answer = {"source_id": past.source_id, "appeal_id": appeal_id, "registration_number": None}
            answers.append(answer | {"refused": refused})
    return answers


def _answer(past: past_acts.AnyPast, appeal: AppealDocument) -> dict[str, Any]:
    return {
        "source_id": past.source_id,
        "appeal_id": appeal.appeal_id,
        "registration_number": appeal.registration_number,
        "pack": appeal.pack,
        "is_withheld": withholds(appeal.kind, appeal.confidentiality),
    }


def _check_times(context: ServiceContext, body: past_acts.Import) -> None:
    for i, past in enumerate(body.items):
        with in_item("items", i):
            context.clock.check_import(past.occurred_at)


def _keys(context: ServiceContext, body: past_acts.Import) -> set[Any]:
    keys, zone = set[Any](), context.zone
    for past in body.items:
        keys.add(imported_id(body.source, past.source_id))
        if isinstance(past, past_acts.PastAppeal):
            keys.add(past.occurred_at.astimezone(zone).date())
        elif isinstance(past, past_acts.PastMerge):
            keys.add(imported_id(body.source, past.lead))
    return keys


def _packs(context: ServiceContext, body: past_acts.Import) -> Packs:
    named: dict[str | None, Pack] = {None: rulebook(context).pack}
    for own in reversed(packs(context)):
        named[own.id] = named[own.ref] = own
    for i, past in enumerate(body.items):
        if isinstance(past, past_acts.PastAppeal) and past.pack not in named:
            # each by itself: the item that names an unknown pack is refused when its turn comes
            with contextlib.suppress(Invalid) if body.each else in_item("items", i):
                named[past.pack] = _pack(context, past.pack)
    return named


def _pack(context: ServiceContext, ref: str | None) -> Pack:
    assert ref is not None
    try:
        return rulebook(context).pack_of(ref)
    except PackMissing as error:
        raise Invalid(
            f"规则包 {ref} 不存在，或缺少本地设定；现有：{'、'.join(pack_files.known())}",
            str(error.__cause__),
            "pack",
        ) from error


async def _units(request: RequestContext, body: past_acts.Import) -> Units:
    return await units_for(request, *(past for past in body.items if isinstance(past, past_acts.PastAppeal)))


async def _leads(request: RequestContext, body: past_acts.Import) -> set[UUID]:
    """The present leads of the appeals whose merge the import changes."""
    ids = {
        imported_id(body.source, past.source_id)
        for past in body.items
        if isinstance(past, past_acts.PastMerge | past_acts.PastUnmerge)
    }
    if not ids:
        return set()
    async with request.context.reader.connect() as conn:
        return await queries.leads_of(conn, ids)


def _bring_in(
    work: Work, request: RequestContext, source: str, past: past_acts.AnyPast, known: Known
) -> AppealDocument:
    appeal_id, at = imported_id(source, past.source_id), past.occurred_at
    context = request.context
    if isinstance(past, past_acts.PastAppeal):
        if appeal_id in work.appeals:
            raise Conflict("该诉求已导入", "this appeal was brought in already", "source_id")
        body = resolved(past, city_tables(context), units=known.units)
        zone, named = context.zone, known.packs.get(past.pack) or _pack(context, past.pack)
        if past.pack is None or pack_files.is_id(past.pack):
            named = rulebook(context).in_force(named, at.astimezone(zone).date())
        appeal = work.register(body, appeal_id, named, at, zone, source_id=past.source_id)
        work.index(appeal, hashes_of(context))
        return appeal
    if appeal_id not in work.appeals:
        raise NotFound("该来源没有这件诉求", "no appeal of this id came from this source", "source_id")
    if isinstance(past, past_acts.PastMerge):
        lead_id = imported_id(source, past.lead)
        if lead_id not in work.appeals:
            raise NotFound("该来源没有拟并入的诉求", "no appeal of this id came from this source", "lead")
        return work.merge(appeal_id, lead_id, past.reason, at, rulebook(context).pack_of, past=True)
    if isinstance(past, past_acts.PastUnmerge):
        return work.unmerge(appeal_id, past.reason, at)
    own_pack = rulebook(context).pack_of(work.appeal(appeal_id).pack)
    act_context = ActContext(at, request.caller.name, own_pack, rulebook(context).calendar, past=True)
    return work.perform(appeal_id, past, act_context)
