"""What an enterprise does about its appeal over HTTP, with the receipt code of it: one route an act."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Response

from services.intake import acts
from services.intake.api import act_context, category_of, opened_appeal
from services.intake.public_answers import PublicAppeal
from services.intake.status import public_status
from services.intake.work import Work
from shared.web.request import Acting, WriteContext
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])

ROUTES: dict[str, tuple[type[acts.AppealAct], str]] = {
    "POST withdrawals": (acts.Withdraw, "企业撤回诉求 / Withdraw an appeal as the enterprise"),
    "POST ratings": (acts.Rate, "企业评价 / Rate the handling as the enterprise"),
    "POST complaints": (acts.Complain, "向营商环境办投诉 / Complain to the office as the enterprise"),
    "POST referral-objections": (
        acts.ObjectToReferral,
        "对引导提出异议 / Object to a referral as the enterprise",
    ),
    "POST additions": (acts.AddFacts, "补充情况 / Add facts as the enterprise"),
    "POST urgings": (acts.Urge, "催办 / Ask for haste as the enterprise"),
    "PUT contact": (acts.CorrectContact, "更正联系方式 / Correct the contact as the enterprise"),
    "POST reopening-requests": (acts.AskReopening, "申请重新办理 / Ask for the appeal to be handled again"),
}
"""By method and last part of the path, the act of a route and its summary."""


def _endpoint(act_type: type[acts.AppealAct]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(
        registration_number: NumberPath, receipt_code: CodeHeader, body: Any, request: Acting
    ) -> Response:
        return await perform(request, registration_number, receipt_code, body)

    endpoint.__annotations__ |= {"body": act_type}
    endpoint.__doc__ = act_type.__doc__
    return endpoint


async def perform(request: WriteContext, number: str, code: str, act: acts.AppealAct) -> Response:
    async with request.context.reader.connect() as conn:
        seen, together = await opened_appeal(request, conn, number, code)

    def do(work: Work) -> Answer:
        request.check(work.appeal(seen.appeal_id).version)
        context = act_context(request, work, seen.appeal_id)
        appeal = work.perform(seen.appeal_id, act, context)
        category = category_of(request.context, appeal)
        shown = public_status(appeal, context.pack, context.calendar.zone, category, together=together)
        return Answer(orjson.dumps(shown).decode(), 200, str(appeal.version))

    return await request.write([seen.appeal_id], do)


for _route, (_act_type, _summary) in ROUTES.items():
    _method, _part = _route.split()
    router.add_api_route(
        f"/status/{{registration_number}}/{_part}",
        _endpoint(_act_type),
        methods=[_method],
        name=_act_type.__name__,
        summary=_summary,
        response_model=PublicAppeal,
    )
