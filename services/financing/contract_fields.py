"""The fields that the banks' messages share: numbers, texts, sums in yuan, days, rates and terms."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.web.bodies import wrong
from shared.web.sums import plain_yuan

BankCode = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,20}$")]
LegNumber = Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}/[0-9]{1,3}$")]
ReportId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
ShortCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]

MOST_FEN = 10_000_000_000 * 100


def _yuan(value: Any) -> Any:
    """A sum in yuan with two decimals, within what banks lend. ValueError for anything else."""
    plain = plain_yuan(value)
    if fen(plain) > MOST_FEN:
        raise wrong("应大于 0，至多 100 亿元", "must be above 0 and at most 10,000,000,000 yuan")
    return plain


_YUAN_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*(0?[0-9]{1,10}(\.[0-9]{1,2})?|10{10}(\.00?)?)\s*$",
    "not": {"type": "string", "pattern": r"^\s*0+(\.0+)?\s*$"},  # RE2, of Go and Rust, knows no look-ahead
    "description": "Yuan (元, not 万元) with at most two decimals, above 0, at most 10,000,000,000.",
}
Yuan = Annotated[str, BeforeValidator(_yuan), WithJsonSchema(_YUAN_SCHEMA)]
"""A sum in yuan, e.g. "500000.00"."""


def fen(amount: str) -> int:
    """A `Yuan` in fen (1 yuan = 100 fen)."""
    return int(Decimal(amount) * 100)


def yuan(fen: int) -> str:
    """Fen as a sum in yuan, e.g. "500000.00"."""
    return f"{fen // 100}.{fen % 100:02d}"


def _day(value: Any) -> Any:
    """A day as text. ValueError for anything else, and for a day that no calendar has or of another age."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise wrong('不是日期；请写成 "2026-02-13"', 'is no day; write it like "2026-02-13"')
    return value


_DAY = re.compile(r"(199[0-9]|20[0-8][0-9])-[0-9]{2}-[0-9]{2}", re.ASCII)
_DAY_SCHEMA = {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(_DAY_SCHEMA)]
"""A day between 1990 and 2089, of the bank's own calendar."""

_RATE = "Percent a year, from 0 to 99.9999: 3.85 for 3.85 %, not 0.0385."
Rate = Annotated[str, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,4})?$", description=_RATE)]
Months = Annotated[int, Field(ge=1, le=600, strict=True, description="Whole months, not years.")]
