"""Documents as PDF, set by typst in process with fonts that come as a package."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import typst
from fastapi import Response

from shared.printing.glyphs import fonts, printable_parts
from shared.web.pages import PAGE_HEADERS

AT_ONCE = 2
"""How many PDFs are set at a time: each takes a processor for some tenths of a second."""
_SETTING = asyncio.Semaphore(AT_ONCE)
_HEADERS = {name: PAGE_HEADERS[name] for name in ("cache-control", "x-content-type-options")}
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
"""What a route that answers a PDF declares (`responses`)."""


class PdfResponse(Response):
    """The class of a route that answers a PDF alone."""

    media_type = "application/pdf"


def typeset(template: Path, name: str, content: Any) -> bytes:
    """The PDF (PDF/A-2b) that `template` makes of `content`, which it reads as JSON from `sys.inputs.<name>`.

    What people wrote is data there and never read as markup. The same content gives the same bytes. PDF/A
    allows no letter without a shape: one that the fonts lack is printed as 〓.
    """
    pdf = typst.compile(
        template,
        font_paths=_fonts(),
        sys_inputs={name: orjson.dumps(printable_parts(content)).decode()},
        format="pdf",
        pdf_standards="a-2b",
    )
    assert isinstance(pdf, bytes)
    return pdf


async def pdf_answer(make: Callable[[], bytes], file_name: str) -> Response:
    """The PDF that `make` sets, as an answer to a browser, which would save it as `file_name`."""
    async with _SETTING:
        pdf = await asyncio.to_thread(make)
    headers = {**_HEADERS, "content-disposition": f'inline; filename="{file_name}.pdf"'}
    return PdfResponse(pdf, headers=headers)


@cache
def _fonts() -> typst.Fonts:
    folder = fonts()[0].parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])
