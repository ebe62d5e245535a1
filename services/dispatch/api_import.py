"""Past acts of units and the office, brought in over HTTP."""

from fastapi import APIRouter, Response

from services.dispatch import queries
from services.dispatch.acts.past import Import
from services.dispatch.answers import ImportedActs, ImportedOfAppeal
from services.dispatch.api import key_for, units_for
from services.dispatch.bulk.bodies import RowProblem
from services.dispatch.bulk.running import Outcome
from services.dispatch.importing import (
    DONE,
    PastActs,
    by_appeal,
    each_done,
    each_tried,
    open_files,
    perform_past,
)
from services.dispatch.work import Work
from shared.service.errors import HuyingError, Invalid
from shared.web.request import WriteContext, Writing, json
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])


@router.post(
    "/import", summary="导入历史办理记录 / Import past acts", response_model=ImportedActs, responses={404: {}}
)
async def import_(body: Import, request: Writing) -> Response:
    """Past acts with their own times, for the importer alone, and under a hold (`PUT /hold`).

    All or none, or those of each appeal by themselves (`each`), where an appeal whose first act came in
    earlier stays as it is. A dry run needs no hold.
    """
    if not body.dry_run:
        await request.require_hold()
    if body.registered and not body.dry_run:
        raise Invalid("只用于试导（dry_run）", "is for a dry run alone", "registered")
    if body.each:
        return json((await _each(body, request)).model_dump(mode="json"))
    units = await units_for(request, [(past.appeal_id, past.act) for past in body.acts])

    def do(work: Work) -> Answer:
        open_files(work, body.registered)
        for i, past in enumerate(body.acts):
            perform_past(work, request, PastActs(past.appeal_id, ((i, past),)), units)
        return Answer(ImportedActs(acts=len(body.acts)).model_dump_json())

    keys = {key_for(past.appeal_id, past.act) for past in body.acts}
    return await (request.rehearse if body.dry_run else request.write)(keys, do)


async def _each(body: Import, request: WriteContext) -> ImportedActs:
    all_acts = by_appeal(body.acts)
    async with request.context.reader.connect() as conn:
        before = await queries.acts_done(conn, [(own.appeal_id, own.acts[0][1]) for own in all_acts])
    new = [own for own in all_acts if own.appeal_id not in before]
    if body.dry_run:
        outcomes = await each_tried(request, new, body.registered)
    else:
        outcomes = await each_done(request, new)
    by_id = dict(zip((own.appeal_id for own in new), outcomes, strict=True))
    items = [_item(own, by_id.get(own.appeal_id)) for own in all_acts]
    done = sum(len(own.acts) for own in new if by_id[own.appeal_id] == DONE)
    return ImportedActs(acts=done, items=items)


def _item(past_acts: PastActs, outcome: Outcome | None) -> ImportedOfAppeal:
    problem = None
    if isinstance(outcome, HuyingError):
        problem = RowProblem.model_validate(outcome, from_attributes=True)
    return ImportedOfAppeal(appeal_id=past_acts.appeal_id, already=outcome is None, problem=problem)
