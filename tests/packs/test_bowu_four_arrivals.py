"""亳芜十条举措（2022）“四到”服务: half a working day, three working days, at most thirty."""

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Rank
from tests.packs.histories import Story, working_days


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("03-02 10:00", "03-02 15:45"),  # 120 min to 12:00, 75 from 14:30
        ("03-06 17:00", "03-09 11:15"),  # Friday: 30 min, then 165 from Monday 08:30
        ("03-07 10:00", "03-09 11:45"),  # Saturday: 195 from Monday 08:30
        ("02-14 17:00", "02-24 11:15"),  # a Saturday that is worked; then Spring Festival to 02-23
    ],
)
def test_an_appeal_is_handed_on_within_half_a_working_day(received: str, due: str):
    assert Story("bowu-2022@2").received(received).stands(received) == [f"dispatch {due} open"]


@pytest.mark.parametrize(
    ("dispatched", "due"),
    [
        ("02-13 10:00", "02-25 17:30"),  # 02-14 worked; Spring Festival 02-15 to 02-23; 02-24; 02-25
        ("09-30 10:00", "10-10 17:30"),  # National Day to 10-07; 10-08, 10-09, and 10-10, a make-up Saturday
        ("03-02 10:00", "03-05 17:30"),
    ],
)
def test_it_is_completed_within_three_working_days_of_dispatch(dispatched: str, due: str):
    story = Story("bowu-2022@2").received(dispatched).dispatched(dispatched)
    assert story.stands(dispatched)[-1] == f"completion {due} open"


def test_what_is_late_is_supervised_and_nothing_else():
    assert Story("bowu-2022@2").received("03-02 10:00").dispatched("03-03 10:00").ruled() == [
        "03-02 15:45 overdue dispatch",
        "03-02 15:45 supervised dispatch",
        "03-06 17:30 overdue completion",
        "03-06 17:30 supervised completion",
    ]


def test_a_hard_matter_gets_up_to_thirty_working_days_from_dispatch():
    # After 03-02: 4 to 03-06, 20 to 04-03, 4 to 04-10 (04-06 is Tomb-sweeping), 04-13 and 04-14: 30.
    story = (
        Story("bowu-2022@2").dispatched("03-02 10:00").extended("03-04 10:00", "completion", working_days(30))
    )
    assert story.stands("03-04 12:00") == ["completion 04-14 17:30 open"]
    longer = (
        Story("bowu-2022@2").dispatched("03-02 10:00").extended("03-04 10:00", "completion", working_days(40))
    )
    assert longer.stands("03-04 12:00") == ["completion 04-14 17:30 open"]


def test_an_extension_after_the_time_is_over_changes_nothing():
    story = (
        Story("bowu-2022@2").dispatched("03-02 10:00").extended("03-06 10:00", "completion", working_days(30))
    )
    assert story.stands() == ["completion 03-05 17:30 overdue"]


def test_the_leader_in_charge_approves_every_extension():
    extension = Story("bowu-2022@2").pack.extension
    assert extension
    assert [(step.up_to, step.rank) for step in extension.ranks] == [(working_days(30), Rank.LEADER)]


def test_both_parts_are_reminded_of_at_three_quarters_of_their_time():
    # Of 195 office minutes 146.25, 120 of them before noon. Of 1,410, 240 on Monday, 1,057.5.
    story = Story("bowu-2022@2").received("03-02 10:00")
    assert story.ruled("03-02 15:00", reminders=True) == ["03-02 14:57 due_soon dispatch"]
    story.dispatched("03-02 11:00")
    assert story.ruled("03-05 12:00", reminders=True) == ["03-05 09:08 due_soon completion"]


def test_waiting_for_papers_stops_the_time():
    # Stands still at the close of 03-03 and 03-04: two working days more than 03-05.
    story = Story("bowu-2022@2").dispatched("03-02 10:00").did(acts.Paused, "03-03 10:00")
    assert story.did(acts.Resumed, "03-05 10:00").stands() == ["completion 03-09 17:30 overdue"]
