"""XX市实施意见（2022）§19 and §20: clues.

Sample settings: transfer and response 5 working days, inquiry 30 and outcome 60 natural days that roll.
"""

from uuid import UUID

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story


def clue() -> Story:
    """At the hotline's desk since Monday 03-02: to be transferred by Monday 03-09."""
    return Story("xx-city-2022-clues@2", "clue").received("03-02 09:00").dispatched("03-02 10:00", "hotline")


def transferred() -> Story:
    return clue().reached("transferred", "03-05 10:00", unit="hotline")


def test_a_clue_that_lies_at_a_desk_goes_to_discipline_inspection_by_itself():
    # Outcome 60 natural days after 03-09: 05-08, a Friday.
    assert clue().ruled() == [
        "03-09 17:30 overdue transfer",
        "03-09 17:30 handed_over transfer discipline_inspection",
        "05-08 24:00 overdue outcome",
        "05-08 24:00 supervised outcome",
    ]


def test_a_clue_transferred_in_time_is_not_handed_over():
    assert "handed_over" not in " ".join(transferred().ruled())


def test_the_outcome_of_what_was_handed_over_is_a_finding():
    story = clue().did(acts.Found, "04-20 10:00")
    assert story.ruled() == [
        "03-09 17:30 overdue transfer",
        "03-09 17:30 handed_over transfer discipline_inspection",
    ]


def test_inquiry_follows_the_transfer_and_the_answer_follows_the_inquiry():
    # 30 days after 03-05: 04-04 is Tomb-sweeping to 04-06 -> 04-07. Inquired 03-30: five working days, 04-07.
    story = transferred().reached("inquired", "03-30 10:00", unit="hotline")
    assert story.stands("03-30 12:00") == [
        "transfer 03-09 17:30 met",
        "inquiry 04-07 24:00 met",
        "response 04-07 17:30 open",
    ]
    assert story.reached("told", "04-07 17:00", unit="hotline").ruled() == []


def test_an_inquiry_without_end_is_supervised():
    assert transferred().ruled() == ["04-07 24:00 overdue inquiry", "04-07 24:00 supervised inquiry"]


def test_a_clue_referred_to_the_police_leaves_the_ledger():
    story = clue().did(acts.Referred, "03-03 10:00")
    assert story.ruled() == []
    assert story.judged().state == "referred"


def test_who_brought_a_clue_is_not_asked_for_a_rating():
    closure = clue().pack.closure
    assert closure
    assert closure.needs == {"finding"}


@pytest.mark.parametrize("ids", [(1, 2), (2, 1)])
def test_stages_of_one_moment_are_reached_in_the_order_of_the_pack(ids):
    story = clue()
    for id_, stage in zip(ids, ("transferred", "inquired"), strict=True):
        story.did(acts.Reached, "03-05 10:00", unit="hotline", stage=stage, id=UUID(int=id_))
    assert "inquiry 04-07 24:00 met" in story.stands("04-10 12:00")
