"""What a body that is wrong is answered: the field and the cause, in Chinese and in English."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, get_args

import pytest
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core.core_schema import ErrorType

from services.dispatch.acts.directory import UnitBody
from shared.web.bodies import Body, Code, Line, Moment, wrong
from shared.web.mistake_words import ZH
from shared.web.mistakes import mistakes


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Dog(Body):
    kind: Literal["dog"]


class Cat(Body):
    kind: Literal["cat"]


class Sample(Body):
    text: Line = "a"
    code: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "ab"
    colour: Colour = Colour.RED
    number: Annotated[int, Field(ge=1, le=9)] = 1
    above: Annotated[float, Field(gt=0, lt=9, allow_inf_nan=False)] = 1
    sum: Annotated[Decimal, Field(max_digits=5, decimal_places=2)] = Decimal(1)
    day: date = date(2026, 3, 2)
    at: Moment | None = None
    items: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("a",)
    pet: Annotated[Dog | Cat, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.text == "odd":
            raise wrong("不能填写 odd", "odd is not taken", "text")
        if self.text == "old":
            raise ValueError("old is not taken")
        return self


@pytest.mark.parametrize(
    ("body", "field", "zh", "en"),
    [
        ({"text": ""}, "text", "至少 1 字", "at least 1"),
        ({"text": "a" * 501}, "text", "最多 500 字", "at most 500"),
        ({"text": 1}, "text", "应为文本", "string"),
        ({"text": "\x07"}, "text", "控制字符", "control characters"),
        ({"code": "ABC"}, "code", "^[a-z]{2}$", "^[a-z]{2}$"),
        ({"colour": "green"}, "colour", "应为：red、blue", "'red' or 'blue'"),
        ({"number": 0}, "number", "最小 1", "greater than or equal to 1"),
        ({"number": 10}, "number", "最大 9", "less than or equal to 9"),
        ({"number": "x"}, "number", "应为整数", "integer"),
        ({"number": 1.5}, "number", "应为整数", "integer"),
        ({"above": 0}, "above", "应大于 0", "greater than 0"),
        ({"above": 9}, "above", "应小于 9", "less than 9"),
        ({"above": "nan"}, "above", "有限的数", "finite"),
        ({"sum": "1.234"}, "sum", "最多 2 位", "2 decimal places"),
        ({"sum": "x"}, "sum", "应为数字", "decimal"),
        ({"day": "2026-02-30"}, "day", "不是有效的日期", "date"),
        ({"day": "2026-03-02T10:00:00"}, "day", "日期", "date"),
        ({"at": "2026-03-02"}, "at", "应为带时间的日期", "time of day"),
        ({"at": "1800-03-02T10:00:00+08:00"}, "at", "1990 年至 2090 年", "1990 and 2090"),
        ({"at": "2026-03-02T10:00:00"}, "at", "时区", "timezone"),
        ({"items": []}, "items", "至少 1 项", "at least 1"),
        ({"items": ["a", "b", "c"]}, "items", "最多 2 项", "at most 2"),
        ({"items": "a"}, "items", "应为列表", "tuple"),
        ({"pet": {"kind": "cow"}}, "pet.kind", "'dog', 'cat'", "'dog', 'cat'"),
        ({"pet": {}}, "pet.kind", "缺少类型", "Unable to extract tag"),
        ({"pets": 1}, "pets", "没有这个字段", "not permitted"),
        ({"text": "odd"}, "text", "不能填写 odd", "odd is not taken"),
        ({"text": "old"}, "body", "内容有误：old is not taken", "old is not taken"),
    ],
)
def test_a_mistake_names_the_field_and_the_bound(body: dict[str, Any], field: str, zh: str, en: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Sample.model_validate(body)
    (mistake,) = mistakes(raised.value.errors())
    assert mistake["field"] == field
    assert zh in mistake["zh"]
    assert en in mistake["en"]
    assert "Value error" not in str(mistake)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in mistake["zh"])


def test_every_error_of_pydantic_has_its_sentence_in_chinese() -> None:
    raised_by_validators = {"value_error", "assertion_error"}
    assert set(get_args(ErrorType)) - raised_by_validators <= ZH.keys()


def test_a_text_of_another_form_is_told_what_it_should_be() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Code).validate_python("市 政")
    (mistake,) = mistakes(raised.value.errors())
    assert "英文字母、数字" in mistake["zh"]
    assert TypeAdapter(Code).json_schema()["pattern"] == "^[A-Za-z0-9_.-]{1,40}$"


@pytest.mark.parametrize(
    ("spans", "zh"),
    [
        ([], "至少写一段"),
        ([["08:30", "08:30"]], "为空"),
        ([["12:00", "08:30"], ["14:00", "18:00"]], "结束早于开始"),
        ([["08:30", "12:00"], ["11:00", "18:00"]], "早于前一段"),
        ([["半夜", "12:00"]], "不是时刻"),
        ([["24:00", "12:00"]], "请写 00:00"),
    ],
)
def test_wrong_office_hours_say_why_in_chinese(spans: list[list[str]], zh: str) -> None:
    with pytest.raises(ValidationError) as raised:
        UnitBody.model_validate({"name": "市政局", "kind": "部门", "office_hours": spans})
    (mistake,) = mistakes(raised.value.errors())
    assert zh in mistake["zh"]
    assert "内容有误" not in mistake["zh"]
