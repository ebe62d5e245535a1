"""The base of models for request bodies, and validation errors in Chinese and English."""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic_core import PydanticCustomError

from shared.service.errors import HuyingError

_END_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)[T ]24:00(?::00(?:[.,]0{1,6})?)?(|Z|[+-]\d\d:?\d\d)")
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


def _full(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and ":" not in value):
        raise wrong(
            "应为带时间的日期，如 2026-02-13T10:00:00+08:00",
            "is no date with a time of day; write it like 2026-02-13T10:00:00+08:00",
        )
    return midnight_as_00(value) if isinstance(value, str) else value


def midnight_as_00(text: str) -> str:
    """`text` with 24:00, the end of a day, written as 00:00 of the next: `2026-03-09 24:00`.

    Explanations and messages write due moments so; Python and pydantic do not read it.
    """
    written = _END_OF_DAY.fullmatch(text.strip())
    if written is None:
        return text
    try:
        next_day = date.fromisoformat(written[1]) + timedelta(days=1)
    except (ValueError, OverflowError):
        return text
    return f"{next_day}T00:00:00{written[2]}"


def _possible(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise wrong(
            f"应在 {EARLIEST:%Y} 年至 {LATEST:%Y} 年之间",
            f"does not lie between {EARLIEST:%Y} and {LATEST:%Y}",
        )
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_full), AfterValidator(_possible)]
"""A time with its zone, between 1990 and 2090; 24:00 ends a day. A bare number or date is refused."""

PastTime = Moment
"""The time of an imported act. The clock of the service refuses one in the future."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
"""The code of a unit, a leader, a place or a source."""
Line = Annotated[str, Field(min_length=1, max_length=500)]
"""A name or a short reason."""
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
"""A text of several paragraphs."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(value: Any) -> Any:
    """`value`. ValueError for control characters but line breaks and tabs, and for lone surrogates."""
    if isinstance(value, str):
        if _CONTROL.search(value):
            raise wrong("不能含有控制字符", "control characters are not allowed")
        if _SURROGATE.search(value):
            raise wrong("含有不完整的字符", "lone surrogates are not text")
    return value


class Body(BaseModel):
    """A request body. Unknown fields and control characters are refused; blanks around a text are cut off."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @field_validator("*", mode="after")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return clean(value)


@contextmanager
def in_item(items: str, index: int) -> Iterator[None]:
    """Let a refusal raised within the block name the item that it is about: `items.3.lead`."""
    try:
        yield
    except HuyingError as refusal:
        item = f"{items}.{index}"
        refusal.field = f"{item}.{refusal.field}" if refusal.field else item
        raise


def wrong(zh: str, en: str, field: str = "") -> PydanticCustomError:
    """The error that a validator raises, in both languages.

    A validator of a whole body names the `field` that is wrong.
    """
    return PydanticCustomError("in_words", "{en}", {"zh": zh, "en": en, "field": field})


_ZH = {
    "missing": "缺少该字段",
    "extra_forbidden": "没有这个字段",
    "json_invalid": "不是有效的 JSON",
    "string_type": "应为文本",
    "string_too_short": "内容太短或为空，至少 {min_length} 字",
    "string_too_long": "内容太长，最多 {max_length} 字",
    "string_pattern_mismatch": "格式不符，应符合 {pattern}",
    "enum": "不在允许的取值之内，应为：{expected}",
    "literal_error": "不在允许的取值之内，应为：{expected}",
    "union_tag_invalid": "不在允许的取值之内，应为：{expected_tags}",
    "union_tag_not_found": "缺少类型",
    "uuid_parsing": "不是有效的标识",
    "uuid_type": "不是有效的标识",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "bool_parsing": "应为是或否",
    "bool_type": "应为是或否",
    "datetime_parsing": "不是有效的时间",
    "datetime_from_date_parsing": "不是有效的时间",
    "datetime_type": "不是有效的时间",
    "timezone_aware": "时间缺少时区",
    "greater_than_equal": "数值太小，最小 {ge}",
    "less_than_equal": "数值太大，最大 {le}",
    "too_short": "条目太少，至少 {min_length} 项",
    "too_long": "条目太多，最多 {max_length} 项",
    "greater_than": "数值太小，应大于 {gt}",
    "less_than": "数值太大，应小于 {lt}",
    "int_from_float": "应为整数",
    "int_parsing_size": "数值太大",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "finite_number": "应为有限的数",
    "decimal_parsing": "应为数字",
    "decimal_type": "应为数字",
    "decimal_max_digits": "位数太多，最多 {max_digits} 位",
    "decimal_max_places": "小数位太多，最多 {decimal_places} 位",
    "decimal_whole_digits": "整数位太多，最多 {whole_digits} 位",
    "date_parsing": "不是有效的日期",
    "date_type": "不是有效的日期",
    "date_from_datetime_parsing": "不是有效的日期",
    "date_from_datetime_inexact": "应为日期，不带时间",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "phone": "电话号码有误：手机 11 位，座机带区号，境外号码以 + 和国家代码开头",
    "mail_address": "邮箱地址有误",
    "credit_code": "统一社会信用代码有误：须为 18 位，校验码须相符",
}
"""What is wrong, by pydantic's type of error; bounds are those of the error's context."""


def mistakes(errors: list[Any]) -> list[dict[str, str]]:
    """pydantic's errors as `field`, `zh` and `en`. What was sent is left out: it may be personal."""
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
    if error["type"] in _ZH:
        bounds = dict(error.get("ctx", {}))
        if "expected" in bounds:
            bounds["expected"] = bounds["expected"].replace(" or ", "、").replace(", ", "、").replace("'", "")
        return _ZH[error["type"]].format(**bounds)
    return f"内容有误：{_english(error)}"


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
