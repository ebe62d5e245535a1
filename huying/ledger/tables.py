"""The rows of a ledger, from a workbook or a CSV file, below the row with the names of its columns."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from huying.ledger import workbooks
from huying.ledger.profile import LedgerProfile
from huying.simulate.layout import cleaned, delimiter_of, lines, opened
from huying.simulate.table_profile import EXCEL
from shared.files.bounded import FileRefused

LOOKED_AT = 20
"""Rows in which the names of the columns are looked for."""
NumberedRow = tuple[int, Sequence[Any]]


def rows(path: Path, profile: LedgerProfile) -> Iterator[NumberedRow]:
    """The rows of a file that are not blank, each with its number."""
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return workbooks.rows(path, profile.sheet)
    return _csv_rows(path, profile)


def _csv_rows(path: Path, profile: LedgerProfile) -> Iterator[NumberedRow]:
    """The rows of a CSV file; the number is that of the line in which the row begins."""
    delimiter, skipped = delimiter_of(path, profile)
    with opened(path, profile) as raw:
        reader = csv.reader(lines(path, raw), delimiter=delimiter, strict=True)
        line, width = 1, 0
        try:
            for cells in reader:
                if line > skipped and any(cleaned(cell) for cell in cells):
                    width = width or len(cells)
                    if reader.line_num > line and _swallows(cells, width, delimiter):
                        raise csv.Error("another row stands within the quotes")
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(
                f"{path}: 第 {line} 行起的引号没有闭合 / the quote that opens in line {line} is not"
                f" closed where its field ends ({error})"
            ) from error


def _swallows(cells: Sequence[str], width: int, delimiter: str) -> bool:
    """Whether a quoted cell holds another row: its quote was left open, and the next one closed it."""
    for i, cell in enumerate(cells):
        _, *below = cell.splitlines() or [""]
        for n, line in enumerate(below, 1):
            rest = len(cells) - i - 1 if n == len(below) else 0
            parts = next(csv.reader([line], delimiter=delimiter), [])
            if width > 1 and len(parts) > 1 and len(parts) + rest == width:
                return True
    return False


class Table:
    """A ledger's columns, by name, and the rows below them."""

    def __init__(self, path: Path, profile: LedgerProfile) -> None:
        """FileRefused where the columns are not those of the profile."""
        self._path = path
        all_rows = rows(path, profile)
        head = list(islice(all_rows, LOOKED_AT))
        self._header = _header_rows(head, profile)
        names = _names([cells for number, cells in head if number in self._header])
        _check(path, max(self._header, default=1), names, profile)
        self.columns = {name: i for i, name in enumerate(names) if name}
        self.formats = _formats(path, profile)
        self._names = names
        self._rows = chain(head, all_rows)

    def __iter__(self) -> Iterator[NumberedRow]:
        last = max(self._header)
        return ((number, cells) for number, cells in self._rows if number > last)

    def unnamed(self, cells: Sequence[Any]) -> int | None:
        """The first cell of a row that holds something in a column without a name, from 0."""
        for i, cell in enumerate(cells):
            if (i >= len(self._names) or not self._names[i]) and cell not in (None, ""):
                return i
        return None


def _formats(path: Path, profile: LedgerProfile) -> tuple[str, ...]:
    """The formats of times in a file: a number is one in a workbook, unless its days count from 1904."""
    if path.suffix.lower() != ".xlsx":
        return profile.formats
    others = tuple(name for name in profile.formats if name != EXCEL)
    return others if workbooks.counts_from_1904(path) else (*others, EXCEL)


def _header_rows(head: Sequence[NumberedRow], profile: LedgerProfile) -> frozenset[int]:
    """The numbers of the rows with the columns' names: as the profile says, else the one that names most."""
    if isinstance(profile.header, int):
        return frozenset({profile.header})
    if profile.header is not None:
        return frozenset(profile.header)
    known = profile.mapped | profile.ignored
    fits = {number: len(known.intersection(_names([cells]))) for number, cells in head}
    return frozenset({max(fits, key=lambda number: fits[number])}) if fits else frozenset({1})


def _names(above_one_another: Sequence[Sequence[Any]]) -> list[str]:
    """The name of each column: the lowest cell of the header that is not blank."""
    width = max(map(len, above_one_another), default=0)
    names = [""] * width
    for cells in above_one_another:
        for i, cell in enumerate(cells):
            names[i] = cleaned("".join(str(cell).splitlines())) if cell not in (None, "") else names[i]
    while names and not names[-1]:
        names.pop()
    return names


def _check(path: Path, row: int, names: Sequence[str], profile: LedgerProfile) -> None:
    known = set(names) - {""}
    mistakes = (
        ("缺少列", "has no column", profile.mapped - known),
        ("有配置中没有的列", "has an unknown column", known - profile.mapped - profile.ignored),
        ("列名重复", "has two columns", {name for name in known if names.count(name) > 1}),
    )
    for zh, en, wrong in mistakes:
        if wrong:
            named = "、".join(sorted(wrong)).encode("utf-8", "backslashreplace").decode()
            raise FileRefused(
                f"{path}，第 {row} 行：{zh} {named}，请在配置 {profile.id} 中对应或忽略（ignored）"
                f" / row {row} {en} {named}: map it or ignore it in the profile '{profile.id}'"
            )
