"""What packs may say beyond cards and one lift: stages, dates, starts, kinds, levels, outcomes, pauses.

Times are of Shanghai in 2026; 2026-03-02 is a Monday. Limits here are natural days, which end at 24:00.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act
from shared.rules.judging.state import CaseState
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.terms import Kind, Mark, Verdict
from tests.unit.rules.judged import (
    BUREAU,
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
    shown,
    stands,
)
from tests.unit.rules.judged import NAMES as COMMON_NAMES

NAMES = COMMON_NAMES | {
    rulings.Reminded: "reminded",
    rulings.ApprovalDeemed: "approved",
    rulings.HandedOver: "handed_over",
    rulings.PublicationProposed: "publication",
    rulings.DeadlineMoved: "moved",
}
HEAD = """\
id: test-city
version: 1
title: {zh: 试, en: Test}
source: {title: A text}
in_force_on: 2026-01-01
prefix: TC
zone: Asia/Shanghai
office_hours: {spans: [["08:30", "12:00"], ["14:30", "17:30"]], choice: Usual.}
"""
TITLE = "title: {zh: 限, en: limit}, clause: x"
Make = Callable[[str], Pack]


@pytest.fixture
def city(tmp_path: Path) -> Make:
    """A pack made of what is given, checked like any other."""

    def made(text: str) -> Pack:
        (tmp_path / "city.yaml").write_text(HEAD + text, encoding="utf-8")
        return pack_files.load(tmp_path / "city.yaml")

    return made


def ruled(judgement: Any) -> list[str]:
    lines = []
    for ruling in judgement.rulings:
        about = [getattr(ruling, name, "") for name in ("deadline", "reason", "level", "unit")]
        words = " ".join(str(word) for word in about if word)
        lines.append(f"{shown(ruling.occurred_at)} {NAMES[type(ruling)]} {words}")
    return lines


def reached(when: str, stage: str, *dates: str, **more: Any) -> Act:
    return act(acts.Reached, when, stage=stage, dates=tuple(at(date) for date in dates), **more)


INSTALMENTS = f"""\
stages:
  - {{stage: planned, title: {{zh: 划, en: planned}}, dates: true, clause: x}}
  - {{stage: paid, title: {{zh: 付, en: paid}}, clause: x}}
met_by: {{instalment: [paid]}}
limits:
  - {{deadline: instalment, starts: planned, {TITLE}}}
