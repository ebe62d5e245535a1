"""What the office decides: objections, findings, where a matter belongs, and the end."""

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.office import Close, DecideObjection, Find
from services.dispatch.acts.past import AnyAct
from services.dispatch.acts.pauses import Pause
from services.dispatch.acts.referral import Refer
from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Complete, Object, Reply
from services.dispatch.api import ROUTES
from services.dispatch.document import AppealState
from services.dispatch.domain.transitions import TRANSITIONS
from services.dispatch.leg import ExtensionRequest
from shared.events import AppealClosed, FindingMade
from shared.rules.pack import pack_files
from shared.rules.time.limits import Limit, LimitUnit
from tests.unit.dispatch.case import IMPORTER, OFFICE, PLAIN, ROADS, CaseAtDispatch, refused

FOUND = {"reasonable": True, "by": "周主任", "reason": "属实"}


def test_every_act_has_a_transition_and_a_route() -> None:
    kinds = set(AnyAct.__origin__.__args__)
    assert set(TRANSITIONS) == kinds == {kind for kind, _ in ROUTES.values()}


def test_a_decision_on_an_objection_says_who_decided() -> None:
    case = CaseAtDispatch().assigned()
    for by, name in ((None, "office"), ("周主任", "周主任")):
        case.do(ROADS, Object, reason="不归我管")
        case.do(OFFICE, DecideObjection, upheld=False, reason="归你管", by=by)
        decision = case.appeal.legs[0].objection_decision
        assert decision is not None
        assert (decision.by, decision.upheld, decision.decided_at) == (name, False, case.now)
    refused(case, 409, "no objection", OFFICE, DecideObjection, upheld=True, reason="归你管")


def test_after_an_upheld_objection_another_unit_leads() -> None:
    case = CaseAtDispatch().assigned()
    case.do(ROADS, Object, reason="不归我管")
    case.do(OFFICE, DecideObjection, upheld=True, reason="确实")
    case.assigned("water")
    assert [(leg.unit, leg.state) for leg in case.appeal.legs] == [("roads", "ended"), ("water", "open")]


def test_the_last_finding_counts() -> None:
    case = CaseAtDispatch()
    case.do(OFFICE, Find, **FOUND)
    (event,) = case.do(OFFICE, Find, reasonable=False, by="周主任", reason="与政策不符", understanding=False)
    assert isinstance(event, FindingMade)
    assert (event.reasonable, event.understanding) == (False, False)
    assert case.appeal.finding is not None
    assert (case.appeal.finding.reasonable, case.appeal.finding.found_at) == (False, case.now)


def test_what_is_not_reasonable_was_explained() -> None:
    refused(CaseAtDispatch(), 422, "understanding", OFFICE, Find, **FOUND | {"reasonable": False})


@pytest.mark.parametrize("state", [AppealState.CLOSED, AppealState.WITHDRAWN, AppealState.APPROVED])
def test_an_ended_case_takes_no_further_act(state: AppealState) -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.state = state
    for act, body in (
        (Find, FOUND),
        (Refer, {"to": "courts", "reason": "诉讼"}),
        (Close, {}),
        (Assign, {"legs": [{"unit": "water", "role": "assist"}]}),
        (Pause, {"reason": "x", "approver": "张", "ground": "papers"}),
    ):
        refused(case, 409, state, OFFICE, act, **body)
    refused(case, 409, state, ROADS, Reply, text="好")
    refused(case, 409, state, ROADS, Reach, stage="paid", text="好")


def test_a_matter_goes_where_the_pack_says_it_may() -> None:
    refused(CaseAtDispatch(), 422, "arbitration", OFFICE, Refer, to="moon", reason="不归我们")
    for case, to in (
        (CaseAtDispatch(), "courts"),
        (CaseAtDispatch(pack_files.load("case-limits@1")), "随便哪里"),
    ):
        case.do(OFFICE, Refer, to=to, reason="不归我们")
        assert case.appeal.state == AppealState.REFERRED


def completed(**fields: Any) -> CaseAtDispatch:
    """Completed, and lacking nothing for closure but what `fields` take away."""
    case = CaseAtDispatch().assigned()
    case.do(ROADS, Complete, outcome="solved", text="已修复")
    case.do(OFFICE, Find, **FOUND)
    case.appeal.heard_at, case.appeal.lifted, case.appeal.signed_off = case.now, True, True
    for name, value in fields.items():
        setattr(case.appeal, name, value)
    return case


def test_a_case_that_lacks_nothing_is_closed() -> None:
    (event,) = completed().do(OFFICE, Close)
    assert isinstance(event, AppealClosed)
    assert completed(lifted=False, signed_off=False).do(OFFICE, Close)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ({"finding": None}, "finding"),
        ({"heard_at": None}, "rated"),
        ({"signed_off": False}, "signed"),
    ],
)
def test_what_the_pack_needs_must_be_there(lacks: dict[str, Any], words: str) -> None:
    refused(completed(**lacks), 409, words, OFFICE, Close)


def test_only_what_the_pack_needs_is_asked_for() -> None:
    for lacks in ({"finding": None}, {"heard_at": None}):
        case = completed(**lacks)
        case.rules = PLAIN
        assert case.do(OFFICE, Close)
    case = completed(signed_off=False)
    case.rules = PLAIN
    refused(case, 409, "signed", OFFICE, Close)


def test_a_leg_at_work_keeps_a_case_open_and_one_referred_by_an_earlier_version_needs_nothing() -> None:
    case = completed()
    case.do(OFFICE, Assign, legs=[{"unit": "water", "role": "assist"}])
    refused(case, 409, "not completed", OFFICE, Close)
    referred = CaseAtDispatch(pack_files.load("case-limits@1"))
    referred.do(OFFICE, Refer, to="courts", reason="诉讼")
    assert referred.do(OFFICE, Close)


def test_that_a_past_case_was_closed_is_a_fact() -> None:
    case = completed(finding=None, heard_at=None, signed_off=False)
    assert case.do(IMPORTER, Close, past=True)


def test_a_round_that_begins_opens_what_was_completed_before_and_drops_the_wish() -> None:
    case = completed()
    leg = case.appeal.legs[0]
    assert leg.completed_at is not None
    leg.begin_round(2, leg.completed_at - timedelta(microseconds=1))
    assert leg.state == "completed"
    leg.begin_round(3, leg.completed_at)
    assert (leg.state, leg.round, leg.completed_at) == ("open", 3, None)
    limit = Limit(number=10, unit=LimitUnit.WORKING_DAYS)
    leg.extension = ExtensionRequest(deadline="completion", limit=limit, reason="等待材料")
    leg.begin_round(4, case.now)
    assert leg.extension is None
