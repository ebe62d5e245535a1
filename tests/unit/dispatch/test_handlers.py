"""What dispatch does about the events it hears."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from services.dispatch import acts
from services.dispatch.file import State
from services.dispatch.handlers import HANDLERS
from services.dispatch.store import Desk
from shared import events
from shared.events import Event, Rating
from tests.unit.dispatch.case import HOUR, MONDAY, OFFICE, Case

LATER = MONDAY + 5 * HOUR
OF_A_DEADLINE = {"leg_id": None, "unit": None, "round": 1, "deadline": "decision", "due_at": LATER}


def heard(*cases: Case) -> Desk:
    """A desk with these cases on it, a day after they came in. It writes nothing."""
    desk = Desk(cast(Any, None), MONDAY + timedelta(days=1))
    desk.files = {case.file.appeal_id: case.file for case in cases}
    return desk


def hear(desk: Desk, case: Case, type_: type[Event], **fields: Any) -> None:
    fields = {"occurred_at": LATER, **fields}
    HANDLERS[type_](desk, case.file.say(type_, fields.pop("occurred_at"), **fields))


def test_a_deemed_approval_ends_the_case_and_nothing_undoes_it() -> None:
    for state in (State.ASSIGNED, State.CLOSED):
        case = Case().assigned()
        case.file.state = state
        desk = heard(case)
        hear(desk, case, events.ApprovalDeemed, clause="§5", **OF_A_DEADLINE)
        assert case.file.state == State.APPROVED
        hear(desk, case, events.AppealWithdrawn, reason="撤回")
        assert case.file.state == State.APPROVED


def test_levels_and_hand_overs_are_kept() -> None:
    case = Case().assigned()
    desk = heard(case)
    lift = {"reason": "count", "leader": "li", "unit": "roads", "clause": "§6"}
    for level in ("county", "city"):
        hear(desk, case, events.AppealLifted, level=level, **lift)
    hear(desk, case, events.AppealHandedOver, to="discipline_inspection", clause="§19", **OF_A_DEADLINE)
    assert (case.file.lifted, case.file.level) == (True, "city")
    assert [one.to for one in case.file.handed_over] == ["discipline_inspection"]


@pytest.mark.parametrize(
    ("type_", "fields", "counts"),
    [
        (events.AppealRated, {"rating": Rating.SATISFIED}, True),
        (events.FollowUpMade, {"reached": True}, True),
        (events.FollowUpMade, {"reached": False}, False),
    ],
)
def test_an_enterprise_is_heard_until_its_appeal_is_reopened(
    type_: type[Event], fields: dict[str, Any], counts: bool
) -> None:
    case = Case().assigned()
    desk = heard(case)
    hear(desk, case, type_, **fields)
    assert (case.file.heard_at is not None) is counts
    hear(desk, case, events.AppealReopened, reason="未解决")
    assert case.file.heard_at is None


def test_how_deadlines_stand_makes_no_new_version() -> None:
    case = Case().assigned()
    desk, version = heard(case), case.file.version
    hear(desk, case, events.AppealJudged, state="dispatched", deadlines=())
    assert case.file.version == version


def merged(desk: Desk, follower: Case, lead: Case, at: Any = LATER) -> None:
    fields = {"lead": lead.file.appeal_id, "lead_number": lead.file.registration_number}
    hear(desk, follower, events.AppealMerged, occurred_at=at, **fields)


def test_a_merged_case_no_unit_has_gets_the_units_of_its_lead() -> None:
    lead, follower = Case().assigned("roads", "water"), Case(number=2)
    desk = heard(lead, follower)
    merged(desk, follower, lead)
    (said,) = [one.event for one in desk.pending]
    assert isinstance(said, events.AppealAssigned)
    assert (said.appeal_id, [leg.unit for leg in said.legs]) == (follower.file.appeal_id, ["roads", "water"])
    assert said.legs[0].unit_name == "市交通局"
    assert said.legs[0].leader == "li"
    assert said.occurred_at == desk.at  # no sooner: watermarks have passed the merge
    assert follower.file.state == State.ASSIGNED
    assert lead.file.followed_by == [follower.file.appeal_id]


def test_it_is_dispatched_no_sooner_than_it_was_merged() -> None:
    lead, follower = Case().assigned(), Case(number=2)
    desk = heard(lead, follower)
    merged(desk, follower, lead, desk.at + HOUR)
    assert desk.pending[0].event.occurred_at == desk.at + HOUR


def test_a_merge_into_a_case_not_heard_of_is_kept_for_later() -> None:
    lead, follower = Case(), Case(number=2)
    desk = heard(follower)
    merged(desk, follower, lead)
    assert follower.file.follows(lead.file.appeal_id, LATER)
    assert desk.pending == []
    desk.files[lead.file.appeal_id] = lead.assigned().file
    desk.join(lead.file, follower.file, LATER, "office")
    assert follower.file.state == State.ASSIGNED


def test_an_unmerged_case_follows_no_longer() -> None:
    lead, follower = Case().assigned(), Case(number=2)
    desk = heard(lead, follower)
    merged(desk, follower, lead)
    fields = {"lead": lead.file.appeal_id, "lead_number": "N", "occurred_at": LATER + HOUR}
    hear(desk, follower, events.AppealUnmerged, **fields)
    assert follower.file.follows(lead.file.appeal_id, LATER)
    assert not follower.file.follows(lead.file.appeal_id, LATER + HOUR)


def test_a_merge_needs_both_cases_and_deadlines_need_none() -> None:
    case, lead = Case(), UUID(int=9)
    desk = heard()
    merge = case.file.say(events.AppealMerged, LATER, lead=lead, lead_number="N")
    judged = case.file.say(events.AppealJudged, LATER, state="registered", deadlines=())
    rated = case.file.say(events.AppealRated, LATER, rating=Rating.SATISFIED)
    assert set(desk.keys_of(merge)) == {case.file.appeal_id, lead}
    assert set(desk.keys_of(judged)) == set()
    assert set(desk.keys_of(rated)) == {case.file.appeal_id}


def test_an_act_on_the_lead_reaches_those_that_follow_it_then() -> None:
    lead, follower, other = Case(), Case(number=2), Case(number=3)
    desk = heard(lead, follower, other)
    merged(desk, follower, lead)
    desk.pending.clear()
    act = acts.Assign.model_validate({"legs": [{"unit": "roads"}]})
    desk.perform(lead.file.appeal_id, act, LATER - HOUR, lead.given(OFFICE))
    assert [one.event.appeal_id for one in desk.pending] == [lead.file.appeal_id]  # not merged yet

    reply = acts.Reply.model_validate({"leg_id": lead.file.legs[0].leg_id, "text": "正在办理"})
    desk.join(lead.file, follower.file, LATER, "office")
    desk.pending.clear()
    desk.perform(lead.file.appeal_id, reply, LATER + HOUR, lead.given(OFFICE))
    said = [(one.event.type, one.event.appeal_id) for one in desk.pending]
    assert said == [
        ("appeal.responded.v1", lead.file.appeal_id),
        ("appeal.responded.v1", follower.file.appeal_id),
    ]
