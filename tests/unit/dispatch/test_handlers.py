"""What dispatch does about the events it hears."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.units import Reply
from services.dispatch.document import AppealState
from services.dispatch.handlers import HANDLERS
from services.dispatch.work import Work
from shared import events
from shared.events import Event, Rating
from tests.unit.dispatch.case import HOUR, MONDAY, OFFICE, CaseAtDispatch

LATER = MONDAY + 5 * HOUR
OF_A_DEADLINE = {"leg_id": None, "unit": None, "round": 1, "deadline": "decision", "due_at": LATER}


def heard(*cases: CaseAtDispatch) -> Work:
    """A work with these cases on it, a day after they came in. It writes nothing."""
    work = Work(cast(Any, None), MONDAY + timedelta(days=1))
    work.appeals = {case.appeal.appeal_id: case.appeal for case in cases}
    return work


def hear(work: Work, case: CaseAtDispatch, type_: type[Event], **fields: Any) -> None:
    fields = {"occurred_at": LATER, **fields}
    HANDLERS[type_](work, case.appeal.event(type_, fields.pop("occurred_at"), **fields))


def test_a_deemed_approval_ends_the_case_and_nothing_undoes_it() -> None:
    for state in (AppealState.ASSIGNED, AppealState.CLOSED):
        case = CaseAtDispatch().assigned()
        case.appeal.state = state
        work = heard(case)
        hear(work, case, events.ApprovalDeemed, clause="§5", **OF_A_DEADLINE)
        assert case.appeal.state == AppealState.APPROVED
        hear(work, case, events.AppealWithdrawn, reason="撤回")
        assert case.appeal.state == AppealState.APPROVED


def test_levels_and_hand_overs_are_kept() -> None:
    case = CaseAtDispatch().assigned()
    work = heard(case)
    lift = {"reason": "count", "leader": "li", "unit": "roads", "clause": "§6"}
    for level in ("county", "city"):
        hear(work, case, events.AppealLifted, level=level, **lift)
    hear(work, case, events.AppealHandedOver, to="discipline_inspection", clause="§19", **OF_A_DEADLINE)
    assert (case.appeal.lifted, case.appeal.level) == (True, "city")
    assert [hand_over.to for hand_over in case.appeal.handed_over] == ["discipline_inspection"]


def test_a_further_lift_takes_another_sign_off() -> None:
    case = CaseAtDispatch().assigned()
    work, lift = heard(case), {"reason": "count", "leader": "li", "unit": "roads", "clause": "§6"}
    hear(work, case, events.AppealLifted, **lift)
    hear(work, case, events.AppealSignedOff, leader="li")
    assert case.appeal.signed_off
    hear(work, case, events.AppealLifted, **lift)
    assert not case.appeal.signed_off


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
    case = CaseAtDispatch().assigned()
    work = heard(case)
    hear(work, case, type_, **fields)
    assert (case.appeal.heard_at is not None) is counts
    assert (case.appeal.missed_at is None) is counts
    hear(work, case, events.AppealReopened, reason="未解决")
    assert (case.appeal.heard_at, case.appeal.missed_at) == (None, None)


def test_how_deadlines_stand_makes_no_new_version() -> None:
    case = CaseAtDispatch().assigned()
    work, version = heard(case), case.appeal.version
    hear(work, case, events.AppealJudged, state="dispatched", deadlines=())
    assert case.appeal.version == version


def merged(work: Work, follower: CaseAtDispatch, lead: CaseAtDispatch, at: Any = LATER) -> None:
    fields = {"lead": lead.appeal.appeal_id, "lead_number": lead.appeal.registration_number}
    hear(work, follower, events.AppealMerged, occurred_at=at, **fields)


def test_a_merged_case_no_unit_has_gets_the_units_of_its_lead() -> None:
    lead, follower = CaseAtDispatch().assigned("roads", "water"), CaseAtDispatch(number=2)
    work = heard(lead, follower)
    merged(work, follower, lead)
    (event,) = [pending.event for pending in work.pending]
    assert isinstance(event, events.AppealAssigned)
    assert (event.appeal_id, [leg.unit for leg in event.legs]) == (
        follower.appeal.appeal_id,
        ["roads", "water"],
    )
    assert event.legs[0].unit_name == "市交通局"
    assert event.legs[0].leader == "li"
    assert event.occurred_at == work.at  # no sooner: watermarks have passed the merge
    assert follower.appeal.state == AppealState.ASSIGNED
    assert lead.appeal.followed_by == [follower.appeal.appeal_id]


def test_it_is_dispatched_no_sooner_than_it_was_merged() -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2)
    work = heard(lead, follower)
    merged(work, follower, lead, work.at + HOUR)
    assert work.pending[0].event.occurred_at == work.at + HOUR


def test_a_merge_into_a_case_not_heard_of_is_kept_for_later() -> None:
    lead, follower = CaseAtDispatch(), CaseAtDispatch(number=2)
    work = heard(follower)
    merged(work, follower, lead)
    assert follower.appeal.follows(lead.appeal.appeal_id, LATER)
    assert work.pending == []
    work.appeals[lead.appeal.appeal_id] = lead.assigned().appeal
    work.join(lead.appeal, follower.appeal, LATER, "office")
    assert follower.appeal.state == AppealState.ASSIGNED


def test_an_unmerged_case_follows_no_longer() -> None:
    lead, follower = CaseAtDispatch().assigned(), CaseAtDispatch(number=2)
    work = heard(lead, follower)
    merged(work, follower, lead)
    fields = {"lead": lead.appeal.appeal_id, "lead_number": "N", "occurred_at": LATER + HOUR}
    hear(work, follower, events.AppealUnmerged, **fields)
    assert follower.appeal.follows(lead.appeal.appeal_id, LATER)
    assert not follower.appeal.follows(lead.appeal.appeal_id, LATER + HOUR)


def test_a_merge_needs_both_cases_and_deadlines_need_none() -> None:
    case, lead = CaseAtDispatch(), UUID(int=9)
    work = heard()
    merge = case.appeal.event(events.AppealMerged, LATER, lead=lead, lead_number="N")
    judged = case.appeal.event(events.AppealJudged, LATER, state="registered", deadlines=())
    rated = case.appeal.event(events.AppealRated, LATER, rating=Rating.SATISFIED)
    assert set(work.keys_of(merge)) == {case.appeal.appeal_id, lead}
    assert set(work.keys_of(judged)) == set()
    assert set(work.keys_of(rated)) == {case.appeal.appeal_id}


def test_an_act_on_the_lead_reaches_those_that_follow_it_then() -> None:
    lead, follower, other = CaseAtDispatch(), CaseAtDispatch(number=2), CaseAtDispatch(number=3)
    work = heard(lead, follower, other)
    merged(work, follower, lead)
    work.pending.clear()
    act = Assign.model_validate({"legs": [{"unit": "roads"}]})
    work.perform(lead.appeal.appeal_id, act, lead.context(OFFICE, LATER - HOUR))
    assert [pending.event.appeal_id for pending in work.pending] == [lead.appeal.appeal_id]  # not merged yet

    reply = Reply.model_validate({"leg_id": lead.appeal.legs[0].leg_id, "text": "正在办理"})
    work.join(lead.appeal, follower.appeal, LATER, "office")
    work.pending.clear()
    work.perform(lead.appeal.appeal_id, reply, lead.context(OFFICE, LATER + HOUR))
    assert [(pending.event.type, pending.event.appeal_id) for pending in work.pending] == [
        ("appeal.responded.v1", lead.appeal.appeal_id),
        ("appeal.responded.v1", follower.appeal.appeal_id),
    ]
