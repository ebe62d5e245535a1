"""Cases that are lifted: by refusal, request or mark, and how lifted handling goes on.

All times are of Shanghai in 2026; 24:00 is 00:00 of the next day.
"""

from uuid import UUID

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.state import CaseState
from shared.rules.pack import pack
from shared.rules.terms import Mark, Role, Verdict
from tests.unit.rules.judged import (
    BOZHOU,
    BUREAU,
    REFUSED,
    act,
    assigned,
    at,
    completed,
    contacted,
    days,
    judge,
    leg,
    ruled,
    stands,
)


def test_a_refusal_is_no_reply():
    judged = judge(assigned("03-02 10:00"), act(acts.Refused, "03-03 10:00"), upto="03-04 09:00")
    assert ruled(judged) == ["03-03 10:00 lifted refusal", "03-03 24:00 overdue contact 1"]
    assert judged.deadlines[1].verdict is Verdict.OPEN


def test_a_leg_refused_and_lifted_gets_its_card_and_is_not_dispatched_again():
    judged = judge(
        assigned("03-02 10:00"),
        contacted("03-02 11:00"),
        act(acts.Refused, "03-03 10:00"),
        upto="03-06 12:00",
    )
    assert ruled(judged) == [
        "03-03 10:00 lifted refusal",
        "03-05 24:00 overdue reply 1",
        "03-05 24:00 card reply 1",
    ]


def test_an_inherited_problem_is_lifted_at_dispatch_to_the_leading_units_leader():
    judged = judge(
        assigned("03-02 10:00", leg(BUREAU, Role.ASSIST), leg(), marks=frozenset({Mark.INHERITED})),
        upto="03-02 12:00",
    )
    (lifted,) = judged.rulings
    assert isinstance(lifted, rulings.Lifted)
    assert (lifted.reason, lifted.unit, lifted.leader) == ("kind", "town", "head-of-town")
    assert lifted.clause == "亳政办〔2024〕8号 §3"


def test_a_signed_request_lifts():
    judged = judge(assigned("03-02 10:00"), act(acts.LiftRequested, "03-02 11:00"), upto="03-02 12:00")
    assert ruled(judged) == ["03-02 11:00 lifted request"]


def test_a_case_is_lifted_once_whatever_follows():
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.LiftRequested, "03-02 11:00"),
        act(acts.Refused, "03-06 10:00"),
    )
    assert [line for line in ruled(judged) if " lifted " in line and "overdue" not in line] == [
        "03-02 11:00 lifted request",
        "03-12 24:00 supervised lifted 1",
    ]


def test_a_matter_in_litigation_is_never_lifted():
    judged = judge(
        assigned("03-02 10:00", marks=frozenset({Mark.LITIGATION, Mark.INHERITED})),
        act(acts.Refused, "03-02 11:00"),
        act(acts.LiftRequested, "03-02 12:00"),
    )
    assert judged.lifted_at is None
    assert ruled(judged)[-1] == "03-09 24:00 overdue reply 2"


def test_a_reopened_appeal_starts_its_next_round_and_late_again_is_lifted():
    # Reopened Monday 03-09, three days: Thursday 03-12.
    judged = judge(
        assigned("03-02 10:00"),
        completed("03-03 10:00"),
        act(acts.Reopened, "03-09 10:00"),
        upto="03-13 12:00",
    )
    assert ruled(judged) == [
        "03-09 10:00 redispatched reopened 2",
        "03-12 24:00 overdue reply 2",
        "03-12 24:00 lifted count",
    ]


def test_a_leg_that_is_reopened_has_not_refused_any_more():
    every_round = BOZHOU.model_dump()
    card, _, *others = every_round["ladder"]
    every_round["ladder"] = [card | {"when": {"overdue": ["reply"], "rounds": "1+"}}, *others]
    judged = judge(
        *REFUSED,
        completed("03-03 10:00"),
        act(acts.Reopened, "03-09 10:00"),
        rules=pack.Pack.model_validate(every_round),
        upto="03-13 12:00",
    )
    assert ruled(judged)[-1] == "03-12 24:00 redispatched overdue 3"


def test_a_leg_that_is_completed_or_ended_cannot_refuse():
    upheld = act(acts.ObjectionDecided, "03-03 10:00", upheld=True)
    for ending in (completed("03-03 10:00"), upheld):
        judged = judge(assigned("03-02 10:00"), ending, act(acts.Refused, "03-03 11:00"))
        assert judged.lifted_at is None


def test_the_leader_signs_lifted_handling_off():
    judged = judge(*REFUSED, act(acts.SignedOff, "03-10 10:00"))
    # Ten days from 03-02: 03-12, a Thursday.
    assert stands(judged)[-1] == "lifted 1 03-12 24:00 met"


def test_lifted_handling_is_met_when_every_leg_is_completed():
    both = assigned("03-02 10:00", leg(), leg(BUREAU, Role.ASSIST))
    first, second = completed("03-03 11:00"), completed("03-04 11:00", leg_id=BUREAU)
    lifted = act(acts.LiftRequested, "03-02 11:00")

    half = judge(both, lifted, first, upto="03-04 12:00")
    assert (half.state, half.deadlines[-1].met_at) == (CaseState.LIFTED, None)
    whole = judge(both, lifted, first, second, upto="03-04 12:00")
    assert (whole.state, whole.deadlines[-1].met_at) == (CaseState.COMPLETED, at("03-04 11:00"))


@pytest.mark.parametrize(
    ("when", "old"), [("03-04 10:00", "03-12 24:00 void"), ("03-16 10:00", "03-12 24:00 overdue")]
)
def test_an_instruction_with_a_limit_replaces_the_time_for_lifted_handling(when, old):
    judged = judge(*REFUSED, act(acts.Instructed, when, limit=days(5)))
    lifted = [line for line in stands(judged) if line.startswith("lifted")]
    assert lifted[0] == f"lifted 1 {old}"
    assert lifted[1] == {"03-04 10:00": "lifted 1 03-09 24:00", "03-16 10:00": "lifted 1 03-21 24:00"}[
        when
    ] + (" overdue")
    assert len({ruling.id for ruling in judged.rulings}) == len(judged.rulings)


def test_what_is_signed_off_gets_no_new_limit():
    judged = judge(
        *REFUSED,
        act(acts.SignedOff, "03-04 10:00"),
        act(acts.Instructed, "03-05 10:00", limit=days(5)),
    )
    assert stands(judged)[-1] == "lifted 1 03-12 24:00 met"


def test_of_two_instructions_at_one_moment_the_one_with_the_greater_id_stands():
    first = act(acts.Instructed, "03-04 10:00", limit=days(5), id=UUID(int=1))
    two = act(acts.Instructed, "03-04 10:00", limit=days(2), id=UUID(int=2))
    for history in ((first, two), (two, first)):
        judged = judge(*REFUSED, *history, upto="03-04 12:00")
        assert stands(judged)[-1] == "lifted 1 03-06 24:00 open"


def test_an_instruction_without_limit_or_without_lift_moves_nothing():
    plain = judge(*REFUSED, act(acts.Instructed, "03-04 10:00"), upto="03-05 12:00")
    assert stands(plain)[-1] == "lifted 1 03-12 24:00 open"
    early = judge(assigned("03-02 10:00"), act(acts.Instructed, "03-02 11:00", limit=days(5)))
    assert "lifted 0" not in " ".join(stands(early))
    assert ruled(early)[5] == "03-09 24:00 lifted count"
