"""The parts of units: leading, assisting, watching; and a leg that goes to another unit (改派)."""

from typing import Any

import pytest

from services.dispatch.acts.assignment import AddMarks, Assign, Reassign
from services.dispatch.acts.base import LegAct
from services.dispatch.acts.office import Close, DecideObjection
from services.dispatch.acts.pauses import RequestPause
from services.dispatch.acts.units import Complete, Contact, Object, Refuse, Reply, RequestLift
from services.dispatch.domain import merging
from services.dispatch.leg import leg_id
from shared.events import AppealAssigned, AppealMarked, LegRelieved, Role
from shared.rules.terms import Mark
from shared.states import LegState
from tests.unit.dispatch.case import OFFICE, ROADS, CaseAtDispatch, refused

GO = {"reason": "职责在水务局"}


def four() -> CaseAtDispatch:
    """Roads leads, water assists, east supervises, and the window was asked first."""
    case = CaseAtDispatch()
    roles = {"roads": "lead", "water": "assist", "east": "supervise", "south": "first_asked"}
    case.do(OFFICE, Assign, legs=[{"unit": unit, "role": role} for unit, role in roles.items()])
    return case


def test_one_dispatch_makes_several_legs_and_the_case_keeps_each_part() -> None:
    case = four()
    assert [(leg.unit, leg.role) for leg in case.appeal.legs] == [
        ("roads", Role.LEAD),
        ("water", Role.ASSIST),
        ("east", Role.SUPERVISE),
        ("south", Role.FIRST_ASKED),
    ]


@pytest.mark.parametrize(
    "roles", [["supervise"], ["assist", "first_asked"], ["lead", "lead", "supervise"]], ids="-".join
)
def test_exactly_one_unit_leads_however_many_watch(roles: list[str]) -> None:
    legs = [
        {"unit": unit, "role": role} for unit, role in zip(("roads", "water", "east"), roles, strict=False)
    ]
    refused(CaseAtDispatch(), 409, "exactly one unit leads", OFFICE, Assign, legs=legs)


def test_a_unit_is_given_a_part_later() -> None:
    case = CaseAtDispatch().assigned()
    case.do(OFFICE, Assign, legs=[{"unit": "east", "role": "supervise"}])
    case.do(OFFICE, Assign, legs=[{"unit": "water", "role": "assist"}])
    assert [leg.unit for leg in case.appeal.live_legs()] == ["roads", "east", "water"]


HANDLING: list[tuple[type[LegAct], dict[str, Any]]] = [
    (Contact, {"how": "电话"}),
    (Reply, {"text": "已督办"}),
    (Complete, {"outcome": "solved", "text": "已办"}),
    (Refuse, {"reason": "不办"}),
    (RequestLift, {"reason": "请提级", "signed_by": "李"}),
    (RequestPause, {"reason": "等待"}),
]


