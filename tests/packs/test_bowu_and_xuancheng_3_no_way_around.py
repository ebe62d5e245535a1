"""Version 3 of Bowu, Xuancheng and the limits set case by case: no state without a clock."""

from datetime import date

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story, loaded

BW, XC, APPROVAL = "bowu-2022", "xuancheng-2024", "xuancheng-2024-approval"


@pytest.mark.parametrize(
    ("pack_id", "due"),
    [(BW, "03-02 14:45"), ("bowu-2022-award", "03-02 14:45"), ("case-limits", "03-03 17:30")],
)
def test_what_nobody_dispatched_goes_up(pack_id: str, due: str):
    assert Story(pack_id).received("03-02 09:00").ruled("03-03 17:32")[:2] == [
        f"{due} overdue dispatch",
        f"{due} raised dispatch head",
    ]


def test_bowu_counts_from_the_notice_and_a_plan_is_no_approval():
    """3 working days of Monday's notice end on Thursday; the leader alone makes them longer."""
    story = Story(BW).received("03-02 10:00").dispatched("03-02 11:00")
    story.did(acts.Promised, "03-03 10:00", planned_on=date(2026, 3, 20))
    assert story.ruled("03-23 12:00") == [
        "03-05 17:30 overdue completion",
        "03-05 17:30 supervised completion",
        "03-20 24:00 overdue promise",
        "03-20 24:00 supervised promise",
    ]


def test_bowu_extends_what_is_major_or_complex():
    extension = loaded(BW).extension
    assert extension
    assert [ground.ground for ground in extension.grounds] == ["major", "complex"]
    assert [rank.rank for rank in extension.ranks] == ["leader"]


def test_an_award_that_no_department_was_given_a_share_of_is_done_in_two_days_each():
    story = Story("bowu-2022-award").received("03-02 09:00").dispatched("03-02 09:30", "finance", "commerce")
    assert story.stands("03-02 10:00") == [
        "dispatch 03-02 14:45 met",
        "approval 03-05 17:30 open",
        "completion 03-04 17:30 open",
        "completion 03-04 17:30 open",
    ]


def test_xuancheng_closes_the_loop():
    """The sample settings give five working days to follow up; closing takes three more."""
    done = Story(XC).received("03-02 09:00").dispatched("03-02 09:30").contacted("03-02 11:00")
    done.completed("03-05 10:00")
    assert done.ruled("03-12 18:00") == [
        "03-12 17:30 overdue follow_up",
        "03-12 17:30 raised follow_up head",
    ]
    heard = done.did(acts.FollowedUp, "03-06 10:00", reached=True)
    assert heard.ruled("03-11 18:00") == ["03-11 17:30 overdue closure", "03-11 17:30 raised closure head"]


def test_petitions_are_no_destination_in_xuancheng_and_its_lead_unit_may_guide():
    referral = loaded(XC).referral
    assert referral
    assert {place.to for place in referral.destinations} == {
        "arbitration",
        "discipline_inspection",
        "administrative_review",
        "courts",
        "information_disclosure",
    }
    assert set(referral.by) == {"office", "lead_unit"}


def test_a_case_without_a_limit_has_thirty_days():
    story = Story("case-limits").received("03-02 09:00").dispatched("03-02 09:30")
    assert story.ruled("05-31 12:00") == ["04-01 24:00 overdue completion"]
