"""Invented ledgers for tests, as offices keep them in spreadsheets."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

COLUMNS = (
    "编号",
    "受理时间",
    "来源渠道",
    "诉求类型",
    "标题",
    "诉求内容",
    "属地",
    "企业名称",
    "统一社会信用代码",
    "联系人",
    "联系电话",
    "承办单位",
    "交办时间",
    "联系时间",
    "回复时间",
    "回复内容",
    "办结时间",
    "办理结果",
)


def ledger_row(number: str, **more: Any) -> list[Any]:
    """A row of a ledger, with what `more` says by column."""
    cells: dict[str, Any] = {
        "编号": number,
        "受理时间": "2026/3/2 9:30",
        "来源渠道": "电话",
        "诉求类型": "求助",
        "标题": "厂区门口道路破损",
        "诉求内容": "货车无法进出，请尽快修复。",
        "企业名称": "示例制造有限公司",
        "联系人": "王工",
        "联系电话": "13800000000",
        **more,
    }
    return [cells.get(column) for column in COLUMNS]


def workbook(path: Path, rows: Iterable[Sequence[Any]], header: Sequence[Sequence[Any]] = (COLUMNS,)) -> Path:
    """A workbook with these rows; numbers stay numbers and datetimes are dates of the spreadsheet."""
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "default_date_format": "yyyy/m/d h:mm",
            "strings_to_formulas": False,
        },
    )
    sheet = book.add_worksheet("台账")
    for number, cells in enumerate((*header, *rows)):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(number, column, cell)
    book.close()
    return path