@pytest.mark.parametrize(("act", "body"), HANDLING, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("index", [2, 3])
def test_who_watches_does_not_handle(act: type[LegAct], body: dict[str, Any], index: int) -> None:
    case = four()
    refused(case, 409, "it watches", OFFICE, act, leg_id=case.appeal.legs[index].leg_id, **body)


def test_a_watching_unit_may_object_and_is_not_waited_for() -> None:
    case = four()
    for index, unit in ((0, "roads"), (1, "water")):
        completion = {"leg_id": case.appeal.legs[index].leg_id, "outcome": "solved", "text": unit}
        case.do(OFFICE, Complete, **completion)
    watcher = {"leg_id": case.appeal.legs[2].leg_id}
    case.do(OFFICE, Object, **watcher, reason="不应由本单位督办")
    case.do(OFFICE, DecideObjection, **watcher, upheld=True, reason="属实")
    refused(case, 409, "finding", OFFICE, Close)  # no leg is missing


def test_a_leg_goes_to_another_unit_with_a_reason_and_clocks_of_its_own() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    case.do(ROADS, Object, reason="不归我管")
    assigned, relieved = case.do(OFFICE, Reassign, unit="east", **GO)
    assert isinstance(assigned, AppealAssigned)
    assert isinstance(relieved, LegRelieved)
    (new,) = assigned.legs
    assert (new.unit, new.role, new.unit_name) == ("east", Role.LEAD, "东城区")
    assert new.leg_id == relieved.successor == leg_id(case.appeal.appeal_id, 2)
    assert (relieved.unit, relieved.reason) == ("roads", "")
    assert assigned.occurred_at == relieved.occurred_at
    old, _, successor = case.appeal.legs
    assert (old.state, old.objection) == (LegState.ENDED, None)
    assert old.relief
    assert (old.relief.by, old.relief.successor) == ("office", successor.leg_id)
    assert (successor.round, successor.state, successor.round_at) == (1, LegState.OPEN, case.now)
    refused(case, 409, "现为“已退回或已改派”", ROADS, Reply, text="办理中")


def test_the_successor_may_bring_a_limit_of_its_own_that_is_looked_at() -> None:
    case = CaseAtDispatch().assigned()
    own = {"completion": {"limit": {"number": 3660, "unit": "natural_days"}}}
    refusal = refused(case, 422, "confirmed: true", OFFICE, Reassign, unit="east", limits=own, **GO)
    assert refusal.field == "limits.completion"
    over = {"completion": {"due_at": "2026-11-08T12:00:00+08:00"}}
    refused(case, 422, "is over", OFFICE, Reassign, unit="east", limits=over, **GO)
    case.do(OFFICE, Reassign, unit="east", limits=own, confirmed=True, **GO)


def test_relieved_without_a_successor_it_is_dispatched_again() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    (relieved,) = case.do(OFFICE, Reassign, **GO)
    assert isinstance(relieved, LegRelieved)
    assert relieved.successor is None
    refused(case, 409, "exactly one", OFFICE, Assign, legs=[{"unit": "east", "role": "assist"}])
    case.do(OFFICE, Assign, legs=[{"unit": "roads"}])  # the same unit may get it again
    assert [leg.unit for leg in case.appeal.live_legs()] == ["water", "roads"]


def test_a_unit_with_a_part_goes_on_in_a_new_one_and_its_old_one_ends() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    _assigned, *relieved = case.do(OFFICE, Reassign, unit="water", **GO)
    assert [event.unit for event in relieved if isinstance(event, LegRelieved)] == ["roads", "water"]
    assert [(leg.unit, leg.role) for leg in case.appeal.live_legs()] == [("water", Role.LEAD)]


def test_what_cannot_be_reassigned() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    refused(case, 409, "already", OFFICE, Reassign, unit="roads", **GO)
    refused(case, 409, "exactly one", OFFICE, Reassign, unit="east", role="assist", **GO)
    assisting = {"leg_id": case.appeal.legs[1].leg_id}
    refused(case, 409, "exactly one", OFFICE, Reassign, **assisting, unit="east", role="lead", **GO)
    case.do(OFFICE, Complete, **assisting, outcome="solved", text="已办")
    refused(case, 409, "现为“已办结”", OFFICE, Reassign, **assisting, unit="east", **GO)
    refused(case, 409, "completed its own leg", OFFICE, Reassign, unit="water", **GO)
    refused(CaseAtDispatch(), 409, "received", OFFICE, Reassign, unit="water", **GO)


def test_the_office_reassigns_once_by_itself_and_then_by_a_leaders_word() -> None:
    case = CaseAtDispatch().assigned()
    case.do(OFFICE, Reassign, unit="east", **GO)
    second = {"leg_id": case.appeal.legs[1].leg_id, "unit": "water", **GO}
    refused(case, 422, "approver", OFFICE, Reassign, **second)
    refused(case, 403, "已改派过", OFFICE, Reassign, **second, approver="主任")
    case.do(OFFICE, Reassign, **second, approver="李副市长", rank="leader")
    relief = case.appeal.legs[1].relief
    assert relief is not None
    assert (relief.approver, relief.rank) == ("李副市长", "leader")


def test_a_case_found_complex_later_is_marked_and_no_unit_added() -> None:
    case = CaseAtDispatch().assigned()
    (event,) = case.do(OFFICE, AddMarks, marks=["inherited"], reason="涉及改制前遗留")
    assert isinstance(event, AppealMarked)
    assert event.marks == {Mark.INHERITED}
    assert (case.appeal.marks, len(case.appeal.legs)) == ({Mark.INHERITED}, 1)
    refused(case, 409, "marks", OFFICE, AddMarks, marks=["inherited"], reason="再次")
    refused(CaseAtDispatch(), 409, "received", OFFICE, AddMarks, marks=["inherited"], reason="未交办")


def test_what_is_handled_together_goes_to_the_same_unit() -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2).assigned("roads", "water")
    act = Reassign.model_validate(
        {"leg_id": lead.appeal.legs[0].leg_id, "unit": "east", "role": "lead", **GO}
    )
    repeated = merging.repeated_act(lead.appeal, act, follower.appeal, lead.rules)
    assert isinstance(repeated, Reassign)
    assert (repeated.leg_id, repeated.unit, repeated.role) == (follower.appeal.legs[0].leg_id, "east", None)
    other = act.model_copy(update={"unit": "water"})
    assert merging.repeated_act(lead.appeal, other, follower.appeal, lead.rules) is None