"""


def test_dates_of_a_stage_are_met_in_turn_the_earliest_first(city):
    judged = judge(
        assigned("03-02 10:00"),
        reached("03-03 10:00", "planned", "05-20 12:00", "04-20 12:00", "04-20 12:00"),
        reached("03-10 10:00", "paid"),
        rules=city(INSTALMENTS),
        upto="04-20 13:00",
    )
    assert judged.rulings == []
    assert stands(judged) == ["instalment 1 04-20 12:00 met", "instalment 1 05-20 12:00 open"]
    assert judged.deadlines[0].title == {"zh": "限", "en": "limit"}


def test_a_missed_date_is_overdue_and_the_next_payment_is_for_it(city):
    judged = judge(
        assigned("03-02 10:00"),
        reached("03-03 10:00", "planned", "04-20 12:00", "05-20 12:00"),
        reached("05-02 10:00", "paid"),
        reached("05-20 12:00", "paid"),
        rules=city(INSTALMENTS),
    )
    assert ruled(judged) == ["04-20 12:00 overdue instalment town"]
    assert [(d.verdict, d.met_at) for d in judged.deadlines] == [
        (Verdict.OVERDUE, at("05-02 10:00")),
        (Verdict.MET, at("05-20 12:00")),
    ]


def test_a_new_plan_takes_the_place_of_what_is_open_and_not_of_what_was_missed(city):
    judged = judge(
        assigned("03-02 10:00"),
        reached("03-03 10:00", "planned", "04-20 12:00", "05-20 12:00"),
        reached("05-02 10:00", "planned", "06-20 12:00"),
        reached("05-03 10:00", "planned"),
        rules=city(INSTALMENTS),
        upto="05-04 12:00",
    )
    assert stands(judged) == [
        "instalment 1 04-20 12:00 overdue",
        "instalment 1 05-20 12:00 void",
        "instalment 1 06-20 12:00 open",
    ]


def test_a_date_at_or_before_its_stage_is_overdue_at_once(city):
    judged = judge(
        assigned("03-02 10:00"),
        reached("03-03 10:00", "planned", "03-03 10:00", "03-01 12:00"),
        rules=city(INSTALMENTS),
        upto="03-03 10:00",
    )
    assert ruled(judged) == ["03-03 10:00 overdue instalment town"] * 2
    assert len({ruling.id for ruling in judged.rulings}) == 2


def test_a_stage_the_pack_does_not_name_changes_nothing_not_even_under_an_acts_name(city):
    rules = city(
        f"met_by: {{reply: [contacted], dispatch: [assigned]}}\nlimits:\n"
        f"  - {{deadline: reply, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
        f"  - {{deadline: dispatch, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
    )
    for stage in ("contacted", "received", "unheard_of"):
        judged = judge(
            assigned("03-02 10:00"), reached("03-03 10:00", stage), rules=rules, upto="03-04 12:00"
        )
        assert stands(judged) == ["reply 1 03-05 24:00 open"]


def test_a_stage_meets_one_limit_and_starts_the_next_and_counts_again_once_that_is_met(city):
    rules = city(
        "stages:\n"
        "  - {stage: asked, title: {zh: 问, en: asked}, clause: x}\n"
        "  - {stage: answered, title: {zh: 答, en: answered}, clause: x}\n"
        f"met_by: {{answer: [answered]}}\nlimits:\n"
        f"  - {{deadline: answer, starts: asked, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
    )
    history = [
        assigned("03-02 10:00"),
        reached("03-02 11:00", "asked"),
        reached("03-03 11:00", "asked"),
        reached("03-04 11:00", "answered"),
        reached("03-09 11:00", "asked"),
    ]
    judged = judge(*history, rules=rules, upto="03-10 12:00")
    assert stands(judged) == ["answer 1 03-05 24:00 met", "answer 1 03-12 24:00 open"]


def test_an_objection_starts_the_offices_own_limit_which_outlives_the_round(city):
    # Objected on 03-04: one day ends 03-05 24:00, together with the unit's three days from 03-02.
    rules = city(
        f"met_by: {{reply: [responded], objection: [objection_decided]}}\nlimits:\n"
        f"  - {{deadline: reply, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
        f"  - {{deadline: objection, of: office, limit: {{number: 2, unit: natural_days}}, {TITLE}}}\n"
        "ladder:\n"
        "  - {step: again, when: {overdue: [reply], rounds: 1}, do: [redispatch], clause: x}\n"
        "  - {step: remind, when: {overdue: [objection]}, do: [remind], clause: x}\n"
    )
    objected = act(acts.Objected, "03-04 10:00")
    history = [assigned("03-02 10:00"), objected]
    judged = judge(*history, rules=rules, upto="03-07 12:00")
    assert ruled(judged) == [
        "03-05 24:00 overdue reply town",
        "03-05 24:00 redispatched overdue town",
        "03-06 24:00 overdue objection",
        "03-06 24:00 reminded objection",
    ]
    assert judged.rulings[-1].leg_id == TOWN
    decided = act(acts.ObjectionDecided, "03-05 10:00", upheld=False)
    assert "objection 1 03-06 24:00 met" in stands(judge(*history, decided, rules=rules))


def test_a_first_contact_starts_a_limit_and_a_second_one_does_not(city):
    rules = city(
        f"met_by: {{reply: [responded]}}\nlimits:\n"
        f"  - {{deadline: reply, starts: contacted, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
    )
    answered = act(acts.Responded, "03-04 10:00")
    history = [assigned("03-02 10:00"), contacted("03-03 10:00"), answered, contacted("03-05 10:00")]
    assert stands(judge(*history, rules=rules)) == ["reply 1 03-06 24:00 met"]


FOLLOW_UP = f"""\
met_by: {{follow_up: [rated, followed_up]}}
limits:
  - {{deadline: follow_up, limit: {{number: 5, unit: natural_days}}, {TITLE}}}
