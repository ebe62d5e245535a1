"""XX市实施意见（2022）§3: money from above within 15 days of its arrival.

Sample settings: verification 10 working days, funding 30 and promised payment 15 natural days that roll.
"""

import pytest

from tests.packs.histories import Story

AWARD = "xx-city-2022-award@2"


def arrived(when: str) -> Story:
    story = Story(AWARD).received("02-02 09:00").dispatched("02-02 10:00", "finance")
    return story.reached("verified", "02-04 10:00", unit="finance").reached("arrived", when, unit="finance")


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("03-02 10:00", "03-17 24:00"),  # Tuesday
        ("03-06 10:00", "03-23 24:00"),  # day 15 is Saturday 03-21 -> Monday
        ("02-05 10:00", "02-24 24:00"),  # day 15, 02-20, is Spring Festival to 02-23
        ("09-21 10:00", "10-08 24:00"),  # day 15, 10-06, is National Day to 10-07
        ("09-25 10:00", "10-10 24:00"),  # day 15 is Saturday 10-10, a make-up workday
    ],
)
def test_fifteen_days_from_arrival_and_not_from_dispatch(when: str, due: str):
    assert arrived(when).stands(when)[-1] == f"payment {due} open"


@pytest.mark.parametrize("stage", ["paid", "passed_down"])
def test_paying_out_or_passing_down_to_the_county_meets_it(stage: str):
    assert arrived("03-02 10:00").reached(stage, "03-17 23:59", unit="finance").ruled() == []


def test_money_that_lies_is_supervised():
    assert arrived("03-02 10:00").ruled() == ["03-17 24:00 overdue payment", "03-17 24:00 supervised payment"]


def test_before_the_money_arrives_no_payment_runs():
    story = (
        Story(AWARD).dispatched("03-02 10:00", "finance").reached("verified", "03-16 17:30", unit="finance")
    )
    assert story.stands() == ["verification 03-16 17:30 met"]


def test_a_claim_nobody_looks_into_is_supervised():
    story = Story(AWARD).dispatched("03-02 10:00", "finance")
    assert story.ruled() == ["03-16 17:30 overdue verification", "03-16 17:30 supervised verification"]


def test_what_the_city_promised_itself_first_finds_its_source_and_then_is_paid():
    # Dispatched 03-02: 30 days -> 04-01. Funded Wednesday 03-25: 15 days -> 04-09.
    story = Story(AWARD, "unkept_promise").received("03-02 09:00").dispatched("03-02 10:00", "finance")
    story.reached("verified", "03-10 10:00", unit="finance").reached("funded", "03-25 10:00", unit="finance")
    assert story.stands("03-25 12:00") == [
        "verification 03-16 17:30 met",
        "funding 04-01 24:00 met",
        "promised_payment 04-09 24:00 open",
    ]
    assert story.ruled()[-1] == "04-09 24:00 supervised promised_payment"


def test_a_promise_without_a_source_is_supervised():
    # 30 days after 03-02: 04-01, a Wednesday.
    story = Story(AWARD, "unkept_promise").received("03-02 09:00").dispatched("03-02 10:00", "finance")
    assert story.ruled()[-2:] == ["04-01 24:00 overdue funding", "04-01 24:00 supervised funding"]


def test_money_from_above_needs_no_source():
    story = arrived("03-02 10:00").reached("funded", "03-03 10:00", unit="finance")
    assert {d.kind for d in story.judged().deadlines} == {"verification", "payment"}
