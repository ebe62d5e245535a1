"""Sums of money over HTTP: decimal strings in yuan with two decimals, in requests and in answers.

A JSON number may have lost its fen on the way, so none is taken and none is given.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from shared.web.bodies import wrong

_YUAN = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?", re.ASCII)
_MOST = Decimal(10**13)
IN_YUAN = "Yuan (元, not 万元)"


def plain_yuan(value: Any) -> str:
    """A sum in yuan with two decimals, above 0. ValueError for a JSON number and for what is no sum."""
    if isinstance(value, Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise wrong(
            '应为文本；以元为单位，加引号，如 "500000.00"',
            'is no text; write yuan in quotes, like "500000.00"',
        )
    if not _YUAN.fullmatch(value.strip()):
        raise wrong(
            '不是金额；以元为单位，最多两位小数，如 "500000.00"',
            'is no sum; write yuan with at most two decimals, like "500000.00"',
        )
    if not Decimal(value.strip()):
        raise wrong("金额应大于 0", "must be above 0")
    return f"{Decimal(value.strip()):.2f}"


def _decimal(value: Any) -> Decimal:
    return Decimal(plain_yuan(value))


_SENT = {
    "type": "string",
    "pattern": r"^\s*[0-9]{1,13}(\.[0-9]{1,2})?\s*$",
    "description": f"{IN_YUAN} with at most two decimals, above 0.",
}
Sum = Annotated[Decimal, BeforeValidator(_decimal), WithJsonSchema(_SENT, mode="validation")]
"""A sum of a request, e.g. "500000.00"."""
_SHOWN = {
    "type": "string",
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "description": f"{IN_YUAN} as a decimal string.",
}
ShownSum = Annotated[Decimal, WithJsonSchema(_SHOWN)]
"""A sum of an answer."""
ShownYuan = Annotated[str, WithJsonSchema(_SHOWN)]
"""A sum of an answer that is kept as a text."""
