"""Extensions and pauses, judged.

All times are of Shanghai in 2026; 24:00 is 00:00 of the next day.
"""

import pytest

from shared.rules.judging import acts
from shared.rules.pack import pack, pack_files
from tests.unit.rules.judged import (
    BOWU,
    act,
    assigned,
    at,
    by_limit,
    extended,
    judge,
    leg,
    ruled,
    shown,
    stands,
    working_days,
)


@pytest.mark.parametrize(
    ("when", "limit", "due"),
    [
        ("03-05 17:30", working_days(10), "03-16 17:30"),  # at the due moment, counted from 03-02
        ("03-05 17:31", working_days(10), "03-05 17:30"),  # too late
        ("03-03 10:00", working_days(2), "03-05 17:30"),  # shorter
        ("03-03 10:00", working_days(60), "04-14 17:30"),  # capped at 30; Monday 04-06 is off
    ],
)
def test_an_extension_needs_to_be_in_time_and_longer_and_is_capped(when, limit, due):
    judged = judge(assigned("03-02 10:00"), extended(when, limit), rules=BOWU)
    assert [shown(d.due_at) for d in judged.deadlines] == [due]


def test_an_extended_deadline_is_reminded_of_again():
    extension = extended("03-05 17:00", working_days(10))
    judged = judge(assigned("03-02 10:00"), extension, rules=BOWU)
    reminders = [line for line in ruled(judged, reminders=True) if "reminder" in line]
    # Three quarters of 24.5 office hours, and of 70: 18 h 22.5 min and 52.5 h; 5 on Monday, then 6.5 a day.
    assert reminders == ["03-05 08:53 reminder completion 1", "03-12 10:30 reminder completion 1"]

    judged = judge(assigned("03-02 10:00"), extension, rules=pack_files.load("bowu-2022@1"))
    reminders = [line for line in ruled(judged, reminders=True) if "reminder" in line]
    # Three quarters of 79.5 h, and of 343.5 h.
    assert reminders == ["03-04 21:37 reminder completion 1", "03-13 03:37 reminder completion 1"]


def test_an_extended_deadline_stands_on_the_clause_of_extensions():
    other = BOWU.model_dump()
    other["extension"]["clause"] = "§9"
    rules = pack.Pack.model_validate(other)
    judged = judge(assigned("03-02 10:00"), extended("03-03 10:00", working_days(10)), rules=rules)
    assert (judged.deadlines[0].clause, judged.deadlines[0].limit) == ("§9", working_days(10))


def test_a_pack_without_extensions_grants_none():
    judged = judge(
        assigned("03-02 10:00", leg(limits=by_limit(completion=working_days(3)))),
        extended("03-03 10:00", working_days(10)),
        upto="03-03 12:00",
    )
    assert "completion 1 03-05 17:30 open" in stands(judged)


def test_a_paused_day_does_not_count():
    paused = (assigned("03-02 10:00"), act(acts.Paused, "03-03 10:00"))
    waiting = judge(*paused, rules=BOWU, upto="03-20 12:00")
    assert (stands(waiting), waiting.rulings) == (["completion 1 suspended open"], [])
    # 03-03 and 03-04 closed while it stood still: 5, 6, 9.
    resumed = judge(*paused, act(acts.Resumed, "03-05 10:00"), rules=BOWU, upto="03-05 12:00")
    assert stands(resumed) == ["completion 1 03-09 17:30 open"]
    assert len(resumed.deadlines[0].pauses) == 1


def test_what_should_have_been_reminded_of_in_a_pause_is_at_its_end():
    # 3 working days from 03-02 10:00 would be reminded of at 03-04 21:37.
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.Paused, "03-04 18:00"),
        act(acts.Resumed, "03-05 10:00"),
        rules=BOWU,
        upto="03-05 12:00",
    )
    assert ruled(judged, reminders=True) == ["03-05 10:00 reminder completion 1"]


@pytest.mark.parametrize(("number", "due"), [(5, "03-11 17:30"), (2, "03-09 17:30")])
def test_a_paused_deadline_can_be_extended(number, due):
    # 03-03 and 03-04 do not count: five are 5, 6, 9, 10, 11; the three it had 5, 6, 9.
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.Paused, "03-03 10:00"),
        extended("03-04 10:00", working_days(number)),
        act(acts.Resumed, "03-05 10:00"),
        rules=BOWU,
        upto="03-05 12:00",
    )
    assert stands(judged) == [f"completion 1 {due} open"]


def test_a_pause_ends_by_itself():
    # Thirty days from 03-03: 04-02 24:00. Then Friday 04-03, Tuesday 04-07 (04-06 is off), 04-08.
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.Paused, "03-03 10:00"),
        act(acts.Resumed, "05-03 10:00"),
        rules=BOWU,
    )
    assert ruled(judged) == ["04-08 17:30 overdue completion 1", "04-08 17:30 supervised completion 1"]


def test_the_end_of_a_pause_is_a_moment_to_wake_for():
    judged = judge(assigned("03-02 10:00"), act(acts.Paused, "03-03 10:00"), rules=BOWU, upto="03-03 12:00")
    assert judged.next_due_at == at("04-02 24:00")
