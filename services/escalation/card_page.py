"""The card as a document over HTTP: a page to read and print, and a PDF; both on one sheet of A4."""

import asyncio
from dataclasses import asdict
from functools import cache
from math import ceil
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import orjson
import pylopdf_fonts_zh_cn
import typst
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import text

from services.escalation.cards import Document, Language, Setting, document, width
from services.escalation.case import Case
from shared.events import AppealReceived
from shared.judging.rulebook import PackMissing, rulebook
from shared.roles import AccountRole
from shared.service.errors import Forbidden, NotFound
from shared.service.service import ServiceContext
from shared.web.request import PAGE_HEADERS, Called, Reading, service

router = APIRouter(tags=["escalation"])

PAGES = Path(__file__).parent / "pages"
SIZES = (11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
SHEET_PT = (459.0, 738.0)
"""What the margins in card.html leave of A4."""
LINE_EM, AROUND_EM = 1.45, 22.0
AT_ONCE = 2
"""How many PDFs are set at a time: each takes a processor for some tenths of a second."""
_SETTING = asyncio.Semaphore(AT_ONCE)
_CASE = text(
    """
    select c.file, cast(h.event as json)->>'title' as title from cases c
    left join history h on h.appeal_id = c.appeal_id and h.type = :received
    where c.appeal_id = :id
    """
)


@router.get("/appeals/{appeal_id}/cards/{card_id}.{form}", response_class=HTMLResponse)
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
    values = {"id": appeal_id, "received": AppealReceived.type}
    row = (await conn.execute(_CASE, values)).one_or_none()
    if row is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    case = Case.model_validate(row.file)
    found = case.card(card_id)
    if called.role == AccountRole.UNIT and called.code != found.unit:
        raise Forbidden("该黄牌不属于本单位", "this card is another unit's")
    context = service(request)
    zone, policy, at = context.zone, _policy(context, case), context.clock.now()
    printed = document(case, found, Setting(language, zone, row.title or "", policy, at))
    if form == "html":
        return HTMLResponse(html(printed, card_id), headers=PAGE_HEADERS)
    async with _SETTING:
        made = await asyncio.to_thread(pdf, printed)
    headers = {name: PAGE_HEADERS[name] for name in ("cache-control", "x-content-type-options")}
    headers["content-disposition"] = f'inline; filename="{printed.number.replace("/", "-")}.pdf"'
    return Response(made, media_type="application/pdf", headers=headers)


def _policy(context: ServiceContext, case: Case) -> str:
    """The title of the policy the case is judged by; nothing where its pack is not here any more."""
    if case.pack is None:
        return ""
    try:
        return rulebook(context).pack_of(case.pack).source.title
    except PackMissing:
        return ""


def html(card: Document, card_id: UUID) -> str:
    """The page; in print its letters are as large as one sheet allows."""
    return _environment().get_template("card.html").render(card=card, card_id=card_id, size=_print_size(card))


def _print_size(card: Document) -> float:
    """In points: the largest at which all lines, reckoned by their width, fit on the sheet."""
    return next((size for size in SIZES if _height(card, size) <= SHEET_PT[1]), SIZES[-1])


def _height(card: Document, size: float) -> float:
    """About how high the page is, in points, set in this size; see the paddings in card.html."""
    across = SHEET_PT[0] / size
    cells = [_lines(value, across - 9) for _, value in card.facts]
    paragraphs = [_lines(line, across - 2) for _, lines in card.sections for line in lines]
    lines = sum(cells) + sum(paragraphs) + _lines(card.opening, across - 2) + _lines(card.to, across)
    return size * (
        LINE_EM * (lines + len(card.sections)) + 0.65 * len(cells) + len(card.sections) + AROUND_EM
    )


def _lines(text: str, across: float) -> int:
    """How many lines a text takes, `across` ems wide."""
    return max(1, ceil(width(text) / 2 / across))


def pdf(card: Document) -> bytes:
    """The PDF (PDF/A-2b), with the letters it uses in it; set as large as one page allows."""
    made = typst.compile(
        PAGES / "card.typ",
        font_paths=_fonts(),
        sys_inputs={"card": orjson.dumps(asdict(card)).decode()},
        format="pdf",
        pdf_standards="a-2b",
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    folder = pylopdf_fonts_zh_cn.serif_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
