"""亳政办〔2024〕8号 §3: what one and two missed dispatches bring, and the kinds that are lifted at once."""

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, natural_days


def test_a_silent_unit_gets_a_card_then_a_leader_then_a_supervision_notice():
    # Reply 03-05. Round 2 starts on the 6th: Monday 03-09. Lifted from the 10th, ten days: Friday 03-20.
    assert Story("bozhou-2024@2").dispatched("03-02 10:00").ruled() == [
        "03-03 24:00 overdue contact",
        "03-05 24:00 overdue reply",
        "03-05 24:00 card.issued reply",
        "03-05 24:00 redispatched overdue",
        "03-09 24:00 overdue reply",
        "03-09 24:00 lifted count",
        "03-20 24:00 overdue lifted",
        "03-20 24:00 supervised lifted",
    ]


def test_a_unit_that_replies_after_its_card_is_not_lifted_and_completion_clears_the_card():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").contacted("03-02 11:00")
    story.replied("03-09 10:00").completed("03-12 10:00")
    assert story.ruled() == [
        "03-05 24:00 overdue reply",
        "03-05 24:00 card.issued reply",
        "03-05 24:00 redispatched overdue",
        "03-12 10:00 card.cleared",
    ]


@pytest.mark.parametrize("mark", [Mark.CROSS_DEPARTMENT, Mark.CROSS_LEVEL, Mark.INHERITED])
def test_a_complex_problem_is_lifted_at_dispatch(mark: Mark):
    story = Story("bozhou-2024@2").dispatched("03-02 10:00", marks=[mark])
    assert story.ruled("03-02 12:00") == ["03-02 10:00 lifted kind"]


@pytest.mark.parametrize("mark", [Mark.LITIGATION, Mark.PETITION])
def test_a_matter_of_courts_or_petitions_is_never_lifted(mark: Mark):
    story = Story("bozhou-2024@2").dispatched("03-02 10:00", marks=[mark, Mark.INHERITED])
    assert "lifted" not in " ".join(story.ruled())


def test_the_leader_may_give_lifted_handling_another_time_and_signs_it_off():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00", marks=[Mark.INHERITED]).replied("03-02 11:00")
    story.did(acts.Instructed, "03-03 09:00", limit=natural_days(20))
    assert story.stands("03-04 09:00")[-1] == "lifted 03-23 24:00 open"  # 20 days after 03-03
    assert story.did(acts.SignedOff, "03-23 10:00").stands()[-1] == "lifted 03-23 24:00 met"


def test_a_reopened_appeal_is_dispatched_again_and_lifted_if_it_stays_silent():
    # Reopened Monday 03-16: round 2, three days -> Thursday 03-19.
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").completed("03-03 10:00")
    story.did(acts.Reopened, "03-16 10:00")
    assert story.ruled("03-20 12:00") == [
        "03-16 10:00 redispatched reopened",
        "03-19 24:00 overdue reply",
        "03-19 24:00 lifted count",
    ]


def test_every_lift_goes_to_the_leader_in_charge_of_the_unit():
    lifted = [
        Story("bozhou-2024@2").dispatched("03-02 10:00"),
        Story("bozhou-2024@2").dispatched("03-02 10:00", marks=[Mark.INHERITED]),
        Story("bozhou-2024@2").dispatched("03-02 10:00").did(acts.Refused, "03-02 11:00"),
        Story("bozhou-2024@2").dispatched("03-02 10:00").did(acts.LiftRequested, "03-02 11:00"),
    ]
    lifts = [next(e for e in story.judged().rulings if e.name == "appeal.lifted.v1") for story in lifted]
    assert [ruling.reason for ruling in lifts] == ["count", "kind", "refusal", "request"]
    assert {ruling.leader for ruling in lifts} == {"leader-of-town"}


def test_later_replies_and_lifted_handling_roll_too():
    # Sunday 03-01: reply 03-04; round 2 from the 5th: 03-08 is a Sunday, so 03-09.
    silent = Story("bozhou-2024@2").dispatched("03-01 10:00")
    assert "03-09 24:00 lifted count" in silent.ruled("03-10 12:00")
    # Wednesday 03-04: day 10 is Saturday 03-14, so 03-16.
    lifted = Story("bozhou-2024@2").dispatched("03-04 10:00", marks=[Mark.INHERITED])
    assert lifted.stands("03-04 12:00")[-1] == "lifted 03-16 24:00 open"


def test_each_part_is_reminded_of_at_three_quarters_of_its_time():
    # From 03-02 10:00 there are 38, 86 and 254 h to 24:00 of 03-03, 03-05, 03-12: 28.5, 64.5 and 190.5 h on.
    story = Story("bozhou-2024@2").dispatched(
        "03-02 10:00", marks=[Mark.INHERITED], limits={"completion": {"limit": natural_days(10)}}
    )
    story.replied("03-05 12:00")
    assert [line for line in story.ruled("03-11 12:00", reminders=True) if "due_soon" in line] == [
        "03-03 14:30 due_soon contact",
        "03-05 02:30 due_soon reply",
        "03-10 08:30 due_soon completion",
        "03-10 08:30 due_soon lifted",
    ]


def test_waiting_for_papers_stops_the_time_for_thirty_days_at_most():
    # Thirty days from 03-03 end at 04-02 24:00. 03-03 to 04-01 do not count; 04-02, 04-03, then Tomb-sweeping
    # 04-04 to 04-06: 04-07.
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").contacted("03-02 11:00")
    story.did(acts.Paused, "03-03 10:00")
    assert story.stands("04-02 23:00")[-1] == "reply suspended open"
    assert story.stands("04-03 01:00")[-1] == "reply 04-07 24:00 open"
