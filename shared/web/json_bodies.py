"""JSON that people send, parsed within bounds: how much it may become, and only what has one meaning."""

import codecs
import json
import re
from collections.abc import Collection
from itertools import islice
from math import isinf
from typing import Any

from fastapi.exceptions import RequestValidationError

from shared.service.errors import Invalid, TooLarge
from shared.web.letters import all_visible

MOST_VALUES = 2_000_000
"""Of an import, which is up to 64 MiB. Values need up to 30 times the space of their text."""
LONGEST_NAME = 100
_VALUE = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"\[{,]++)*+[\[{,]?', re.DOTALL)
"""Up to the next comma or bracket outside of texts. It matches everywhere, so that a search is linear."""


def check_text(body: bytes) -> None:
    """Refuse (`Invalid`) a body that is not UTF-8, or has a null character."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"第 {error.start} 字节起不是 UTF-8 编码", f"not UTF-8 from byte {error.start} on", "body"
        ) from error
    if (place := body.find(0)) >= 0:  # a reader of JSON would take it for UTF-16
        raise Invalid(f"第 {place} 字节为空字符", f"byte {place} is a null character", "body")


def parse(body: bytes, verbatim: Collection[str] = ()) -> Any:
    """The content of a body in UTF-8, without blanks at the ends of texts but of the fields `verbatim`.

    RequestValidationError for what is no JSON; TooLarge for too many values; Invalid for a field given twice.
    """
    if _has_too_many_values(body):
        raise TooLarge(
            f"请求体中的值超过 {MOST_VALUES} 个，请分批提交",
            f"the body has more than {MOST_VALUES} values: send them in parts",
            "body",
        )
    try:
        content = _DECODER.decode(body.removeprefix(codecs.BOM_UTF8).decode())
        return all_visible(content, verbatim)
    except json.JSONDecodeError as error:
        raise _no_json(error.pos, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _no_json(0, "A number too long or a nesting too deep") from error


def _has_too_many_values(body: bytes) -> bool:
    """Whether there are more commas and brackets than `MOST_VALUES`; those within texts do not count."""
    if len(body) <= MOST_VALUES or body.count(b",") + body.count(b"[") + body.count(b"{") <= MOST_VALUES:
        return False
    return sum(1 for _ in islice(_VALUE.finditer(body), MOST_VALUES + 3)) > MOST_VALUES + 2


def _no_json(place: int, reason: str) -> RequestValidationError:
    mistake = {"type": "json_invalid", "loc": ("body", place), "msg": "", "ctx": {"error": reason}}
    return RequestValidationError([mistake])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Invalid where a field is given twice: one of its values would be lost in silence."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in fields if names.count(name) > 1)[:LONGEST_NAME]
        twice = twice.encode("utf-8", "replace").decode()
        raise Invalid(f"字段 {twice} 出现两次", f"the field {twice} is given twice", twice)
    return fields


def _number(text: str) -> float:
    """A number with a fraction or an exponent. ValueError for one that no number holds, and for NaN."""
    number = float(text)
    if isinf(number) or number != number:
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_number, parse_constant=_number)
