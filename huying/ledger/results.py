"""What became of each row of a ledger, as a table for people: one row a row, written as they come."""

import csv
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Self

import xlsxwriter

from shared.files.spreadsheets import harmless


class Fate(StrEnum):
    """What became of a row, or would in a dry run."""

    IMPORTED = "已导入"
    WOULD_BE = "将导入"
    ALREADY = "以前已导入"
    REGISTERED_ONLY = "已登记，办理情况未导入"
    WOULD_BE_REGISTERED = "将登记，办理情况不能导入"
    REFUSED = "未导入"


INCOMPLETE = frozenset({Fate.REFUSED, Fate.REGISTERED_ONLY, Fate.WOULD_BE_REGISTERED})
"""Rows of which something does not come in."""


class RowResult(NamedTuple):
    """The result of one row; `shown` is what it became, by field."""

    row: int
    source_id: str
    fate: Fate
    number: str | None = None
    reason: str = ""
    shown: Mapping[str, str] = MappingProxyType({})


_COLUMNS = ("行号", "原编号", "结果", "挂号编号", "原因")


class ResultFile:
    """Writes results to an XLSX or CSV file, and counts them."""

    def __init__(self, path: Path, fields: tuple[str, ...]) -> None:
        self.counts: Counter[Fate] = Counter()
        self._path = path
        self._fields = fields
        self._row = 0

    def __enter__(self) -> Self:
        if self._path.suffix.lower() == ".csv":
            self._raw = self._path.open("w", encoding="utf-8-sig", newline="")
            self._csv = csv.writer(self._raw)
            self._book = None
        else:
            self._book = xlsxwriter.Workbook(
                self._path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
            )
            self._sheet = self._book.add_worksheet("导入结果")
            self._sheet.freeze_panes(1, 0)
        self._write([*_COLUMNS, *self._fields])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._book is None:
            self._raw.close()
        else:
            self._book.close()

    def add(self, result: RowResult) -> None:
        """Write the result of a row."""
        self.counts[result.fate] += 1
        cells = [str(result.row), result.source_id, result.fate.value, result.number or "", result.reason]
        self._write([*cells, *(result.shown.get(field, "") for field in self._fields)])

    def _write(self, cells: list[str]) -> None:
        harmless_cells = [harmless(cell) for cell in cells]
        if self._book is None:
            self._csv.writerow(harmless_cells)
        else:
            for column, cell in enumerate(harmless_cells):
                self._sheet.write_string(self._row, column, cell[:32_767])
        self._row += 1


def shown(sent: dict[str, Any], above: str = "") -> dict[str, str]:
    """A registration as texts, by the path of each field."""
    texts: dict[str, str] = {}
    for name, part in sent.items():
        if isinstance(part, dict):
            texts |= shown(part, f"{above}{name}.")
        else:
            texts[f"{above}{name}"] = "、".join(map(str, part)) if isinstance(part, list) else str(part)
    return texts
