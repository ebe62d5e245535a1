"""亳政办〔2024〕8号 §3: two legs, contact in 1 day, reply in 3."""

import pytest

from tests.packs.histories import Story


def test_each_leg_has_its_own_clocks_and_its_own_card():
    # Monday 03-02: contact Tuesday 03-03, reply Thursday 03-05. The bureau is in time, the town silent.
    story = Story("bozhou-2024@2").dispatched("03-02 10:00", "town", "bureau")
    story.contacted("03-03 09:00", "bureau").replied("03-05 17:00", "bureau").completed(
        "03-06 09:00", "bureau"
    )
    judged = story.judged("03-06 12:00")
    assert [(d.unit, d.kind, d.verdict) for d in judged.deadlines[:4]] == [
        ("town", "contact", "overdue"),
        ("town", "reply", "overdue"),
        ("bureau", "contact", "met"),
        ("bureau", "reply", "met"),
    ]
    assert [e.unit for e in judged.rulings if e.name == "card.issued.v1"] == ["town"]


@pytest.mark.parametrize(
    ("dispatched", "contact", "reply"),
    [
        ("03-02 00:00", "03-03 24:00", "03-05 24:00"),  # the day itself does not count, from its first minute
        ("03-02 23:59", "03-03 24:00", "03-05 24:00"),
        ("03-05 10:00", "03-06 24:00", "03-09 24:00"),  # Thursday: contact Friday; day 3 is Sunday, so Monday
        ("03-06 10:00", "03-09 24:00", "03-09 24:00"),  # Friday: Saturday rolls to Monday, day 3 is Monday
        (
            "02-13 10:00",
            "02-14 24:00",
            "02-24 24:00",
        ),  # 02-14 is worked; day 3, 02-16, is Spring Festival to 02-23
        ("09-30 10:00", "10-08 24:00", "10-08 24:00"),  # National Day 10-01 to 10-07
    ],
)
def test_contact_is_due_in_one_day_and_reply_in_three(dispatched: str, contact: str, reply: str):
    story = Story("bozhou-2024@2").dispatched(dispatched)
    assert story.stands(dispatched) == [f"contact {contact} open", f"reply {reply} open"]


def test_a_first_call_that_is_late_is_counted_and_has_no_card():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00").replied("03-04 10:00")
    assert story.ruled() == ["03-03 24:00 overdue contact"]
    assert story.judged().cards == 0


def test_a_reply_at_24_00_of_the_third_day_is_in_time_and_a_minute_later_is_not():
    for replied, cards in (("03-05 24:00", 0), ("03-06 00:01", 1)):
        story = Story("bozhou-2024@2").dispatched("03-02 10:00").contacted("03-02 11:00").replied(replied)
        assert story.judged("03-06 12:00").cards == cards
