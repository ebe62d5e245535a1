"""What an act on the lead is for the appeals that are handled with it."""

from uuid import UUID

import pytest

from services.dispatch import acts, merging
from services.dispatch.file import LegState, Merge, State
from shared.rules.pack.desks import Shared
from tests.unit.dispatch.case import HOUR, LADDER, MONDAY, OFFICE, PLAIN, ROADS, Case

REPLY = {"text": "正在办理"}
DONE = {"outcome": "solved", "text": "已修复"}


def act(case: Case, kind: type[acts.LegAct], leg: int = 0, **body: object) -> acts.LegAct:
    return kind.model_validate({"leg_id": case.file.legs[leg].leg_id, **body})


@pytest.mark.parametrize(("kind", "body"), [(acts.Reply, REPLY), (acts.Complete, DONE)])
def test_what_is_shared_is_done_on_the_leg_of_the_same_unit(
    kind: type[acts.LegAct], body: dict[str, str]
) -> None:
    lead, follower = Case().assigned("roads", "water"), Case(number=2).assigned("water", "roads")
    done = act(lead, kind, **body)
    shared = merging.repeated(lead.file, done, follower.file, LADDER)
    assert shared == done.model_copy(update={"leg_id": follower.file.legs[1].leg_id})


def test_contact_and_what_the_pack_does_not_share_are_each_one_s_own() -> None:
    lead, follower = Case().assigned(), Case(number=2).assigned()
    reply, done = act(lead, acts.Reply, **REPLY), act(lead, acts.Complete, **DONE)
    contact = act(lead, acts.Contact, how="电话")
    shares = LADDER.merging.model_copy(update={"shares": frozenset({Shared.COMPLETION})})
    some = LADDER.model_copy(update={"merging": shares})
    assert merging.repeated(lead.file, contact, follower.file, LADDER) is None
    assert merging.repeated(lead.file, reply, follower.file, some) is None
    assert merging.repeated(lead.file, done, follower.file, some) is not None
    assert merging.repeated(lead.file, done, follower.file, PLAIN) is None


@pytest.mark.parametrize("state", [LegState.COMPLETED, LegState.ENDED])
def test_a_leg_that_is_not_at_work_gets_nothing(state: LegState) -> None:
    lead, follower = Case().assigned(), Case(number=2).assigned()
    follower.file.legs[0].state = state
    assert merging.repeated(lead.file, act(lead, acts.Reply, **REPLY), follower.file, LADDER) is None


@pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN, State.REFERRED, State.APPROVED])
def test_an_ended_follower_gets_nothing(state: State) -> None:
    lead, follower = Case().assigned(), Case(number=2).assigned()
    follower.file.state = state
    assert merging.repeated(lead.file, act(lead, acts.Reply, **REPLY), follower.file, LADDER) is None
    follower.file.legs = []
    assert merging.joining(lead.file, follower.file) is None


def test_a_follower_no_unit_has_joins_the_units_of_its_lead_without_its_own_limits() -> None:
    own = {"completion": {"limit": {"number": 1, "unit": "months"}}}
    lead, follower = Case(), Case(number=2)
    legs = [{"unit": "roads", "limits": own}, {"unit": "water", "role": "assist"}]
    lead.do(OFFICE, acts.Assign, legs=legs, marks=["inherited"])
    joined = merging.joining(lead.file, follower.file)
    assert joined is not None
    assert [(leg.unit, leg.role, leg.limits) for leg in joined.legs] == [
        ("roads", "lead", {}),
        ("water", "assist", {}),
    ]
    assert joined.marks == {"inherited"}
    assert {unit.name for unit in merging.units_of(lead.file).values()} == {"市交通局", "市水务局"}
    assert acts.Assign.model_validate_json(joined.model_dump_json()) == joined


def test_nobody_joins_where_a_unit_is_at_work_or_none_leads() -> None:
    lead = Case().assigned("roads", "water")
    assert merging.joining(lead.file, Case(number=2).assigned("east").file) is None
    assert merging.joining(Case().file, Case(number=2).file) is None
    lead.do(ROADS, acts.Object, reason="不归我管")
    lead.do(OFFICE, acts.DecideObjection, upheld=True, reason="确实")
    assert merging.joining(lead.file, Case(number=2).file) is None


def test_a_follower_follows_from_the_merge_to_the_unmerge() -> None:
    file = Case(number=2).file
    lead = UUID(int=1)
    file.merges = [Merge(lead=lead, lead_number="N", merged_at=MONDAY, unmerged_at=MONDAY + HOUR)]
    assert not file.follows(lead, MONDAY - HOUR)
    assert file.follows(lead, MONDAY)
    assert not file.follows(lead, MONDAY + HOUR)
    assert not file.follows(UUID(int=3), MONDAY)
