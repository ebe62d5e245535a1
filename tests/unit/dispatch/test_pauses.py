"""Pauses: on a ground of the pack, approved by the rank that the ground needs."""

from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.pauses import DecidePause, Pause, RequestPause, Resume
from shared.events import AppealPaused, PauseDenied, PauseRequested
from shared.rules.pack.counting import Counting
from shared.rules.pack.time_rules import OwnLimits
from shared.service.accounts import Caller
from tests.unit.dispatch.case import IMPORTER, OFFICE, PLAIN, ROADS, CaseAtDispatch, refused

PAUSE = {"reason": "缺材料", "approver": "张"}


@pytest.mark.parametrize(
    ("by", "body", "status"),
    [
        (OFFICE, {"ground": "papers"}, None),
        (OFFICE, {"ground": "expert"}, 403),
        (OFFICE, {"ground": "expert", "rank": "leader"}, None),
        (OFFICE, {"ground": "expert", "rank": "mayor"}, None),
        (OFFICE, {"ground": "moon"}, 422),
        (OFFICE, {}, 422),
        (IMPORTER, {"ground": "expert"}, None),
    ],
)
def test_a_pause_has_a_ground_of_the_pack_and_its_rank(
    by: Caller, body: dict[str, Any], status: int | None
) -> None:
    case = CaseAtDispatch().assigned()
    if status:
        refused(case, status, "rank" if status == 403 else "papers", by, Pause, **PAUSE, **body)
    else:
        (event,) = case.do(by, Pause, **PAUSE, **body)
        assert isinstance(event, AppealPaused)
        assert event.ground == body["ground"]


def test_a_third_pause_of_a_leg_takes_a_leaders_word() -> None:
    case = CaseAtDispatch().assigned()
    for _ in range(2):
        case.do(OFFICE, Pause, **PAUSE, ground="papers")
        case.do(OFFICE, Resume)
    refused(case, 403, "多次暂停", OFFICE, Pause, **PAUSE, ground="papers")
    assert case.do(OFFICE, Pause, **PAUSE, ground="papers", rank="leader")


def test_a_pack_without_grounds_takes_none_and_one_without_pauses_stops_no_clock() -> None:
    bare = CaseAtDispatch().rules.model_copy(
        update={"pauses": CaseAtDispatch().rules.pauses.model_copy(update={"grounds": ()})}
    )
    refused(CaseAtDispatch(bare).assigned(), 422, "ground", OFFICE, Pause, **PAUSE, ground="papers")
    assert CaseAtDispatch(bare).assigned().do(OFFICE, Pause, **PAUSE)
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "clock", OFFICE, Pause, **PAUSE)


MOVES = Counting(pauses_move_given_moments=True, clause="§1")
GIVEN = {
    "completion": {"due_at": "2027-04-30T17:00:00+08:00"},
    "reply": {"limit": {"number": 9, "unit": "months"}},
}


def given_moments(counting: Counting | None = MOVES) -> CaseAtDispatch:
    """Dispatched with a moment for the completion and a length for the reply."""
    own = OwnLimits(deadlines=("completion", "reply"), clause="§1")
    rules = CaseAtDispatch().rules.model_copy(update={"counting": counting, "own_limits": own})
    case = CaseAtDispatch(rules)
    case.do(OFFICE, Assign, legs=[{"unit": "roads", "role": "lead", "limits": GIVEN}])
    return case


def test_a_pause_says_which_given_moments_run_on() -> None:
    (event,) = given_moments().do(OFFICE, Pause, **PAUSE, ground="papers", runs_on=["completion"] * 2)
    assert isinstance(event, AppealPaused)
    assert event.runs_on == ("completion",)


@pytest.mark.parametrize(
    ("counting", "runs_on", "words"),
    [
        (MOVES, ["reply"], "没有指定到期时刻；可照常计算的有：completion"),  # it has a length
        (MOVES, ["completion", "contact"], "no moment was given for contact; these can run on: completion"),
        (None, ["completion"], "a pause moves no given moment: leave it out"),
        (Counting(whole_minutes=True, clause="§1"), ["completion"], "本不因暂停顺延"),
    ],
)
def test_what_no_pause_moves_cannot_run_on(counting: Counting | None, runs_on: list[str], words: str) -> None:
    body = {**PAUSE, "ground": "papers", "runs_on": runs_on}
    error = refused(given_moments(counting), 422, words, OFFICE, Pause, **body)
    assert error.field == "runs_on"


def test_a_leg_without_given_moments_lets_none_run_on() -> None:
    rules = CaseAtDispatch().rules.model_copy(update={"counting": MOVES})
    case = CaseAtDispatch(rules).assigned()
    refused(case, 422, "本件没有指定", OFFICE, Pause, **PAUSE, ground="papers", runs_on=["completion"])


ASKED = {"reason": "等待企业补件", "ground": "papers"}


def test_a_unit_asks_for_a_pause_and_time_runs_on_until_the_office_gives_it() -> None:
    case = CaseAtDispatch().assigned()
    (event,) = case.do(ROADS, RequestPause, **ASKED)
    assert isinstance(event, PauseRequested)
    assert case.appeal.legs[0].state == "open"
    refused(case, 409, "waiting", ROADS, RequestPause, **ASKED)
    (event,) = case.do(OFFICE, DecidePause, approved=True, approver="张", reason="同意")
    assert isinstance(event, AppealPaused)
    assert (event.reason, event.ground, event.approver) == ("", "papers", "")
    assert (case.appeal.legs[0].state, case.appeal.legs[0].pause_request) == ("paused", None)
    refused(case, 409, "paused", ROADS, RequestPause, **ASKED)


def test_a_pause_denied_stops_nothing_and_may_be_asked_for_again() -> None:
    case = CaseAtDispatch().assigned()
    refused(case, 409, "no request", OFFICE, DecidePause, approved=False, approver="张", reason="不符")
    case.do(ROADS, RequestPause, **ASKED)
    (event,) = case.do(OFFICE, DecidePause, approved=False, approver="张", reason="不符合")
    assert isinstance(event, PauseDenied)
    assert (event.reason, case.appeal.legs[0].state) == ("", "open")
    assert case.do(ROADS, RequestPause, **ASKED)


def test_a_pause_asked_for_has_a_ground_of_the_pack_and_is_given_by_its_rank() -> None:
    case = CaseAtDispatch().assigned()
    refused(case, 422, "papers", ROADS, RequestPause, reason="等待", ground="moon")
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "clock", ROADS, RequestPause, reason="等待")
    case.do(ROADS, RequestPause, reason="专家论证", ground="expert")
    yes = {"approved": True, "approver": "张", "reason": "同意"}
    refused(case, 403, "rank", OFFICE, DecidePause, **yes)
    assert case.do(OFFICE, DecidePause, **yes, rank="leader")


def test_the_office_s_own_pause_grants_what_the_unit_asked_for() -> None:
    case = CaseAtDispatch().assigned()
    case.do(ROADS, RequestPause, **ASKED)
    case.do(OFFICE, Pause, **PAUSE, ground="papers")
    assert case.appeal.legs[0].pause_request is None
    case.do(OFFICE, Resume)
    refused(case, 409, "no request", OFFICE, DecidePause, approved=True, approver="张", reason="同意")
