"""Limits that are set for one case, and units with hours of their own.

All times are of Shanghai in 2026; 24:00 is 00:00 of the next day.
"""

import pytest

from shared.rules.judging.state import CaseState
from tests.unit.rules.judged import (
    BOWU,
    BY_CASE,
    assigned,
    at,
    by_limit,
    completed,
    days,
    judge,
    leg,
    ruled,
    stands,
    working_days,
)


def test_an_own_limit_that_is_a_length_starts_anew_with_the_round():
    # Ten working days from Mon 03-02: Mon 03-16. From Fri 03-06: Fri 03-20.
    judged = judge(
        assigned("03-02 10:00", leg(limits=by_limit(completion=working_days(10)))), upto="03-06 12:00"
    )
    assert [line for line in stands(judged) if "completion" in line] == [
        "completion 1 03-16 17:30 void",
        "completion 2 03-20 17:30 open",
    ]


@pytest.mark.parametrize(
    ("due_at", "expected"),
    [
        ("03-20 12:00", ["completion 1 03-20 12:00 void", "completion 2 03-20 12:00 open"]),
        ("03-04 12:00", ["completion 1 03-04 12:00 overdue"]),
        ("03-01 12:00", ["completion 1 03-01 12:00 overdue"]),
    ],
)
def test_a_given_moment_goes_over_to_the_next_round_only_if_it_lies_ahead(due_at, expected):
    judged = judge(
        assigned("03-02 10:00", leg(limits={"completion": {"due_at": at(due_at)}})), upto="03-06 12:00"
    )
    assert [line for line in stands(judged) if "completion" in line] == expected


def test_a_moment_before_the_start_is_overdue_at_the_start():
    judged = judge(
        assigned("03-02 10:00", leg(limits={"completion": {"due_at": at("03-01 12:00")}})),
        completed("03-02 10:00"),
        upto="03-02 10:00",
    )
    assert ruled(judged) == [
        "03-02 10:00 overdue completion 1",
        "03-02 10:00 card completion 1",
        "03-02 10:00 redispatched overdue 2",
        "03-02 10:00 cleared",
    ]
    assert judged.rulings[0].due_at == at("03-01 12:00")


def test_an_own_limit_the_pack_does_not_allow_is_ignored():
    judged = judge(assigned("03-02 10:00", leg(limits=by_limit(reply=days(30)))), upto="03-02 12:00")
    assert stands(judged) == ["contact 1 03-03 24:00 open", "reply 1 03-05 24:00 open"]


def test_limits_of_the_case_are_only_said():
    judged = judge(
        assigned("03-02 10:00", leg(limits=by_limit(contact=days(1), completion=working_days(3)))),
        rules=BY_CASE,
    )
    assert ruled(judged, reminders=True) == [
        "03-03 24:00 overdue contact 1",
        "03-05 17:30 overdue completion 1",
    ]
    assert judged.state is CaseState.DISPATCHED


def test_a_unit_with_hours_of_its_own_is_judged_by_them():
    hours, unusable = (("09:00", "16:00"),), (("9", "16"),)
    for own_hours, due in ((hours, "03-05 16:00"), (unusable, "03-05 17:30"), (None, "03-05 17:30")):
        judged = judge(assigned("03-02 10:00", leg(office_hours=own_hours)), rules=BOWU, upto="03-02 12:00")
        assert stands(judged) == [f"completion 1 {due} open"]
