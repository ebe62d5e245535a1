"""What is wrong with a request: each error of pydantic as field, Chinese and English.

What was sent is left out: it may be personal.
"""

import difflib
import re
from typing import Any

from shared.named import WrongValue, choices, with_codes
from shared.web.mistake_words import ZH

_QUOTED = re.compile("'([^']*)'")


def mistakes(errors: list[Any]) -> list[dict[str, str]]:
    """pydantic's errors as `field`, `zh` and `en`."""
    return [{"field": _field(error), "zh": _chinese(error), "en": _english(error)} for error in errors]


def _field(error: Any) -> str:
    if error["type"] == "json_invalid":
        return "body"
    place = [str(part) for part in error["loc"] if part != "body"]
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        place.append(error["ctx"]["discriminator"].strip("'"))
    if error["type"] == "in_words" and error["ctx"]["field"]:
        place.append(error["ctx"]["field"])
    return ".".join(place) or "body"


def _chinese(error: Any) -> str:
    match error["type"]:
        case "unknown_parameter":
            name, names = error["loc"][-1], error["ctx"]["known"]
            meant = f"，是否指 {nearest}？" if (nearest := _nearest(name, names)) else "；"
            return f"没有查询参数 {name}{meant}" + (
                f"可用的有：{'、'.join(names)}" if names else "此处不带查询参数"
            )
        case "repeated_parameter":
            return f"查询参数 {error['loc'][-1]} 只能给出一次"
        case "in_words":
            return str(error["ctx"]["zh"])
        case "json_invalid":
            return f"不是有效的 JSON：第 {error['loc'][-1]} 个字符处有误（{error['ctx']['error']}）"
    if error["type"] not in ZH:  # raised by a validator
        cause = error.get("ctx", {}).get("error")
        return cause.zh if isinstance(cause, WrongValue) else f"内容有误：{_english(error)}"
    bounds = dict(error.get("ctx", {}))
    if "expected" in bounds:
        bounds["expected"] = _choices(bounds["expected"])
    return ZH[error["type"]].format(**bounds)


def _choices(expected: str) -> str:
    """pydantic's `'red' or 'blue'` in Chinese; codes that have names are named."""
    codes = _QUOTED.findall(expected)
    known = with_codes(frozenset(codes))
    return choices(known) if known else "、".join(codes)


def _nearest(name: str, known: list[str]) -> str | None:
    """The known name that is written most alike; None where none is."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def _english(error: Any) -> str:
    match error["type"]:
        case "json_invalid":
            return f"{error['ctx']['error']} at character {error['loc'][-1]}"
        case "union_tag_invalid":
            return f"Input should be {error['ctx']['expected_tags']}"
        case "unknown_parameter":
            name, names = error["loc"][-1], error["ctx"]["known"]
            meant = f"did you mean {nearest}? " if (nearest := _nearest(name, names)) else ""
            return f"no query parameter {name} here; {meant}" + (
                f"known are: {', '.join(names)}" if names else "there are none"
            )
        case "repeated_parameter":
            return f"give the query parameter {error['loc'][-1]} once"
    return str(error["msg"]).removeprefix("Value error, ")
