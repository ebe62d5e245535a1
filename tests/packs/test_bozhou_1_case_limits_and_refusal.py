"""亳政办〔2024〕8号 §1: a time set for the case, and a "no" that lifts. 2026-03-02 is a Monday."""

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, natural_days


def test_the_time_set_for_the_case_is_the_time_for_completion():
    # Ten natural days after 03-02: 03-12. The second dispatch starts on the 13th: ten days on, 03-23.
    story = Story("bozhou-2024@2").dispatched(
        "03-02 10:00", limits={"completion": {"limit": natural_days(10)}}
    )
    story.contacted("03-02 11:00").replied("03-03 10:00")
    assert story.ruled("03-13 12:00") == [
        "03-12 24:00 overdue completion",
        "03-12 24:00 card.issued completion",
        "03-12 24:00 redispatched overdue",
    ]
    assert story.stands("03-13 12:00")[-1] == "completion 03-23 24:00 open"
    story.replied("03-13 13:00")
    assert story.ruled("03-24 12:00")[3:] == ["03-23 24:00 overdue completion", "03-23 24:00 lifted count"]


def test_without_a_time_set_no_completion_is_ever_late():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").contacted("03-02 11:00").replied("03-03 10:00")
    assert story.ruled() == []


def test_a_no_is_lifted_at_once():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").replied("03-02 11:00")
    story.did(acts.Refused, "03-03 15:00")
    judged = story.judged("03-04 12:00")
    assert story.ruled("03-04 12:00") == ["03-03 15:00 lifted refusal"]
    assert judged.rulings[0].leader == "leader-of-town"
    assert judged.rulings[0].clause == "亳政办〔2024〕8号 §1"


def test_a_no_in_a_matter_before_the_courts_is_not_lifted():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00", marks=[Mark.LITIGATION]).replied("03-02 11:00")
    assert story.did(acts.Refused, "03-03 15:00").ruled() == []
