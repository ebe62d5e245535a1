"""庆阳若干措施（2023）§6: the ledger's limit, and level by level from county to province.

Sample settings: completion 10 working days, each level 15 natural days that roll.
"""

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, natural_days, working_days

QY = "qingyang-2023@2"


def test_an_unsolved_problem_climbs_through_three_levels_and_is_supervised_at_the_top():
    # 10 working days after Monday 03-02: 03-16. 15 days on: 03-31. Lifted at the start of 04-01: 04-16.
    # Lifted at the start of 04-17: 05-02, Labour Day to 05-05, so 05-06.
    story = Story(QY).received("03-02 09:00").dispatched("03-02 10:00")
    assert story.ruled() == [
        "03-16 17:30 overdue completion",
        "03-16 17:30 supervised completion",
        "03-16 17:30 lifted count county",
        "03-31 24:00 overdue lifted",
        "03-31 24:00 lifted level city",
        "04-16 24:00 overdue lifted",
        "04-16 24:00 lifted level province",
        "05-06 24:00 overdue lifted",
        "05-06 24:00 supervised lifted",
    ]


def test_each_level_has_its_leader():
    judged_rulings = Story(QY).received("03-02 09:00").dispatched("03-02 10:00").judged().rulings
    leaders = [ruling.leader for ruling in judged_rulings if ruling.name == "appeal.lifted.v1"]
    assert leaders == ["leader-of-town", "mayor", "province"]


def test_what_is_solved_at_the_county_goes_no_further():
    story = Story(QY).dispatched("03-02 10:00").completed("03-20 10:00")
    assert story.ruled("03-30 12:00")[-1] == "03-16 17:30 lifted count county"
    assert "lifted 03-31 24:00 met" in story.stands()


def test_a_problem_of_several_levels_is_lifted_at_dispatch():
    story = Story(QY).dispatched("03-02 10:00", marks=[Mark.CROSS_LEVEL])
    assert story.ruled("03-02 12:00") == ["03-02 10:00 lifted kind county"]


@pytest.mark.parametrize("mark", [Mark.CROSS_DEPARTMENT, Mark.INHERITED])
def test_a_problem_of_several_departments_stays_with_the_task_force(mark: Mark):
    assert Story(QY).dispatched("03-02 10:00", marks=[mark]).ruled("03-15 12:00") == []


def test_a_signed_request_brings_it_one_level_up_and_the_next_request_the_next():
    story = Story(QY).dispatched("03-02 10:00")
    for when in ("03-03 10:00", "03-04 10:00", "03-05 10:00", "03-06 10:00"):
        story.did(acts.LiftRequested, when)
    assert story.ruled("03-07 12:00") == [
        "03-03 10:00 lifted request county",
        "03-04 10:00 lifted request city",
        "03-05 10:00 lifted request province",
    ]


@pytest.mark.parametrize("mark", [Mark.LITIGATION, Mark.PETITION])
def test_a_matter_of_courts_or_petitions_is_supervised_and_not_lifted(mark: Mark):
    story = Story(QY).dispatched("03-02 10:00", marks=[mark, Mark.CROSS_LEVEL])
    assert story.ruled() == ["03-16 17:30 overdue completion", "03-16 17:30 supervised completion"]


def test_the_ledgers_limit_for_the_case_wins_over_the_usual_one():
    story = Story(QY).dispatched("03-02 10:00", limits={"completion": {"limit": working_days(3)}})
    assert story.stands("03-02 12:00") == ["completion 03-05 17:30 open"]


def test_a_leader_who_gives_more_time_puts_off_the_next_level():
    # Lifted 03-02; thirty days from the instruction of 03-05 end on Saturday 04-04, Tomb-sweeping to 04-06.
    story = Story(QY).dispatched("03-02 10:00", marks=[Mark.CROSS_LEVEL])
    limit = natural_days(30).model_copy(update={"roll": True})
    story.did(acts.Instructed, "03-05 10:00", limit=limit)
    assert story.ruled("04-08 12:00")[-2:] == ["04-07 24:00 overdue lifted", "04-07 24:00 lifted level city"]


def test_an_appeal_nobody_has_is_the_offices_own_miss():
    assert Story(QY).received("03-02 10:00").ruled() == [
        "03-03 17:30 overdue dispatch",
        "03-03 17:30 reminded dispatch",
    ]


def test_an_objection_or_a_dispatch_too_late_is_the_offices_miss_and_lifts_nothing():
    # Asked Monday 03-02; the office decides by 03-03.
    story = Story(QY).dispatched("03-02 10:00").did(acts.Objected, "03-02 15:00")
    assert story.ruled("03-10 12:00") == ["03-03 17:30 overdue objection", "03-03 17:30 reminded objection"]
    assert story.judged("03-10 12:00").rulings[-1].unit is None
