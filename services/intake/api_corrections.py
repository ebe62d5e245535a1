"""Intake over HTTP for staff: what was registered is put right."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.intake import acts
from services.intake.answers import StaffAppeal
from services.intake.api import act_context
from services.intake.api_staff import answer_to_act
from services.intake.city.naming import units_for
from services.intake.resources import city_tables, hashes_of
from services.intake.work import Work
from shared.web.request import Deciding
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])


@router.post(
    "/appeals/{appeal_id}/corrections",
    summary="更正登记信息 / Correct what was registered",
    response_model=StaffAppeal,
)
async def correct(appeal_id: UUID, body: acts.Correct, request: Deciding) -> Response:
    """Staff put right what was registered, with the reason; before and after stay on record.

    A corrected kind counts for the limits that start from then on: what runs or has passed stays as it is.
    """
    categories, hashes = city_tables(request.context).categories, hashes_of(request.context)
    category = categories.named(body.category).code if body.category else None
    units = await units_for(request, body)
    unit = units.named(body.complained_of, "complained_of") if body.complained_of else None
    locality = units.named(body.locality, "locality") if body.locality else None
    act = body.model_copy(update={"category": category, "complained_of": unit, "locality": locality})

    def do(work: Work) -> Answer:
        request.check(work.appeal(appeal_id).version)
        appeal = work.perform(appeal_id, act, act_context(request, work, appeal_id))
        work.index(appeal, hashes)
        return answer_to_act(appeal, request.caller)

    return await request.write([appeal_id], do)
