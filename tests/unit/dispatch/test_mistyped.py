"""A typing mistake cards nobody: what is over is refused, what looks odd needs a word of confirmation."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.units import Complete, Contact
from services.dispatch.domain.transitions import perform
from shared.service.errors import Invalid
from tests.unit.dispatch.case import (
    IMPORTER,
    LADDER,
    MONDAY,
    OFFICE,
    PLAIN,
    ROADS,
    CaseAtDispatch,
    at,
    refused,
)

# Dispatched on Monday 2026-11-09 at 09:01. The ladder pack's own completion: 5 working days.


def dispatch(**own: Any) -> dict[str, Any]:
    return {"legs": [{"unit": "roads", "limits": {"completion": own}}]}


def moment(text: str) -> dict[str, str]:
    return {"due_at": datetime.fromisoformat(text).replace(tzinfo=MONDAY.tzinfo).isoformat()}


@pytest.mark.parametrize("text", ["2026-11-08 17:00", "2025-11-16 17:30", "2026-11-09 09:01"])
@pytest.mark.parametrize("confirmed", [False, True])
def test_a_moment_that_is_over_is_no_limit_whatever_is_confirmed(text: str, confirmed: bool) -> None:
    case = CaseAtDispatch()
    refusal = refused(case, 422, "已过", OFFICE, Assign, **dispatch(**moment(text)), confirmed=confirmed)
    assert refusal.field == "legs.0.limits.completion"
    assert text in refusal.en


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (moment("2026-11-09 09:30"), "before anybody could work for one office hour"),
        (moment("2026-11-09 10:00"), "office hour"),
        (moment("2036-11-16 17:30"), "more than 100 times the usual limit"),
        ({"limit": {"number": 3660, "unit": "natural_days"}}, "100 times"),
        ({"limit": {"number": 25, "unit": "months"}}, "100 times"),
    ],
)
def test_a_limit_oddly_short_or_long_says_how_to_confirm_it(own: dict[str, Any], words: str) -> None:
    case = CaseAtDispatch()
    refusal = refused(case, 422, words, OFFICE, Assign, **dispatch(**own))
    assert "confirmed: true" in refusal.zh
    assert "confirmed: true" in refusal.en
    case.do(OFFICE, Assign, **dispatch(**own), confirmed=True)
    assert case.appeal.state == "assigned"


@pytest.mark.parametrize(
    "own",
    [
        moment("2026-11-09 10:05"),
        moment("2027-11-16 17:30"),
        {"limit": {"number": 1, "unit": "working_hours"}},
        {"limit": {"number": 1, "unit": "natural_days"}},
        {"limit": {"number": 12, "unit": "months"}},
    ],
)
def test_a_usual_limit_needs_no_word(own: dict[str, Any]) -> None:
    assert CaseAtDispatch().do(OFFICE, Assign, **dispatch(**own))


def test_a_natural_day_that_ends_before_the_office_opens_again_is_odd() -> None:
    case = CaseAtDispatch()
    case.now = at("11-13 17:00")  # a Friday: the limit ends at 24:00 of Saturday
    body = dispatch(limit={"number": 1, "unit": "natural_days"})
    refused(case, 422, "office hour", OFFICE, Assign, **body)


def test_where_the_pack_has_no_limit_a_year_is_long() -> None:
    own = {"completion": moment("2028-01-01 12:00")}
    rules = LADDER.model_copy(update={"limits": ()})
    legs = [{"unit": "roads", "limits": own}]
    refused(CaseAtDispatch(rules), 422, "a year", OFFICE, Assign, legs=legs)


@pytest.mark.parametrize("text", ["2025-11-16 17:30", "2026-11-09 09:02", "2036-11-16 17:30"])
def test_an_import_reports_what_was(text: str) -> None:
    assert CaseAtDispatch().do(IMPORTER, Assign, **dispatch(**moment(text)), past=True)


def test_a_contact_lies_between_the_dispatch_and_now() -> None:
    case = CaseAtDispatch().assigned()
    for text in ("2020-11-09T09:00:00+08:00", "2026-11-09T09:00:00+08:00"):
        body = {"how": "电话", "contacted_at": text}
        assert "2026-11-09 09:01" in refused(case, 422, "contacted_at", ROADS, Contact, **body).en
    case.now = at("11-09 11:00")
    assert case.do(ROADS, Contact, how="电话", contacted_at=at("11-09 10:00").isoformat())
    same_minute = CaseAtDispatch()
    same_minute.now += timedelta(seconds=40)
    assert same_minute.assigned().do(ROADS, Contact, how="电话", contacted_at=at("11-09 09:01").isoformat())
    past = CaseAtDispatch().assigned()
    assert past.do(IMPORTER, Contact, past=True, how="电话", contacted_at="2020-11-09T09:00:00+08:00")


def test_a_contact_of_an_earlier_round_is_after_the_dispatch() -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.legs[0].begin_round(2, at("11-12 09:00"))
    case.now = at("11-12 10:00")
    assert case.do(ROADS, Contact, how="电话", contacted_at=at("11-11 10:00").isoformat())
    case.appeal.legs[0].assigned_at = None  # a document of an earlier release
    assert case.do(ROADS, Contact, how="电话", contacted_at="2020-11-09T09:00:00+08:00")


PLAN = {"outcome": "planned", "text": "列入计划"}


@pytest.mark.parametrize("rules", [LADDER, PLAIN], ids=lambda rules: rules.id)
def test_a_planned_day_is_not_over_and_not_years_away_under_any_pack(rules: Any) -> None:
    case = CaseAtDispatch(rules).assigned()
    refused(case, 422, "is over", ROADS, Complete, **PLAN, planned_on="2020-01-01")
    refused(case, 422, "2026-11-08 已过", ROADS, Complete, **PLAN, planned_on="2026-11-08", confirmed=True)
    refused(case, 422, "confirmed: true", ROADS, Complete, **PLAN, planned_on="2036-11-16")
    assert case.do(ROADS, Complete, **PLAN, planned_on="2036-11-16", confirmed=True)
    today = CaseAtDispatch(rules).assigned()
    assert today.do(ROADS, Complete, **PLAN, planned_on="2026-11-09")
    past = CaseAtDispatch(rules).assigned()
    assert past.do(IMPORTER, Complete, past=True, **PLAN, planned_on="2020-01-01")


def test_today_is_the_jurisdiction_s_day() -> None:
    case = CaseAtDispatch().assigned()
    act = Complete.model_validate({**PLAN, "leg_id": case.appeal.legs[0].leg_id, "planned_on": "2026-11-09"})
    with pytest.raises(Invalid):  # 00:30 of the 10th in Shanghai, still the 9th in UTC
        perform(case.appeal, act, case.context(ROADS, at("11-10 00:30")))
