"""Lists as CSV and XLSX, by `?format=` or Accept: the same list, asked for page by page by the route itself.

Whatever a route checks and filters, it does for each page, so that a table holds what the list holds.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import orjson
import xlsxwriter
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from shared.service.errors import Invalid
from shared.web.moments import in_zone
from shared.web.paging import MOST
from shared.web.request import service
from shared.web.tables import Cell, Column, file_name

FORMAT = "format"
"""The query parameter of every list."""
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = 1_048_575
"""Of a worksheet, below the titles."""
LONGEST_CELL = 32_767
"""Characters; a worksheet has no room for more."""
PART = 64 * 1024
PAGING = ("cursor", "limit")
Ask = Callable[[Request], Awaitable[Response]]
"""Answers a request for one page of the list, as the route does."""
Rows = list[list[Cell]]


def asked_form(request: Request) -> str:
    """The form that a list is wanted in: by `format`, else by what Accept names first. May raise Invalid."""
    form = request.query_params.get(FORMAT)
    if form is None:
        kinds = [
            kind.partition(";")[0].strip() for kind in request.headers.get("accept", "").lower().split(",")
        ]
        forms = {kind: form for form, kind in MEDIA_TYPES.items()}
        return next((forms[kind] for kind in kinds if kind in forms), "json")
    if form not in MEDIA_TYPES:
        known = "、".join(MEDIA_TYPES)
        raise Invalid(
            f"没有这种格式，可用：{known}",
            f"no such form: choose from {', '.join(MEDIA_TYPES)}",
            "query.format",
        )
    return form


async def exported(
    request: Request, form: str, columns: Sequence[Column], ask: Ask, *, paged: bool
) -> Response:
    """The whole list as a table. What the route refuses, it refuses before anything is sent."""
    if paging := next((name for name in PAGING if name in request.query_params), None):
        raise Invalid(
            f"导出的是整张清单，请勿填写 {paging}",
            f"a table has the whole list: leave {paging} out",
            f"query.{paging}",
        )
    pages = _pages(request, columns, ask, paged=paged)
    first = await anext(pages)
    context = service(request)
    name = file_name(request.scope["route"].path, context.clock.now().astimezone(context.zone), form)
    parts = _csv(columns, first, pages) if form == "csv" else _sent(await _workbook(columns, first, pages))
    headers = {"content-disposition": f'attachment; filename="{name}"', "vary": "Accept"}
    return StreamingResponse(parts, headers=headers, media_type=MEDIA_TYPES[form])


async def _pages(
    request: Request, columns: Sequence[Column], ask: Ask, *, paged: bool
) -> AsyncIterator[Rows]:
    """The rows of each page of the list; the first page is there though it may be empty."""
    wanted = [(name, value) for name, value in request.query_params.multi_items() if name != FORMAT]
    cursor: str | None = None
    while True:
        paging = [("limit", str(MOST))] if paged else []
        paging += [] if cursor is None else [("cursor", cursor)]
        scope = {**request.scope, "query_string": urlencode([*wanted, *paging]).encode()}
        answer = await ask(Request(scope, request.receive))
        page = orjson.loads(in_zone(bytes(answer.body), service(request).zone))
        yield [[column.cell(item) for column in columns] for item in page["items"]]
        cursor = page.get("next")
        if cursor is None:
            return


async def _csv(columns: Sequence[Column], first: Rows, pages: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
    """A CSV file in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""
    yield "\ufeff".encode() + _lines([[column.title for column in columns]]) + _lines(first)
    async for rows in pages:
        yield _lines(rows)


def _lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    content = io.StringIO()
    csv.writer(content, lineterminator="\r\n").writerows(rows)
    return content.getvalue().encode("utf-8", "replace")


async def _workbook(
    columns: Sequence[Column], first: Rows, pages: AsyncIterator[Rows]
) -> TemporaryDirectory[str]:
    """A folder with the workbook; rows go to disk as they come, so that memory stays as it is."""
    folder = TemporaryDirectory(prefix="huying-list-")
    with ExitStack() as stack:
        stack.callback(folder.cleanup)  # unless it is given back
        workbook = xlsxwriter.Workbook(str(Path(folder.name) / "list.xlsx"), {"constant_memory": True})
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        written = _write(sheet, 0, [[column.title for column in columns]])
        written = await asyncio.to_thread(_write, sheet, written, first)
        async for rows in pages:
            written = await asyncio.to_thread(_write, sheet, written, rows)
        await asyncio.to_thread(workbook.close)
        stack.pop_all()
    return folder


def _write(sheet: Any, written: int, rows: Sequence[Sequence[Cell]]) -> int:
    """Write rows below the `written` ones; returns how many there are now."""
    if written + len(rows) > MOST_ROWS + 1:
        raise Invalid(
            f"超过 {MOST_ROWS:,} 行，工作表放不下，请用 format=csv 导出",
            f"more than {MOST_ROWS:,} rows, which no worksheet holds: ask for format=csv",
            "query.format",
        )
    for number, row in enumerate(rows, written):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell[:LONGEST_CELL])
    return written + len(rows)


async def _sent(folder: TemporaryDirectory[str]) -> AsyncIterator[bytes]:
    """The parts of the workbook in a folder, which is removed after."""
    try:
        with (Path(folder.name) / "list.xlsx").open("rb") as file:
            while part := file.read(PART):
                yield part
    finally:
        folder.cleanup()
