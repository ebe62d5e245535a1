"""Past acts of units and the office, brought in over HTTP."""

import orjson
from fastapi import APIRouter, Response

from services.dispatch.acts.past import Import
from services.dispatch.answers import ImportedActs
from services.dispatch.api import key_for, units_for
from services.dispatch.domain.context import ActContext
from services.dispatch.work import Work
from shared.judging.rulebook import rulebook
from shared.web.bodies import in_item
from shared.web.request import Writing
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])


@router.post(
    "/import", summary="导入历史办理记录 / Import past acts", response_model=ImportedActs, responses={404: {}}
)
async def import_(body: Import, request: Writing) -> Response:
    """Past acts with their own times, all or none; for the importer alone, and under a hold (`PUT /hold`)."""
    await request.require_hold()
    units = await units_for(request, [(past.appeal_id, past.act) for past in body.acts])
    for i, past in enumerate(body.acts):
        with in_item("acts", i):
            request.context.clock.check_import(past.occurred_at)

    def do(work: Work) -> Answer:
        context = request.context
        for i, past in enumerate(body.acts):
            with in_item("acts", i):
                pack = rulebook(context).pack_of(work.appeal(past.appeal_id).pack)
                act_context = ActContext(
                    past.occurred_at, request.caller, pack, rulebook(context).calendar, units, past=True
                )
                work.perform(past.appeal_id, past.act, act_context)
        return Answer(orjson.dumps({"acts": len(body.acts)}).decode())

    return await request.write({key_for(past.appeal_id, past.act) for past in body.acts}, do)
