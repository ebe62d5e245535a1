"""A card over HTTP: a page to read and print, and a PDF."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.escalation import queries
from services.escalation.cards.page import CardContext, Language, card_page
from services.escalation.cards.rendering import html, pdf
from services.escalation.document import CaseDocument
from shared.appeals.document import no_such_appeal
from shared.judging.rulebook import PackMissing, rulebook
from shared.printing.typesetting import PDF, pdf_answer
from shared.roles import AccountRole
from shared.service.errors import Forbidden
from shared.service.service import ServiceContext
from shared.web.pages import page_answer
from shared.web.request import Called, Reading, service

router = APIRouter(tags=["escalation"])


@router.get(
    "/appeals/{appeal_id}/cards/{card_id}.{form}",
    summary="黄牌文书 / A card as a page or a PDF",
    responses=PDF,
    response_class=HTMLResponse,
)
async def card(
    appeal_id: UUID,
    card_id: UUID,
    form: Literal["html", "pdf"],
    conn: Reading,
    called: Called,
    request: Request,
    language: Annotated[Language, Query()] = "zh-CN",
) -> Response:
    """A card, numbered, with why its deadline ended when it did and how to contest it; for its unit alone."""
    case_and_title = await queries.case_with_title(conn, appeal_id)
    if case_and_title is None:
        raise no_such_appeal()
    case, title = case_and_title
    issued = case.card(card_id)
    if called.role == AccountRole.UNIT and called.code != issued.unit:
        raise Forbidden("该黄牌不属于本单位", "this card is another unit's")
    context = service(request)
    zone, policy, at = context.zone, _policy(context, case), context.clock.now()
    printed = card_page(case, issued, CardContext(language, zone, title, policy, at))
    if form == "html":
        return page_answer(html(printed, card_id))
    return await pdf_answer(partial(pdf, printed), printed.number.replace("/", "-"))


def _policy(context: ServiceContext, case: CaseDocument) -> str:
    """The title of the policy the case is judged by; nothing where its pack is not here any more."""
    if case.pack is None:
        return ""
    try:
        return rulebook(context).pack_of(case.pack).source.title
    except PackMissing:
        return ""
