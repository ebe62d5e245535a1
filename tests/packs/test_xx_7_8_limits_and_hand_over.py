"""XX市实施意见（2022）§7, §8 and the safeguards. Sample settings: 1, 7, 3 and 5 working days."""

from shared.rules.judging import acts
from tests.packs.histories import Story

XX = "xx-city-2022@2"


def test_after_a_talk_and_a_second_miss_it_goes_to_discipline_inspection():
    # 7 working days after Monday 03-02: 3 to 6, 9 to 11. Round 2 from 03-11: 12, 13, 16; contact again 03-12.
    story = Story(XX).received("03-02 09:00").dispatched("03-02 10:00").contacted("03-03 10:00")
    assert story.ruled() == [
        "03-11 17:30 overdue completion",
        "03-11 17:30 supervised completion",
        "03-11 17:30 redispatched overdue",
        "03-12 17:30 overdue contact",
        "03-12 17:30 reminded contact",
        "03-16 17:30 overdue completion",
        "03-16 17:30 handed_over completion discipline_inspection",
    ]


def test_a_unit_that_does_its_work_after_the_talk_is_not_handed_over():
    story = Story(XX).dispatched("03-02 10:00").contacted("03-03 10:00").completed("03-12 17:30")
    story.did(acts.Rated, "03-13 10:00")
    assert story.ruled()[-1] == "03-11 17:30 redispatched overdue"


def test_a_case_handed_over_is_still_the_units_to_complete():
    story = Story(XX).dispatched("03-02 10:00").completed("03-20 10:00")
    assert story.judged("03-17 10:00").state == "dispatched"
    assert story.judged("03-20 10:00").state == "completed"


def test_all_that_is_needed_is_told_in_a_working_day():
    story = Story(XX).dispatched("03-02 10:00")
    assert story.ruled("03-04 10:00") == ["03-03 17:30 overdue contact", "03-03 17:30 reminded contact"]
    assert Story(XX).dispatched("03-02 10:00").contacted("03-03 17:30").ruled("03-04 10:00") == []


def test_who_gives_no_verdict_is_asked_for_one():
    # Completed Thursday 03-05: five working days, 03-12.
    story = Story(XX).dispatched("03-02 10:00").contacted("03-02 11:00").completed("03-05 10:00")
    assert story.ruled() == ["03-12 17:30 overdue follow_up", "03-12 17:30 reminded follow_up"]
    assert story.did(acts.Rated, "03-12 17:00").ruled() == []


def test_there_is_no_card_and_no_lift():
    story = Story(XX).dispatched("03-02 10:00").did(acts.Refused, "03-02 11:00")
    story.did(acts.LiftRequested, "03-02 12:00")
    assert not {"card.issued", "lifted"} & {line.split()[2] for line in story.ruled()}