"""


def test_the_follow_up_starts_when_every_leg_is_completed_and_a_rating_meets_it(city):
    both = assigned("03-02 10:00", leg(), leg(BUREAU))
    half = [both, completed("03-03 10:00")]
    whole = [*half, completed("03-04 10:00", leg_id=BUREAU)]
    unreached = act(acts.FollowedUp, "03-05 10:00", reached=False)
    rated = act(acts.Rated, "03-06 10:00")
    rules = city(FOLLOW_UP)
    assert stands(judge(*half, rules=rules)) == []
    assert stands(judge(*whole, unreached, rules=rules)) == ["follow_up 1 03-09 24:00 overdue"]
    assert stands(judge(*whole, rated, rules=rules)) == ["follow_up 1 03-09 24:00 met"]


def test_reopening_voids_the_follow_up_and_the_next_completion_starts_it_anew(city):
    judged = judge(
        assigned("03-02 10:00"),
        completed("03-03 10:00"),
        act(acts.Reopened, "03-04 10:00"),
        completed("03-05 10:00"),
        rules=city(FOLLOW_UP),
        upto="03-06 12:00",
    )
    assert stands(judged) == ["follow_up 1 03-08 24:00 void", "follow_up 2 03-10 24:00 open"]


def test_a_limit_for_a_kind_goes_before_the_one_for_all(city):
    rules = city(
        f"met_by: {{reply: [responded]}}\nlimits:\n"
        f"  - {{deadline: reply, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
        f"  - {{deadline: reply, kinds: [complaint], limit: {{number: 1, unit: natural_days}}, {TITLE}}}\n"
        "ladder:\n"
        "  - {step: all, when: {overdue: [reply]}, do: [remind], clause: x}\n"
        "  - {step: complaints, when: {overdue: [reply], kinds: [complaint]}, do: [supervise], clause: x}\n"
    )
    for kind, last in (("complaint", "03-03 24:00 supervised"), ("help", "03-05 24:00 reminded")):
        received = act(acts.Opened, "03-02 09:00", kind=Kind(kind))
        assert ruled(judge(received, assigned("03-02 10:00"), rules=rules))[-1] == f"{last} reply town"


LEVELS = f"""\
met_by: {{lifted: [signed_off]}}
limits:
  - {{deadline: lifted, limit: {{number: 10, unit: natural_days}}, {TITLE}}}
levels:
  clause: x
  steps:
    - {{level: county, title: {{zh: 县, en: county}}, leader: in_charge}}
    - {{level: city, title: {{zh: 市, en: city}}, leader: mayor}}
ladder:
  - {{step: by_kind, when: {{marks: [inherited]}}, do: [lift], reason: kind, clause: x}}
  - {{step: by_request, when: {{requested: true}}, do: [lift], reason: request, clause: x}}
  - {{step: up, when: {{overdue: [lifted]}}, do: [lift], reason: level, clause: x}}
  - {{step: top, when: {{overdue: [lifted], level: city}}, do: [supervise], clause: x}}
"""
INHERITED = frozenset({Mark.INHERITED})


def test_a_case_is_lifted_level_by_level_and_supervised_at_the_top(city):
    judged = judge(assigned("03-02 10:00", marks=INHERITED), rules=city(LEVELS))
    # Lifted 03-02: 03-12 24:00, which is the 13th: 03-23 24:00.
    assert ruled(judged) == [
        "03-02 10:00 lifted kind county town",
        "03-12 24:00 overdue lifted",
        "03-12 24:00 lifted level city",
        "03-23 24:00 overdue lifted",
        "03-23 24:00 supervised lifted",
    ]
    assert [e.leader for e in judged.rulings if isinstance(e, rulings.Lifted)] == ["head-of-town", "mayor"]


def test_a_request_lifts_to_the_next_level_and_a_mark_lifts_once(city):
    request = acts.LiftRequested
    judged = judge(
        assigned("03-02 10:00", marks=INHERITED),
        act(request, "03-03 10:00"),
        assigned("03-04 10:00", leg(BUREAU), marks=INHERITED),
        act(request, "03-05 10:00"),
        rules=city(LEVELS),
        upto="03-06 12:00",
    )
    assert ruled(judged) == [
        "03-02 10:00 lifted kind county town",
        "03-03 10:00 lifted request city town",
    ]
    assert stands(judged) == ["lifted 1 03-12 24:00 void", "lifted 1 03-13 24:00 open"]


def test_an_instruction_at_the_next_level_is_heard_though_the_level_below_was_signed_off(city):
    judged = judge(
        assigned("03-02 10:00", marks=INHERITED),
        act(acts.SignedOff, "03-03 10:00"),
        act(acts.LiftRequested, "03-04 10:00"),
        act(acts.Instructed, "03-05 10:00", limit=days(2)),
        rules=city(LEVELS),
        upto="03-06 12:00",
    )
    assert stands(judged)[1:] == ["lifted 1 03-14 24:00 void", "lifted 1 03-07 24:00 open"]


def outcome(do: str) -> str:
    return (
        f"met_by: {{decision: [responded], outcome: [found]}}\nlimits:\n"
        f"  - {{deadline: decision, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
        f"  - {{deadline: outcome, starts: handed_over, limit: {{number: 5, unit: natural_days}}, {TITLE}}}\n"
        f"ladder:\n  - {{step: s, when: {{overdue: [decision]}}, {do}, clause: x}}\n"
    )


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("do: [remind]", ["reminded"]),
        ("do: [supervise, publish]", ["supervised", "publication"]),
        ("do: [approve]", ["approved"]),
        ("do: [card, approve], card: red", ["card", "approved"]),
    ],
)
def test_a_passed_deadline_has_the_outcome_the_pack_names(city, do, expected):
    judged = judge(assigned("03-02 10:00"), rules=city(outcome(do)))
    assert ruled(judged)[1:] == [f"03-05 24:00 {name} decision town" for name in expected]


def test_deemed_approval_ends_the_case_and_what_else_was_open_falls_away(city):
    rules = city(outcome("do: [approve]"))
    both = assigned("03-02 10:00", leg(), leg(BUREAU, limits=by_limit(decision=days(9))))
    judged = judge(both, act(acts.Reopened, "03-06 10:00"), completed("03-06 11:00"), rules=rules)
    # Both decisions passed together; one approval is enough.
    assert [line.split()[2] for line in ruled(judged)] == ["overdue", "overdue", "approved"]
    assert (judged.state, judged.next_due_at) == (CaseState.APPROVED, None)
    met = judge(assigned("03-02 10:00"), act(acts.Responded, "03-05 24:00"), rules=rules)
    assert (met.state, met.rulings) == (CaseState.DISPATCHED, [])


def test_what_is_approved_by_a_missed_moment_starts_no_further_leg(city):
    rules = city(outcome("do: [approve]") + "own_limits: {deadlines: [decision], clause: x}\n")
    missed = leg(limits={"decision": {"due_at": at("03-01 12:00")}})
    judged = judge(assigned("03-02 10:00", missed, leg(BUREAU)), rules=rules)
    assert stands(judged) == ["decision 1 03-01 12:00 overdue"]
    assert judged.state is CaseState.APPROVED


def test_what_is_handed_over_has_a_limit_for_its_outcome_there(city):
    rules = city(outcome("do: [hand_over], to: discipline"))
    judged = judge(assigned("03-02 10:00"), rules=rules, upto="03-06 12:00")
    assert ruled(judged)[1:] == ["03-05 24:00 handed_over decision town"]
    assert judged.rulings[-1].to == "discipline"
    # Handed over at the start of 03-06: five days end 03-11 24:00.
    assert stands(judged)[-1] == "outcome 1 03-11 24:00 open"
    finding = act(acts.Found, "03-09 10:00")
    assert stands(judge(assigned("03-02 10:00"), finding, rules=rules))[-1] == "outcome 1 03-11 24:00 met"


EXTENDED = f"""\
met_by: {{decision: [responded]}}
limits:
  - {{deadline: decision, limit: {{number: 3, unit: natural_days}}, {TITLE}}}
