"""A card over HTTP: a page to read and print, and a PDF."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.escalation import queries
from services.escalation.cards.page import CardContext, Language, card_page
from services.escalation.cards.rendering import html, pdf
from services.escalation.document import CaseDocument
from shared.appeals.document import no_such_appeal
from shared.judging.rulebook import PackMissing, rulebook
from shared.roles import AccountRole
from shared.service.errors import Forbidden
from shared.service.service import ServiceContext
from shared.web.pages import PAGE_HEADERS
from shared.web.request import Called, Reading, service

router = APIRouter(tags=["escalation"])

PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
AT_ONCE = 2
"""How many PDFs are set at a time: each takes a processor for some tenths of a second."""
_SETTING = asyncio.Semaphore(AT_ONCE)


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
        return HTMLResponse(html(printed, card_id), headers=PAGE_HEADERS)
    async with _SETTING:
        content = await asyncio.to_thread(pdf, printed)
    headers = {name: PAGE_HEADERS[name] for name in ("cache-control", "x-content-type-options")}
    headers["content-disposition"] = f'inline; filename="{printed.number.replace("/", "-")}.pdf"'
    return Response(content, media_type="application/pdf", headers=headers)


def _policy(context: ServiceContext, case: CaseDocument) -> str:
    """The title of the policy the case is judged by; nothing where its pack is not here any more."""
    if case.pack is None:
        return ""
    try:
        return rulebook(context).pack_of(case.pack).source.title
    except PackMissing:
        return ""
