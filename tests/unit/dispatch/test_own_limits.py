"""A leg's own limits at dispatch: only those that are judged, each with one end."""

from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from shared.events import AppealAssigned
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from tests.unit.dispatch.case import LADDER, OFFICE, PLAIN, CaseAtDispatch, refused

WEEK = {"limit": {"number": 5, "unit": "working_days"}}
MOMENT = {"due_at": "2026-11-30T18:00:00+08:00"}
AWARD, BOWU, BOZHOU = (
    pack_files.load("bowu-2022-award@2"),
    pack_files.load("bowu-2022@2"),
    pack_files.load("bozhou-2024@2"),
)


@pytest.mark.parametrize(
    ("rules", "deadline"),
    [(LADDER, "completion"), (BOZHOU, "completion"), (PLAIN, "contact"), (AWARD, "completion")],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
@pytest.mark.parametrize("own", [WEEK, MOMENT], ids=["length", "moment"])
def test_a_limit_that_the_pack_takes_is_sent_on(rules: Pack, deadline: str, own: dict[str, Any]) -> None:
    (event,) = CaseAtDispatch(rules).do(OFFICE, Assign, legs=[leg({deadline: own})])
    assert isinstance(event, AppealAssigned)
    assert event.legs[0].limits.keys() == {deadline}


@pytest.mark.parametrize(
    ("rules", "deadline", "taken"),
    [
        (BOZHOU, "banana", "可另定的有：completion"),
        (BOZHOU, "reply", "takes one for: completion"),
        (BOZHOU, "lifted", "可另定的有：completion"),
        (LADDER, "instalment", "takes one for: completion"),
        (PLAIN, "completions", "contact, reply, completion"),
        (BOWU, "completion", "没有可另定的时限"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_a_limit_that_the_pack_does_not_take_is_refused(rules: Pack, deadline: str, taken: str) -> None:
    refusal = refused(CaseAtDispatch(rules), 422, taken, OFFICE, Assign, legs=[leg({deadline: WEEK})])
    assert refusal.field == f"legs.0.limits.{deadline}"
    assert deadline in refusal.zh
    assert deadline in refusal.en


@pytest.mark.parametrize("own", [{}, {"limit": None}, {**WEEK, **MOMENT}], ids=["empty", "null", "both"])
def test_a_limit_without_an_end_or_with_two_is_refused(own: dict[str, Any]) -> None:
    legs = [leg({}), leg({"completion": own}, unit="water", role="assist")]
    refusal = refused(CaseAtDispatch(BOZHOU), 422, "due_at", OFFICE, Assign, legs=legs)
    assert refusal.field == "legs.1.limits.completion"


def leg(limits: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"unit": "roads", "limits": limits, **more}