extension:
  {{deadlines: [decision], cap: {{number: 30, unit: natural_days}}, times: 1, clause: x}}
pauses:
  cap: {{number: 2, unit: natural_days}}
  grounds:
    - {{ground: hearing, title: {{zh: 听, en: hearing}}, cap: {{number: 20, unit: natural_days}}}}
  clause: x
"""


def test_a_limit_is_extended_as_often_as_the_pack_allows(city):
    def extended(when: str, number: int) -> Act:
        return act(acts.Extended, when, deadline="decision", limit=days(number))

    rules = city(EXTENDED)
    history = [assigned("03-02 10:00"), extended("03-03 10:00", 2), extended("03-03 11:00", 10)]
    assert stands(judge(*history, rules=rules)) == ["decision 1 03-12 24:00 overdue"]
    once_more = extended("03-04 10:00", 20)
    assert stands(judge(*history, once_more, rules=rules)) == ["decision 1 03-12 24:00 overdue"]


@pytest.mark.parametrize(
    ("ground", "due"), [("hearing", "03-25 24:00"), ("weather", "03-07 24:00"), (None, "03-07 24:00")]
)
def test_a_pause_lasts_as_long_as_its_ground_allows(city, ground, due):
    # Paused 03-03 10:00 to 03-23 24:00 or 03-05 24:00. Days that closed meanwhile do not count; the last one
    # closes as the pause ends, and does: 23, 24, 25 or 5, 6, 7.
    judged = judge(
        assigned("03-02 10:00"), act(acts.Paused, "03-03 10:00", ground=ground), rules=city(EXTENDED)
    )
    assert stands(judged) == [f"decision 1 {due} overdue"]


def test_the_same_act_twice_at_one_moment_says_each_thing_under_an_id_of_its_own(city):
    rules = city(
        "stages:\n  - {stage: seen, title: {zh: 见, en: seen}, clause: x}\n"
        f"met_by: {{again: [seen]}}\nlimits:\n"
        f"  - {{deadline: again, starts: seen, limit: {{number: 3, unit: natural_days}}, {TITLE}}}\n"
    )
    seen = [reached("03-03 10:00", "seen", id=UUID(int=number)) for number in (1, 2, 3)]
    judged = judge(assigned("03-02 10:00"), *seen, rules=rules)
    assert stands(judged)[-1] == "again 1 03-06 24:00 overdue"
    keys = [deadline.key for deadline in judged.deadlines]
    assert len(set(keys)) == 3
