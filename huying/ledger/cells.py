"""Cells as people and spreadsheets write them, as texts of a request."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from huying.ledger.fields import FieldKind
from huying.simulate.cells import BadRow, seen
from huying.simulate.moments import CellMoments, NoTimeOfDay, normal

SHOWN = 40
MOST_EXACT = 10**15
"""A spreadsheet holds 15 digits of a number; those after them are lost."""
TRUTHS = {
    **dict.fromkeys(("是", "有", "对", "√", "true", "yes", "1"), True),
    **dict.fromkeys(("否", "无", "没有", "×", "false", "no", "0"), False),
}
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_BETWEEN = re.compile(r"[、，,;；\n]")
_NUMBER = re.compile(r"\d+(\.0+)?")


def written(cell: Any, column: str) -> str:
    """What a cell holds, as a text. BadRow for an error value, and for a number that lost digits."""
    match cell:
        case None:
            return ""
        case str():
            if cell in _ERRORS:
                raise BadRow(f"{column}：单元格是错误值 {cell}", f"{column}: the cell is an error, {cell}")
            return seen(cell)
        case bool():
            return "是" if cell else "否"
        case int() | float():
            return _digits(cell, column)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    raise BadRow(f"{column}：无法读取", f"{column}: cannot be read")


def _digits(cell: float, column: str) -> str:
    """A number without a fraction that it does not have: a phone that a spreadsheet keeps as a number."""
    if abs(cell) >= MOST_EXACT or cell != cell:
        raise BadRow(
            f"{column}：数字超过 15 位，表格软件已丢失末几位，请把该列设为文本后重新填写",
            f"{column}: a number of more than 15 digits has lost the last ones: make the column one of texts",
        )
    return str(int(cell)) if cell == int(cell) else repr(cell)


def value(text: str, kind: FieldKind, column: str, moments: CellMoments) -> Any:
    """The value of a request for what a cell says. BadRow where it is none of this kind."""
    match kind:
        case FieldKind.MOMENT:
            return moment(text, column, moments)
        case FieldKind.DAY:
            return moment(text, column, moments, alone=True)[:10]
        case FieldKind.TRUTH:
            return _truth(text, column)
        case FieldKind.NUMBER:
            plain = normal(text)
            return int(float(plain)) if _NUMBER.fullmatch(plain) else text
        case FieldKind.LIST:
            return [part for part in map(str.strip, _BETWEEN.split(text)) if part]
    return text


def moment(text: str, column: str, moments: CellMoments, *, alone: bool = False) -> str:
    """A time in ISO 8601 in the zone of the profile. BadRow where it is none."""
    try:
        return moments.local(text, column, alone=alone).isoformat()
    except NoTimeOfDay as error:
        raise BadRow(
            f"{column}：{text[:SHOWN]} 没有具体时间，请在配置中说明指当天开始还是结束（date_alone）",
            f"{column}: {text[:SHOWN]} has no time of day; say in the profile what it means (`date_alone`)",
        ) from error
    except (ValueError, OverflowError) as error:
        raise BadRow(
            f"{column}：{text[:SHOWN]} 不是时间，请写成 2024-02-14 09:30，或在配置中给出 format",
            f"{column}: {text[:SHOWN]} is no time; write 2024-02-14 09:30, or give its `format`",
        ) from error


def _truth(text: str, column: str) -> bool:
    try:
        return TRUTHS[normal(text).lower()]
    except KeyError:
        raise BadRow(f"{column}：应为是或否", f"{column}: write 是 or 否") from None
