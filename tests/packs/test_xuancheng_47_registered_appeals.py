"""宣城行动方案（2024）§47, §7 and the safeguards.

Sample settings: dispatch 4 working hours, contact 1, completion 5, follow-up 5, lifted 10 working days.
"""

from shared.rules.judging import acts
from shared.rules.terms import Mark, Rank
from tests.packs.histories import Story, working_days

XC = "xuancheng-2024@2"


def test_the_loop_from_call_to_result_has_a_limit_for_each_part():
    # Monday 10:00 and 4 working hours: 2 to 12:00, 2 from 14:30. Completed 03-03, told by Tuesday 03-10.
    story = Story(XC).received("03-02 10:00").dispatched("03-02 16:30").contacted("03-03 17:30")
    story.completed("03-03 17:30").did(acts.FollowedUp, "03-10 17:30", reached=True)
    assert story.stands() == [
        "dispatch 03-02 16:30 met",
        "contact 03-03 17:30 met",
        "completion 03-09 17:30 met",
        "follow_up 03-10 17:30 met",
    ]
    assert story.ruled() == []


def test_a_missed_step_is_reminded_of_and_a_missed_end_is_supervised():
    assert Story(XC).received("03-02 10:00").dispatched("03-03 10:00").ruled() == [
        "03-02 16:30 overdue dispatch",
        "03-02 16:30 reminded dispatch",
        "03-04 17:30 overdue contact",
        "03-04 17:30 reminded contact",
        "03-10 17:30 overdue completion",
        "03-10 17:30 supervised completion",
    ]


def test_a_call_that_reached_nobody_is_no_follow_up_and_a_rating_is_one():
    story = Story(XC).received("03-02 10:00").dispatched("03-02 11:00").completed("03-03 10:00")
    story.did(acts.FollowedUp, "03-05 10:00", reached=False)
    assert story.ruled() == ["03-10 17:30 overdue follow_up", "03-10 17:30 reminded follow_up"]
    assert story.did(acts.Rated, "03-10 10:00").ruled() == []


def test_a_reopened_appeal_is_handled_and_followed_up_anew():
    # Reopened Monday 03-09: contact 03-10, completion 03-16; the old follow-up falls away.
    story = Story(XC).received("03-02 10:00").dispatched("03-02 11:00").completed("03-03 10:00")
    story.did(acts.Reopened, "03-09 10:00")
    assert story.stands("03-09 12:00")[-3:] == [
        "follow_up 03-10 17:30 void",
        "contact 03-10 17:30 open",
        "completion 03-16 17:30 open",
    ]


def test_what_belongs_elsewhere_is_referred_and_nothing_runs_on():
    story = Story(XC).received("03-02 10:00").did(acts.Referred, "03-02 15:00")
    assert story.stands() == ["dispatch 03-02 16:30 met"]
    assert story.judged().state == "referred"


def test_the_five_places_an_enterprise_may_be_guided_to():
    referral = Story(XC).pack.referral
    assert referral
    assert {place.title.zh for place in referral.destinations} == {
        "仲裁",
        "纪检监察",
        "行政复议",
        "司法程序",
        "信息公开",
    }


def test_closing_needs_the_finding_and_reopening_a_reasonable_one():
    rules = Story(XC).pack
    assert rules.closure
    assert rules.reopening
    assert "finding" in rules.closure.needs
    assert rules.reopening.finding


def test_the_unit_heads_request_brings_the_matter_to_the_leader_in_charge():
    # Lifted Wednesday 03-04: ten working days, 5, 6, 9 to 13, 16, 17, 18.
    story = (
        Story(XC).dispatched("03-02 10:00").contacted("03-02 11:00").did(acts.LiftRequested, "03-04 10:00")
    )
    assert story.ruled("03-05 10:00") == ["03-04 10:00 lifted request"]
    assert story.judged("03-05 10:00").rulings[-1].leader == "leader-of-town"
    assert story.stands("03-05 10:00")[-1] == "lifted 03-18 17:30 open"


def test_a_request_in_a_matter_of_petitions_lifts_nothing():
    story = Story(XC).dispatched("03-02 10:00", marks=[Mark.PETITION]).did(acts.LiftRequested, "03-04 10:00")
    assert "lifted" not in " ".join(story.ruled())


def test_two_extensions_and_no_third():
    # 5 working days end 03-09; 10 end 03-16; 15 end 03-23; the third is one too many.
    story = Story(XC).dispatched("03-02 10:00").contacted("03-02 11:00")
    for when, number, due in (
        ("03-06 10:00", 10, "03-16"),
        ("03-13 10:00", 15, "03-23"),
        ("03-20 10:00", 20, "03-23"),
    ):
        story.extended(when, "completion", working_days(number))
        assert story.stands(when)[-1] == f"completion {due} 17:30 open"


def test_an_objection_is_the_offices_to_decide_within_a_working_day():
    story = Story(XC).dispatched("03-02 10:00").contacted("03-02 11:00").did(acts.Objected, "03-02 15:00")
    assert story.ruled("03-04 10:00") == ["03-03 17:30 overdue objection", "03-03 17:30 reminded objection"]
    late = next(e for e in story.judged().rulings if e.name == "appeal.overdue.v1")
    assert (late.deadline, late.unit) == ("objection", None)


def test_lifted_handling_that_takes_too_long_is_supervised():
    story = (
        Story(XC).dispatched("03-02 10:00").contacted("03-02 11:00").did(acts.LiftRequested, "03-04 10:00")
    )
    assert story.ruled("03-20 10:00")[-2:] == ["03-18 17:30 overdue lifted", "03-18 17:30 supervised lifted"]


def test_an_extension_ends_at_the_cap_and_long_ones_are_the_leaders_to_approve():
    # After 03-02: 4, 20 to 04-03, 4 to 04-10 (04-06 is Tomb-sweeping), 04-13 and 04-14: 30 working days.
    story = Story(XC).dispatched("03-02 10:00").extended("03-06 10:00", "completion", working_days(40))
    assert story.stands("03-06 12:00")[-1] == "completion 04-14 17:30 open"
    extension = story.pack.extension
    assert extension
    assert [(story.pack.limit(step.up_to), step.rank) for step in extension.ranks] == [
        (working_days(10), Rank.OFFICE),
        (working_days(30), Rank.LEADER),
    ]
