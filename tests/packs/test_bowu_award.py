"""亳芜十条举措（2022）“免申即享”: three working days for all departments together."""

import pytest

from tests.packs.histories import Story, working_days


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("09-30 09:00", "10-10 17:30"),  # National Day to 10-07; 10-08, 10-09, 10-10
        ("02-13 09:00", "02-25 17:30"),
        ("03-06 09:00", "03-11 17:30"),  # Friday: Monday, Tuesday, Wednesday
    ],
)
def test_the_time_is_one_for_all_and_starts_when_the_case_is_opened(opened: str, due: str):
    story = Story("bowu-2022-award@2").received(opened).dispatched("10-12 09:00", "finance", "commerce")
    assert story.stands(opened) == [f"approval {due} open"]


def test_it_is_met_only_when_the_last_department_is_done():
    story = (
        Story("bowu-2022-award@2").received("03-02 09:00").dispatched("03-02 09:30", "finance", "commerce")
    )
    story.completed("03-03 10:00", "finance")
    assert story.stands("03-04 10:00") == ["approval 03-05 17:30 open"]
    assert story.completed("03-05 17:30", "commerce").stands() == ["approval 03-05 17:30 met"]


def test_what_is_late_is_reminded_before_and_supervised_after():
    # 03-02 09:00 to 03-05 17:30 are 1,530 office minutes, 360 on Monday; three quarters are 1,147.5.
    story = Story("bowu-2022-award@2").received("03-02 09:00").dispatched("03-02 09:30")
    assert story.ruled(reminders=True) == [
        "03-05 08:38 due_soon approval",
        "03-05 17:30 overdue approval",
        "03-05 17:30 supervised approval",
    ]


def test_a_department_may_get_a_share_of_the_three_days():
    story = Story("bowu-2022-award@2").received("03-02 09:00")
    story.dispatched("03-02 09:30", limits={"completion": {"limit": working_days(1)}})
    assert story.ruled("03-04 09:00") == [
        "03-03 17:30 overdue completion",
        "03-03 17:30 supervised completion",
    ]
