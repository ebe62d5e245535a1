"""What an act on the lead is for the appeals that are handled with it."""

from uuid import UUID

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.base import LegAct
from services.dispatch.acts.office import DecideObjection
from services.dispatch.acts.units import Complete, Contact, Object, Reply
from services.dispatch.document import AppealState, MergeRecord
from services.dispatch.domain import merging
from shared.rules.pack.desks import Shared
from shared.states import LegState
from tests.unit.dispatch.case import HOUR, LADDER, MONDAY, OFFICE, PLAIN, ROADS, CaseAtDispatch, refused

REPLY = {"text": "正在办理"}
DONE = {"outcome": "solved", "text": "已修复"}


def act(case: CaseAtDispatch, kind: type[LegAct], leg: int = 0, **body: object) -> LegAct:
    return kind.model_validate({"leg_id": case.appeal.legs[leg].leg_id, **body})


@pytest.mark.parametrize(("kind", "body"), [(Reply, REPLY), (Complete, DONE)])
def test_what_is_shared_is_done_on_the_leg_of_the_same_unit(kind: type[LegAct], body: dict[str, str]) -> None:
    lead, follower = (
        CaseAtDispatch().assigned("roads", "water"),
        CaseAtDispatch(number=2).assigned("water", "roads"),
    )
    act_of_lead = act(lead, kind, **body)
    shared = merging.repeated_act(lead.appeal, act_of_lead, follower.appeal, LADDER)
    assert shared == act_of_lead.model_copy(update={"leg_id": follower.appeal.legs[1].leg_id})


def test_contact_and_what_the_pack_does_not_share_are_each_one_s_own() -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2).assigned()
    reply, completion = act(lead, Reply, **REPLY), act(lead, Complete, **DONE)
    contact = act(lead, Contact, how="电话")
    shares = LADDER.merging.model_copy(update={"shares": frozenset({Shared.COMPLETION})})
    some = LADDER.model_copy(update={"merging": shares})
    assert merging.repeated_act(lead.appeal, contact, follower.appeal, LADDER) is None
    assert merging.repeated_act(lead.appeal, reply, follower.appeal, some) is None
    assert merging.repeated_act(lead.appeal, completion, follower.appeal, some) is not None
    assert merging.repeated_act(lead.appeal, completion, follower.appeal, PLAIN) is None


@pytest.mark.parametrize("state", [LegState.COMPLETED, LegState.ENDED])
def test_a_leg_that_is_not_at_work_gets_nothing(state: LegState) -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2).assigned()
    follower.appeal.legs[0].state = state
    assert merging.repeated_act(lead.appeal, act(lead, Reply, **REPLY), follower.appeal, LADDER) is None


@pytest.mark.parametrize(
    "state", [AppealState.CLOSED, AppealState.WITHDRAWN, AppealState.REFERRED, AppealState.APPROVED]
)
def test_an_ended_follower_gets_nothing(state: AppealState) -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2).assigned()
    follower.appeal.state = state
    assert merging.repeated_act(lead.appeal, act(lead, Reply, **REPLY), follower.appeal, LADDER) is None
    follower.appeal.legs = []
    assert merging.joining_act(lead.appeal, follower.appeal) is None


def test_a_follower_no_unit_has_joins_the_units_of_its_lead_without_its_own_limits() -> None:
    own = {"completion": {"limit": {"number": 1, "unit": "months"}}}
    lead, follower = CaseAtDispatch(), CaseAtDispatch(number=2)
    legs = [{"unit": "roads", "limits": own}, {"unit": "water", "role": "assist"}]
    lead.do(OFFICE, Assign, legs=legs, marks=["inherited"])
    joined = merging.joining_act(lead.appeal, follower.appeal)
    assert joined is not None
    assert [(leg.unit, leg.role, leg.limits) for leg in joined.legs] == [
        ("roads", "lead", {}),
        ("water", "assist", {}),
    ]
    assert joined.marks == {"inherited"}
    assert {unit.name for unit in merging.units_of(lead.appeal).values()} == {"市交通局", "市水务局"}
    assert Assign.model_validate_json(joined.model_dump_json()) == joined


def test_nobody_joins_where_a_unit_is_at_work_or_none_leads() -> None:
    lead = CaseAtDispatch().assigned("roads", "water")
    assert merging.joining_act(lead.appeal, CaseAtDispatch(number=2).assigned("east").appeal) is None
    assert merging.joining_act(CaseAtDispatch().appeal, CaseAtDispatch(number=2).appeal) is None
    lead.do(ROADS, Object, reason="不归我管")
    lead.do(OFFICE, DecideObjection, upheld=True, reason="确实")
    assert merging.joining_act(lead.appeal, CaseAtDispatch(number=2).appeal) is None


def test_a_follower_follows_from_the_merge_to_the_unmerge() -> None:
    follower = CaseAtDispatch(number=2).appeal
    lead = UUID(int=1)
    follower.merges = [MergeRecord(lead=lead, lead_number="N", merged_at=MONDAY, unmerged_at=MONDAY + HOUR)]
    assert not follower.follows(lead, MONDAY - HOUR)
    assert follower.follows(lead, MONDAY)
    assert not follower.follows(lead, MONDAY + HOUR)
    assert not follower.follows(UUID(int=3), MONDAY)


def test_what_is_passed_on_says_so_and_the_follower_is_contacted_by_itself_even_when_completed() -> None:
    follower = CaseAtDispatch(number=2).assigned()
    repeated = merging.passed_on(follower.do(ROADS, Complete, **DONE))
    assert [event.model_dump()["passed_on"] for event in repeated] == [True]
    (own,) = CaseAtDispatch(number=3).assigned().do(ROADS, Complete, **DONE)
    assert "passed_on" not in own.model_dump_json()  # written down as ever
    assert follower.do(ROADS, Contact, how="电话")
    refused(follower, 409, "completed", ROADS, Contact, how="电话")
