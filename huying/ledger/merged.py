"""Merged cells of a worksheet: the value of one counts for every row that it spans.

openpyxl, read as a stream, gives the value to the first row alone and the areas after the last row.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from openpyxl.utils.cell import column_index_from_string

MOST_AREAS = 200_000
CHUNK = 64 * 1024
LONGEST_TAG = 200
_AREA = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,100}?\bref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')


class Area(NamedTuple):
    """The first column of a merged area, from 0, and its rows, from 1."""

    top: int
    bottom: int
    column: int


def areas(sheet: BinaryIO) -> list[Area]:
    """The merged areas of more than one row in the XML of a sheet, from the top. ValueError for too many."""
    merged: set[Area] = set()
    rest = b""
    while chunk := sheet.read(CHUNK):
        text = rest + chunk
        for match in _AREA.finditer(text):
            top, bottom = int(match[2]), int(match[3])
            if bottom > top:
                merged.add(Area(top, bottom, column_index_from_string(match[1].decode()) - 1))
        if len(merged) > MOST_AREAS:
            raise ValueError(f"more than {MOST_AREAS:,} merged areas")
        rest = text[-LONGEST_TAG:]
    return sorted(merged)


def filled(
    rows: Iterable[tuple[int, tuple[Any, ...]]], merged: list[Area]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows, numbered from the top, with the value of each merged area in all rows that it spans."""
    waiting = merged[::-1]
    values: dict[int, tuple[int, Any]] = {}
    for number, cells in rows:
        while waiting and waiting[-1].top <= number:
            area = waiting.pop()
            if area.top == number and area.column < len(cells):
                values[area.column] = (area.bottom, cells[area.column])
        values = {column: held for column, held in values.items() if held[0] >= number}
        yield number, _with(cells, values) if values else cells


def _with(cells: tuple[Any, ...], values: dict[int, tuple[int, Any]]) -> tuple[Any, ...]:
    width = max(len(cells), *(column + 1 for column in values))
    row = [*cells, *[None] * (width - len(cells))]
    for column, (_, value) in values.items():
        if row[column] is None:
            row[column] = value
    return tuple(row)
