"""A unit that is complained of is written by code or name; what is no unit is refused once all are known."""

import pytest

from services.intake.city.units import NOBODY_KNOWN, Units
from shared.service.errors import Invalid

NAMES = {"roads": "市交通局", "water": "市水务局", "east": "东城区", "east-2": "东城区"}
ALL, SOME = Units(NAMES, is_whole=True), Units(NAMES, is_whole=False)


@pytest.mark.parametrize(
    ("typed", "code"), [("roads", "roads"), ("市交通局", "roads"), (" 市水务局 ", "water"), ("east", "east")]
)
@pytest.mark.parametrize("units", [ALL, SOME], ids=["all known", "some known"])
def test_a_unit_is_taken_by_code_or_name(units: Units, typed: str, code: str) -> None:
    assert units.named(typed, "complained_of") == code


@pytest.mark.parametrize(
    ("units", "typed", "zh", "en"),
    [
        (ALL, "road", "相近的有：市交通局（roads）", "the nearest are roads"),
        (ALL, "市交通委", "没有承办单位“市交通委”；相近的有：市交通局（roads）", "roads"),
        (ALL, "zzz", "请填写通讯录中的全称或代码", "write its full name or its code"),
        (ALL, "东城区", "有多个承办单位名为“东城区”：东城区（east）、东城区（east-2）", "east, east-2"),
        (SOME, "东城区", "请填写代码", "write its code"),
        (SOME, "市公安局", "没有承办单位“市公安局”", "no unit '市公安局' here"),
        (NOBODY_KNOWN, "市公安局", "没有承办单位“市公安局”", "no unit '市公安局' here"),
    ],
)
def test_what_is_no_unit_is_refused_with_its_field_and_the_nearest(
    units: Units, typed: str, zh: str, en: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        units.named(typed, "complained_of")
    assert refusal.value.field == "complained_of"
    assert zh in refusal.value.zh
    assert en in refusal.value.en


@pytest.mark.parametrize("units", [SOME, NOBODY_KNOWN], ids=["some known", "none known"])
def test_while_not_all_units_are_known_a_code_is_taken_as_it_is(units: Units) -> None:
    assert units.named("police", "complained_of") == "police"
