"""The base of models for request bodies, their common types, and refusals in Chinese and English."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

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


@dataclass(frozen=True, slots=True)
class Shape:
    """The pattern of a text, and what is said of a text of another form."""

    pattern: str
    zh: str
    en: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}

    def _checked(self, text: str) -> str:
        if re.search(self.pattern, text, re.ASCII) is None or text.endswith("\n"):
            raise wrong(f"格式不符：{self.zh}", f"has another form: {self.en}")
        return text


Code = Annotated[
    str,
    Shape(
        r"^[A-Za-z0-9_.-]{1,40}$",
        "代码由 1 至 40 个英文字母、数字、下划线、点或连字符组成",
        "a code has 1 to 40 letters, digits, underscores, dots or hyphens",
    ),
]
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
