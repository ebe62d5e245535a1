"""What an enterprise does about its appeal over HTTP, with the receipt code of it."""

import orjson
from fastapi import APIRouter, Response

from services.intake import acts
from services.intake.answers import PublicAppeal
from services.intake.api import act_context, category_of, opened_appeal
from services.intake.status import public_status
from services.intake.work import Work
from shared.web.request import Acting, WriteContext
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])


@router.post(
    "/status/{registration_number}/withdrawals",
    summary="企业撤回诉求 / Withdraw an appeal as the enterprise",
    response_model=PublicAppeal,
)
async def withdraw(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.Withdraw, request: Acting
) -> Response:
    """The enterprise takes its appeal back."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/ratings",
    summary="企业评价 / Rate the handling as the enterprise",
    response_model=PublicAppeal,
)
async def rate(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.Rate, request: Acting
) -> Response:
    """The enterprise's verdict (好差评)."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/complaints",
    summary="向营商环境办投诉 / Complain to the office as the enterprise",
    response_model=PublicAppeal,
)
async def complain(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.Complain, request: Acting
) -> Response:
    """The enterprise complains to the office about a reply, or about how its appeal is handled."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/referral-objections",
    summary="对引导提出异议 / Object to a referral as the enterprise",
    response_model=PublicAppeal,
)
async def object_to_referral(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.ObjectToReferral, request: Acting
) -> Response:
    """The enterprise objects to being guided elsewhere, until it was received there."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/additions",
    summary="补充情况 / Add facts as the enterprise",
    response_model=PublicAppeal,
)
async def add_facts(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.AddFacts, request: Acting
) -> Response:
    """The enterprise adds facts (补充); the units read them."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/urgings",
    summary="催办 / Ask for haste as the enterprise",
    response_model=PublicAppeal,
)
async def urge(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.Urge, request: Acting
) -> Response:
    """The enterprise asks for haste (催办), once a working day unless the settings say otherwise."""
    return await perform(request, registration_number, receipt_code, body)


@router.put(
    "/status/{registration_number}/contact",
    summary="更正联系方式 / Correct the contact as the enterprise",
    response_model=PublicAppeal,
)
async def correct_contact(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.CorrectContact, request: Acting
) -> Response:
    """The enterprise says anew how it is reached; the next message goes there."""
    return await perform(request, registration_number, receipt_code, body)


@router.post(
    "/status/{registration_number}/reopening-requests",
    summary="申请重新办理 / Ask for the appeal to be handled again",
    response_model=PublicAppeal,
)
async def ask_reopening(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.AskReopening, request: Acting
) -> Response:
    """The enterprise asks that its appeal be handled again; the office decides."""
    return await perform(request, registration_number, receipt_code, body)


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
