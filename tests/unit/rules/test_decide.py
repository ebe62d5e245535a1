"""The stories of a case, judged. All times are of Shanghai in 2026; 24:00 is 00:00 of the next day."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.rules.judging import acts
from shared.rules.judging.acts import Act, LegAct
from shared.rules.judging.fold import FOLDS
from shared.rules.judging.rulings import NAMESPACE, Ruling
from shared.rules.judging.state import CaseState
from shared.rules.pack import pack_files
from shared.rules.pack.counting import DUE_MINUTE
from shared.rules.terms import Role, Verdict
from tests.unit.rules.judged import (
    APPEAL,
    BOWU,
    BUREAU,
    BY_CASE,
    TOWN,
    act,
    assigned,
    at,
    by_limit,
    completed,
    contacted,
    days,
    judge,
    leg,
    received,
    responded,
    ruled,
    stands,
)


def test_a_unit_in_time_hears_nothing():
    # Monday 03-02: contact due 03-03 24:00, reply 03-05 24:00; reminders at three quarters of each.
    judged = judge(
        received("03-02 09:00"),
        assigned("03-02 10:00"),
        contacted("03-02 15:00"),
        responded("03-04 09:00"),
        completed("03-10 09:00"),
    )
    assert judged.rulings == []
    assert stands(judged) == ["contact 1 03-03 24:00 met", "reply 1 03-05 24:00 met"]
    assert (judged.state, judged.rounds, judged.cards) == (CaseState.COMPLETED, 1, 0)
    assert judged.next_due_at is None


def test_a_silent_unit_climbs_the_ladder():
    # Round 1: reply Tue, Wed, Thu -> 03-05 24:00. Round 2 starts with Friday 03-06: Sat 7, Sun 8, Mon 9.
    # Lifted at the start of 03-10, handled in ten days: 03-20, a Friday.
    judged = judge(received("03-02 09:00"), assigned("03-02 10:00"))
    assert ruled(judged) == [
        "03-03 24:00 overdue contact 1",
        "03-05 24:00 overdue reply 1",
        "03-05 24:00 card reply 1",
        "03-05 24:00 redispatched overdue 2",
        "03-09 24:00 overdue reply 2",
        "03-09 24:00 lifted count",
        "03-20 24:00 overdue lifted 2",
        "03-20 24:00 supervised lifted 2",
    ]
    assert (judged.state, judged.rounds, judged.cards) == (CaseState.LIFTED, 2, 1)
    assert judged.lifted_at == at("03-09 24:00") + DUE_MINUTE


def test_reminders_come_at_three_quarters_of_the_time():
    # 03-02 10:00 to 03-03 24:00 is 38 h: 28.5 h on. To 03-05 24:00 it is 86 h: 64.5 h on.
    judged = judge(assigned("03-02 10:00"), upto="03-05 12:00")
    assert ruled(judged, reminders=True) == [
        "03-03 14:30 reminder contact 1",
        "03-03 24:00 overdue contact 1",
        "03-05 02:30 reminder reply 1",
    ]


def test_what_is_met_is_not_reminded_of():
    judged = judge(assigned("03-02 10:00"), responded("03-03 14:30"), upto="03-31 12:00")
    assert ruled(judged, reminders=True) == []


@pytest.mark.parametrize(
    ("rules", "delay", "met_after", "verdict"),
    [
        # The whole due minute is in time, and what happens counts from the minute shown.
        ("bozhou-2024@2", timedelta(), timedelta(), Verdict.MET),
        ("bozhou-2024@2", timedelta(seconds=59, microseconds=999_999), timedelta(), Verdict.MET),
        ("bozhou-2024@2", timedelta(seconds=60), timedelta(seconds=60), Verdict.OVERDUE),
        # Version 1 counted to the microsecond.
        ("bozhou-2024@1", timedelta(), timedelta(), Verdict.MET),
        ("bozhou-2024@1", timedelta(microseconds=1), timedelta(microseconds=1), Verdict.OVERDUE),
    ],
)
def test_a_reply_at_the_due_moment_is_in_time_and_just_after_it_is_late(rules, delay, met_after, verdict):
    due = at("03-05 24:00")
    reply = replace(responded("03-05 24:00"), occurred_at=due + delay)
    acts_ = assigned("03-02 10:00"), contacted("03-02 11:00"), reply
    judged = judge(*acts_, rules=pack_files.load(rules), upto="03-06 12:00")
    assert judged.deadlines[1].verdict is verdict
    assert judged.deadlines[1].met_at == due + met_after
    assert judged.cards == (verdict is Verdict.OVERDUE)


def test_each_leg_of_a_two_way_dispatch_is_judged_for_itself():
    judged = judge(
        assigned("03-02 10:00", leg(), leg(BUREAU, Role.ASSIST)),
        responded("03-03 10:00"),
        upto="03-06 12:00",
    )
    assert ruled(judged) == [
        "03-03 24:00 overdue contact 1",
        "03-05 24:00 overdue reply 1",
        "03-05 24:00 card reply 1",
        "03-05 24:00 redispatched overdue 2",
    ]
    assert {ruling.unit for ruling in judged.rulings} == {"bureau"}
    assert judged.state is CaseState.DISPATCHED


def test_a_leg_added_later_has_clocks_of_its_own():
    judged = judge(assigned("03-02 10:00"), assigned("03-04 10:00", leg(BUREAU)), upto="03-04 11:00")
    # Dispatched Wednesday 03-04, three days: Saturday 03-07, rolled to Monday.
    assert stands(judged)[-2:] == ["contact 1 03-05 24:00 open", "reply 1 03-09 24:00 open"]


def test_the_same_leg_assigned_again_changes_nothing():
    judged = judge(assigned("03-02 10:00"), assigned("03-04 10:00"), upto="03-04 11:00")
    assert len(judged.deadlines) == 2


def test_deadlines_that_pass_together_are_all_overdue_and_cost_one_card():
    judged = judge(
        assigned("03-02 10:00", leg(limits=by_limit(completion=days(3)))),
        contacted("03-02 11:00"),
        upto="03-06 12:00",
    )
    assert ruled(judged) == [
        "03-05 24:00 overdue reply 1",
        "03-05 24:00 overdue completion 1",
        "03-05 24:00 card reply 1",
        "03-05 24:00 redispatched overdue 2",
    ]


def test_deadlines_that_pass_together_are_said_by_kind_and_then_by_leg():
    limits = by_limit(reply=days(3), completion=days(3))
    legs = leg(limits=limits), leg(BUREAU, Role.ASSIST, limits=limits)
    judged = judge(assigned("03-02 10:00", *legs), rules=BY_CASE)
    assert [(ruling.deadline, ruling.unit) for ruling in judged.rulings] == [
        ("reply", "town"),
        ("reply", "bureau"),
        ("completion", "town"),
        ("completion", "bureau"),
    ]


def test_completion_clears_the_card_and_meets_late_what_is_overdue():
    judged = judge(assigned("03-02 10:00"), completed("03-07 10:00"))
    assert ruled(judged)[-1] == "03-07 10:00 cleared"
    assert judged.cards == 1
    assert [(d.verdict, d.met_at) for d in judged.deadlines] == [
        (Verdict.OVERDUE, at("03-07 10:00")),
        (Verdict.OVERDUE, at("03-07 10:00")),
        (Verdict.MET, at("03-07 10:00")),
    ]


def test_a_withdrawn_card_does_not_count_and_is_not_cleared():
    card_id = uuid5(NAMESPACE, f"{APPEAL} card {TOWN} 1 reply")
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.CardWithdrawn, "03-06 10:00", card_id=card_id),
        completed("03-07 10:00"),
    )
    assert "03-05 24:00 card reply 1" in ruled(judged)
    assert "03-07 10:00 cleared" not in ruled(judged)
    assert judged.cards == 0


def test_an_upheld_objection_ends_the_leg_and_another_one_does_not():
    decided = acts.ObjectionDecided
    for upheld, state in ((True, CaseState.REGISTERED), (False, CaseState.LIFTED)):
        judged = judge(assigned("03-02 10:00"), act(decided, "03-03 10:00", upheld=upheld))
        assert judged.state is state
        assert bool(ruled(judged)) is not upheld


@pytest.mark.parametrize(
    ("act_type", "state"),
    [
        (acts.Referred, CaseState.REFERRED),
        (acts.Withdrawn, CaseState.WITHDRAWN),
        (acts.Closed, CaseState.CLOSED),
    ],
)
def test_after_the_end_nothing_fires_and_nothing_has_effect(act_type, state):
    judged = judge(
        assigned("03-02 10:00"),
        act(act_type, "03-03 10:00"),
        act(acts.Refused, "03-03 11:00"),
        assigned("03-03 12:00", leg(BUREAU)),
        act(acts.Reopened, "03-04 10:00"),
    )
    assert ruled(judged) == []
    assert stands(judged) == ["contact 1 03-03 24:00 void", "reply 1 03-05 24:00 void"]
    assert (judged.state, judged.next_due_at) == (state, None)


def test_acts_of_unknown_legs_have_no_effect():
    stranger = {"leg_id": BUREAU}
    judged = judge(
        assigned("03-02 10:00"),
        completed("03-02 11:00", **stranger),
        act(acts.Refused, "03-02 12:00", **stranger),
        upto="03-03 10:00",
    )
    assert (judged.rulings, judged.state) == ([], CaseState.DISPATCHED)


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("03-02 10:00", "03-02 15:45"),  # 120 minutes to noon, 75 from 14:30
        ("03-06 17:00", "03-09 11:15"),  # Friday: 30 minutes, 165 on Monday
    ],
)
def test_an_appeal_nobody_dispatches_is_supervised(when, due):
    judged = judge(received(when), rules=BOWU)
    assert ruled(judged) == [f"{due} overdue dispatch 0", f"{due} supervised dispatch 0"]
    assert judged.state is CaseState.REGISTERED


@pytest.mark.parametrize("act_type", [acts.Referred, acts.Closed])
def test_a_referral_or_closure_meets_the_dispatch_limit(act_type):
    assert stands(judge(received("03-02 10:00"), act(act_type, "03-02 11:00"), rules=BOWU)) == [
        "dispatch 0 03-02 15:45 met"
    ]


def test_what_is_late_in_bowu_is_supervised_without_card_or_second_dispatch():
    # Friday 02-13; 02-14 is worked, 02-15 to 02-23 are off: 14, 24, 25.
    judged = judge(received("02-13 09:00"), assigned("02-13 10:00"), rules=BOWU)
    assert ruled(judged) == ["02-25 17:30 overdue completion 1", "02-25 17:30 supervised completion 1"]
    assert (judged.cards, judged.rounds, judged.lifted_at) == (0, 1, None)


def test_a_case_dispatched_before_it_was_received_has_no_dispatch_limit():
    judged = judge(assigned("03-02 10:00"), received("03-02 11:00"), rules=BOWU, upto="03-02 12:00")
    assert stands(judged) == ["completion 1 03-05 17:30 open"]


def test_acts_at_one_moment_count_in_the_order_of_a_cases_life():
    dispatch = replace(assigned("03-02 10:00"), id=UUID(int=2))
    judged = judge(responded("03-02 10:00", id=UUID(int=1)), dispatch)
    assert {deadline.verdict for deadline in judged.deadlines} == {Verdict.MET}


def test_no_history_is_a_case_just_registered():
    judged = judge()
    assert (judged.state, judged.rulings, judged.deadlines) == (CaseState.REGISTERED, [], [])


def test_ids_are_made_from_what_is_said():
    overdue = judge(assigned("03-02 10:00"), upto="03-04 00:01").rulings[-1]
    assert overdue.id == uuid5(NAMESPACE, f"{APPEAL} appeal.overdue.v1 {TOWN} 1 contact ")


def test_every_moment_that_is_said_is_in_utc():
    for ruling in judge(assigned("03-02 10:00"), completed("03-07 10:00")).rulings:
        assert ruling.occurred_at.tzinfo is UTC


def subclasses(base: type[Any]) -> set[type[Any]]:
    children = {cls for cls in base.__subclasses__() if "__slots__" in vars(cls)}
    return children | {cls for child in children for cls in subclasses(child)}


def test_every_act_is_folded_and_no_base_of_acts_is() -> None:
    assert subclasses(Act) - {LegAct} == FOLDS.keys()


def test_every_ruling_has_a_name_of_its_own() -> None:
    ruling_types = [cls for cls in subclasses(Ruling) if not cls.__subclasses__()]
    names = {cls.name for cls in ruling_types}
    assert len(names) == len(ruling_types) >= 12
