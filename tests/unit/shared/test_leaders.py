"""Who acts for a leader or a post: holders with days, deputies, the post above, at the top the mayor."""

from datetime import date

import pytest

from shared.directory.leaders import Leader, Leaders

TODAY = date(2026, 11, 20)
MAYOR = Leader("chen", "mayor")
INDUSTRY = Leader("qiao", "vice_industry", date(2026, 1, 1), None, "shu")
FINANCE = Leader("shu", "vice_finance")
PAST = Leader("old", "vice_finance", date(2020, 1, 1), date(2025, 12, 31))
GONE = Leader("qi", "vice_construction", None, date(2026, 11, 19))
ROADS = Leader("du", "head_of_roads", None, date(2026, 6, 30), None, "vice_industry")
NEXT = Leader("xin", "vice_transport", date(2026, 11, 21), None, "qiao")
CITY = Leaders([MAYOR, INDUSTRY, FINANCE, PAST, GONE, ROADS, NEXT])
CASES = {
    "a post: who holds it": ("vice_industry", "qiao"),
    "a leader by code": ("qiao", "qiao"),
    "who held the post before: who holds it now": ("old", "shu"),
    "nobody holds it any more, without a deputy: the top": ("vice_construction", "chen"),
    "a leader who is gone, without a deputy: the top": ("qi", "chen"),
    "nobody holds it any more: the post above": ("head_of_roads", "qiao"),
    "nobody holds it yet: the deputy": ("vice_transport", "qiao"),
    "nobody has ever heard of it: the top": ("vice_of_dreams", "chen"),
    "nobody was named: the top": (None, "chen"),
}


@pytest.mark.parametrize(("named", "acts"), CASES.values(), ids=CASES)
def test_somebody_acts_for_whoever_is_named(named: str | None, acts: str) -> None:
    assert CITY.acting(named, TODAY) == acts


@pytest.mark.parametrize(("on", "acts"), [("2026-11-19", "qi"), ("2026-11-20", "chen")])
def test_the_last_day_of_an_office_counts(on: str, acts: str) -> None:
    assert CITY.acting("qi", date.fromisoformat(on)) == acts


def test_a_deputy_who_is_gone_too_stands_in_for_nobody() -> None:
    leaders = Leaders([MAYOR, Leader("a", "x", None, date(2026, 1, 1), "qi"), GONE])
    assert leaders.acting("x", TODAY) == "chen"


def test_posts_that_stand_above_each_other_end_at_the_top() -> None:
    past = date(2026, 1, 1)
    circle = [Leader("a", "x", None, past, None, "y"), Leader("b", "y", None, past, None, "x")]
    assert Leaders([*circle, MAYOR]).acting("x", TODAY) == "chen"
    assert Leaders(circle).acting("x", TODAY) == "mayor"


def test_a_mayor_who_is_gone_is_stood_in_for_by_the_deputy() -> None:
    gone = Leader("chen", "mayor", None, date(2026, 1, 1), "shu")
    assert Leaders([gone, FINANCE]).acting("vice_of_dreams", TODAY) == "shu"
    assert Leaders([Leader("chen", "mayor", None, date(2026, 1, 1))]).acting("mayor", TODAY) == "mayor"


def test_an_empty_directory_knows_nobody_and_names_whom_it_was_asked_for() -> None:
    assert Leaders().acting("vice_mayor", TODAY) == "vice_mayor"
    assert not Leaders().knows("vice_mayor")


def test_a_leader_leads_what_is_lifted_to_the_own_post_and_to_those_without_anybody() -> None:
    assert CITY.led_by("qiao", TODAY).names == {
        "qiao",
        "vice_industry",
        "du",
        "head_of_roads",
        "xin",
        "vice_transport",
    }
    assert CITY.led_by("qiao", TODAY).others is None
    mayor = CITY.led_by("chen", TODAY)
    assert mayor.names == {"chen", "mayor", "qi", "vice_construction"}
    assert mayor.others is not None
    assert "vice_of_dreams" not in mayor.others
