"""Past appeals and what followed, brought in over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from sqlalchemy import text

from services.intake import acts
from services.intake.api import packs
from services.intake.domain import Doing, imported_id
from services.intake.file import File
from services.intake.store import Desk
from shared.judging.rulebook import PackMissing, rulebook
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, HuyingError, Invalid, NotFound
from shared.service.service import ServiceContext
from shared.web.request import RequestContext, Requested
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])
Packs = Mapping[str | None, Pack]


@router.post("/import")
async def import_(body: acts.Import, request: Requested) -> Response:
    """Past appeals and what followed, all or none; for the importer alone, and under a hold (`PUT /hold`).

    They get registration numbers of their own days and no receipt codes.
    """
    await request.require_hold()
    known = _packs(request.context, body)
    keys = _keys(request.context, body) | await _leads(request, body)

    def do(desk: Desk) -> Answer:
        done = []
        with desk.all_or_none():
            for i, past in enumerate(body.items):
                with _naming(i):
                    file = _bring_in(desk, request, body.source, past, known)
                done.append(
                    {
                        "source_id": past.source_id,
                        "appeal_id": file.appeal_id,
                        "registration_number": file.registration_number,
                    }
                )
        return Answer(orjson.dumps({"items": done}).decode())

    return await request.write(keys, do)


def _keys(context: ServiceContext, body: acts.Import) -> set[Any]:
    keys, zone = set[Any](), context.zone
    for i, past in enumerate(body.items):
        with _naming(i):
            context.clock.check_import(past.occurred_at)
        keys.add(imported_id(body.source, past.source_id))
        if isinstance(past, acts.PastAppeal):
            keys.add(past.occurred_at.astimezone(zone).date())
        elif isinstance(past, acts.PastMerge):
            keys.add(imported_id(body.source, past.lead))
    return keys


def _packs(context: ServiceContext, body: acts.Import) -> Packs:
    """The packs that are named, each as it was named."""
    known: dict[str | None, Pack] = {None: rulebook(context).pack}
    for own in reversed(packs(context)):
        known[own.id] = known[own.ref] = own
    for i, past in enumerate(body.items):
        if isinstance(past, acts.PastAppeal) and past.pack not in known:
            with _naming(i):
                known[past.pack] = _pack(context, past.pack)
    return known


def _pack(context: ServiceContext, ref: str | None) -> Pack:
    assert ref is not None
    try:
        return rulebook(context).pack_of(ref)
    except PackMissing as error:
        raise Invalid(
            f"规则包 {ref} 不存在，或缺少本地设定；现有：{'、'.join(pack.known())}",
            str(error.__cause__),
            "pack",
        ) from error


async def _leads(request: RequestContext, body: acts.Import) -> set[UUID]:
    """The leads of those that are to be merged otherwise."""
    ids = {
        imported_id(body.source, past.source_id)
        for past in body.items
        if isinstance(past, acts.PastMerge | acts.PastUnmerge)
    }
    if not ids:
        return set()
    query = text("select lead from appeals where appeal_id = any(cast(:ids as uuid[])) and lead is not null")
    async with request.context.reader.connect() as conn:
        return set((await conn.execute(query, {"ids": list(ids)})).scalars())


def _bring_in(desk: Desk, request: RequestContext, source: str, past: acts.AnyPast, known: Packs) -> File:
    appeal_id, at = imported_id(source, past.source_id), past.occurred_at
    context = request.context
    if isinstance(past, acts.PastAppeal):
        if appeal_id in desk.files:
            raise Conflict("该诉求已导入", "this appeal was brought in already", "source_id")
        zone = context.zone
        return desk.register(past, appeal_id, known[past.pack], at, zone, source_id=past.source_id)
    if appeal_id not in desk.files:
        raise NotFound("该来源没有这件诉求", "no appeal of this id came from this source", "source_id")
    if isinstance(past, acts.PastMerge):
        lead_id = imported_id(source, past.lead)
        if lead_id not in desk.files:
            raise NotFound("该来源没有拟并入的诉求", "no appeal of this id came from this source", "lead")
        return desk.merge(appeal_id, lead_id, past.reason, at, rulebook(context).pack_of, past=True)
    if isinstance(past, acts.PastUnmerge):
        return desk.unmerge(appeal_id, past.reason, at)
    rules = rulebook(context).pack_of(desk.file(appeal_id).pack)
    return desk.perform(
        appeal_id, past, Doing(at, request.caller.name, rules, rulebook(context).calendar, past=True)
    )


@contextmanager
def _naming(i: int) -> Iterator[None]:
    """A refusal within says that it was about item `i`."""
    try:
        yield
    except HuyingError as refusal:
        refusal.field = f"items.{i}.{refusal.field}" if refusal.field else f"items.{i}"
        raise
