"""Which units the office is offered, and the number that comes after one in the list."""

from typing import Any

from services.desks.pages.dispatching import assignment_of, next_number
from services.desks.pages.forms import Form
from services.desks.pages.suggesting import lead_of, suggestions

UNITS = [
    {"code": "east", "name": "东城区", "kind": "locality"},
    {"code": "roads", "name": "市交通局", "kind": "department"},
    {"code": "water", "name": "市水务局", "kind": "department"},
]


def case(*units: str, **more: Any) -> dict[str, Any]:
    return {"units": list(units), "locality": None, "category": None, "category_name": None, **more}


def test_units_are_offered_with_the_reasons_for_them_the_strongest_first() -> None:
    offered = suggestions(
        case(locality="east", category="roads", category_name="道路"),
        UNITS,
        alike=[case("roads", "roads"), case("roads")],
        same_category=[case("water"), case()],
        past=[case("roads")],
    )
    assert [(each.unit, [zh for zh, _ in each.reasons]) for each in offered] == [
        ("roads", ["2 件相似诉求由其承办", "1 件该企业既往诉求由其承办"]),
        ("east", ["诉求所在地"]),
        ("water", ["1 件同类由其承办（近 1 件“道路”中）"]),
    ]
    assert lead_of(offered) == "roads"


def test_a_unit_without_a_reason_is_not_offered() -> None:
    assert suggestions(case(), UNITS, alike=[], same_category=[], past=[case("gone")]) == []
    assert lead_of([]) is None


def test_the_locality_leads_where_no_department_speaks_for_itself() -> None:
    offered = suggestions(case(locality="east"), UNITS, alike=[], same_category=[], past=[])
    assert lead_of(offered) == "east"


def test_after_an_appeal_comes_the_next_of_the_list_then_the_first_that_stays() -> None:
    assert next_number(["a", "b", "c"], "b") == "c"
    assert next_number(["a", "b", "c"], "c") == "a"
    assert next_number(["a"], "a") == ""
    assert next_number(["a"], "z") == "a"


def test_the_lead_unit_comes_first_and_once() -> None:
    form = Form({"lead": "roads"}, {"units": ("east", "roads"), "marks": ("cross_department",)})
    assert assignment_of(form) == {
        "legs": [{"unit": "roads", "role": "lead"}, {"unit": "east", "role": "assist"}],
        "marks": ["cross_department"],
    }
