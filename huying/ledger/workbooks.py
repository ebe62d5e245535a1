"""Rows of XLSX workbooks, read one by one and within bounds.

openpyxl reads a sheet as a stream; defusedxml, which it finds by itself, refuses entities. A file that is no
plain workbook, or unpacks to more than a ledger holds, is refused before anything of it is read.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from huying.ledger.merged import areas, filled
from shared.files import bounded
from shared.files.bounded import FileRefused

MOST_BYTES = 200 * 1024**2
MOST_UNPACKED = 1024**3
MOST_STRINGS = 256 * 1024**2
"""Of the part that holds the texts of all cells, which is read as a whole."""
MOST_PARTS = 10_000
MOST_ROWS = 1_048_576
MOST_COLUMNS = 1_000
_OLD = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    AttributeError,
    BadZipFile,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What openpyxl, zipfile and the parser of XML raise for a file that is no workbook, or a broken one."""

_WORKBOOK, _HEAD = "xl/workbook.xml", 64 * 1024
_FROM_1904 = re.compile(rb'date1904="(?:1|true|on)"')

Cells = tuple[Any, ...]


def rows(path: Path, sheet: str | None) -> Iterator[tuple[int, Cells]]:
    """The rows of a sheet that are not blank, with their numbers. FileRefused for a file that is none."""
    _check(path)
    with _readable(path), path.open("rb") as raw:
        workbook = openpyxl.load_workbook(raw, read_only=True, data_only=True, keep_links=False)
        try:
            if sheet is not None and sheet not in workbook.sheetnames:
                known = "、".join(workbook.sheetnames)
                raise FileRefused(
                    f"{path}: 没有工作表“{sheet}”，现有：{known} / has no sheet '{sheet}': {known}"
                )
            worksheet: Any = workbook[sheet] if sheet else _first_shown(workbook)
            with worksheet._get_source() as xml:  # private: decision 0025
                merged = areas(xml)
            worksheet.reset_dimensions()  # what the file says of its size may be wrong
            yield from filled(_written(path, worksheet), merged)
        finally:
            workbook.close()


def counts_from_1904(path: Path) -> bool:
    """Whether the dates of a workbook, which are numbers of days, begin in 1904, as on old Macs."""
    with _readable(path), ZipFile(path) as archive:
        if _WORKBOOK not in archive.namelist():
            return False
        with archive.open(_WORKBOOK) as part:
            return _FROM_1904.search(part.read(_HEAD)) is not None


def _first_shown(workbook: Any) -> Any:
    """The first sheet that people see; the first where all are hidden."""
    shown = (sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    return next(shown, workbook.worksheets[0])


def _written(path: Path, worksheet: Any) -> Iterator[tuple[int, Cells]]:
    """The rows that are not blank, also hidden ones."""
    for number, cells in enumerate(worksheet.iter_rows(values_only=True), 1):
        if number > MOST_ROWS:
            raise FileRefused(f"{path}: 超过 {MOST_ROWS:,} 行 / has more than {MOST_ROWS:,} rows")
        if any(cell is not None for cell in cells):
            yield number, _of_bounded_width(path, number, cells)


def _of_bounded_width(path: Path, number: int, cells: Cells) -> Cells:
    """The cells without the blank ones at the end."""
    last = max(i for i, cell in enumerate(cells) if cell is not None)
    if last >= MOST_COLUMNS:
        raise FileRefused(f"{path}: 第 {number} 行超过 {MOST_COLUMNS:,} 列 / row {number} is wider than that")
    return cells[: last + 1]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileRefused:
        raise
    except _BROKEN as error:
        raise FileRefused(
            f"{path}: 不是完好的 .xlsx 文件，请重新另存 / is no sound .xlsx file ({type(error).__name__}):"
            " save it anew"
        ) from error


def _check(path: Path) -> None:
    """FileRefused for old, encrypted or macro workbooks, and for those that unpack to too much."""
    if bounded.size(path) > MOST_BYTES:
        raise FileRefused(
            f"{path}: 超过 {MOST_BYTES:,} 字节，请拆分 / is larger than {MOST_BYTES:,} bytes: split it"
        )
    with path.open("rb") as raw:
        if raw.read(len(_OLD)) == _OLD:
            raise FileRefused(
                f"{path}: 是旧版 .xls 或加密的文件，请另存为 .xlsx / is an old .xls file or encrypted:"
                " save it as .xlsx without a password"
            )
    with _readable(path), ZipFile(path) as archive:
        parts = archive.infolist()
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise FileRefused(f"{path}: 含有宏，请另存为 .xlsx / has macros: save it as .xlsx")
    strings = max(
        (part.file_size for part in parts if part.filename.endswith("sharedStrings.xml")), default=0
    )
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or strings > MOST_STRINGS:
        raise FileRefused(f"{path}: 解压后过大，请拆分 / unpacks to too much ({unpacked:,} bytes): split it")
