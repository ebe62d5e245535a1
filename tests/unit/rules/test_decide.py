"""The stories of a case, judged. All times are of Shanghai in 2026; 24:00 is 00:00 of the next day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act, AssignedLeg, LegAct, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.fold import FOLDS
from shared.rules.judging.rulings import NAMESPACE, Ruling
from shared.rules.judging.state import CaseState
from shared.rules.pack import pack, pack_files
from shared.rules.pack.counting import DUE_MINUTE
from shared.rules.terms import Kind, Mark, Role, Verdict
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import Limit, LimitUnit

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
BOZHOU, BOWU, BY_CASE = (pack_files.load(name) for name in ("bozhou-2024@2", "bowu-2022@2", "case-limits@2"))
APPEAL = UUID(int=1)
TOWN, BUREAU = UUID(int=10), UUID(int=11)
UNITS = {TOWN: "town", BUREAU: "bureau"}


def at(text: str) -> datetime:
    """`03-05 24:00`"""
    day, clock = text.split()
    hours, minutes = map(int, clock.split(":"))
    return datetime.fromisoformat(f"2026-{day}").replace(tzinfo=ZONE) + timedelta(
        hours=hours, minutes=minutes
    )


def said_at(moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    midnight = (local.hour, local.minute) == (0, 0)
    return f"{local - timedelta(days=1):%m-%d} 24:00" if midnight else f"{local:%m-%d %H:%M}"


def leg(
    leg_id: UUID = TOWN, role: Role = Role.LEAD, limits: dict[str, Any] | None = None, **more: Any
) -> AssignedLeg:
    """A leg; `limits` as keywords of `OwnLimit`, by deadline."""
    own = {deadline: OwnLimit(**limit) for deadline, limit in (limits or {}).items()}
    return AssignedLeg(leg_id, UNITS[leg_id], role, f"head-of-{UNITS[leg_id]}", limits=own, **more)


def received(when: str) -> Act:
    return act(acts.Opened, when, kind=Kind.HELP)


def assigned(when: str, *legs: AssignedLeg, marks: frozenset[Mark] = frozenset()) -> Act:
    return act(acts.Assigned, when, legs=legs or (leg(),), marks=marks)


def act(act_type: type[Act], when: str, **more: Any) -> Act:
    """An act, of the town's leg if it is one of a leg, unless `more` says otherwise."""
    of_leg = {"leg_id": TOWN} if issubclass(act_type, LegAct) else {}
    return act_type(**{"id": uuid4(), "occurred_at": at(when), **of_leg, **more})


def contacted(when: str, **more: Any) -> Act:
    return act(acts.Contacted, when, **more)


def responded(when: str, **more: Any) -> Act:
    return act(acts.Responded, when, **more)


def completed(when: str, **more: Any) -> Act:
    return act(acts.Completed, when, **more)


def judge(*history: Act, rules: pack.Pack = BOZHOU, upto: str = "12-31 12:00") -> Judgement:
    return decide(APPEAL, history, rules, CALENDAR, at(upto))


NAMES = {
    rulings.DueSoon: "reminder",
    rulings.Overdue: "overdue",
    rulings.Supervised: "supervised",
    rulings.CardIssued: "card",
    rulings.CardCleared: "cleared",
    rulings.Redispatched: "redispatched",
    rulings.Lifted: "lifted",
}


def told(judgement: Judgement, *, reminders: bool = False) -> list[str]:
    """What was said, a line each: when, what, of which deadline or for which reason, in which round."""
    lines = []
    for ruling in judgement.rulings:
        about = getattr(ruling, "deadline", None) or getattr(ruling, "reason", "")
        number = getattr(ruling, "round", "")
        name = NAMES[type(ruling)]
        if reminders or name != "reminder":
            lines.append(f"{said_at(ruling.occurred_at)} {name} {about} {number}".rstrip())
    return lines


def stands(judgement: Judgement) -> list[str]:
    """Every deadline, a line each: which, in which round, due when, and how it stands."""
    return [
        f"{d.kind} {d.round} {said_at(d.due_at) if d.due_at else 'suspended'} {d.verdict}"
        for d in judgement.deadlines
    ]


def days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.NATURAL_DAYS)


def working_days(number: int) -> Limit:
    return Limit(number=number, unit=LimitUnit.WORKING_DAYS)


def by_limit(**limits: Limit) -> dict[str, dict[str, Limit]]:
    return {kind: {"limit": limit} for kind, limit in limits.items()}


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
    assert told(judged) == [
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
    assert told(judged, reminders=True) == [
        "03-03 14:30 reminder contact 1",
        "03-03 24:00 overdue contact 1",
        "03-05 02:30 reminder reply 1",
    ]


def test_what_is_met_is_not_reminded_of():
    judged = judge(assigned("03-02 10:00"), responded("03-03 14:30"), upto="03-31 12:00")
    assert told(judged, reminders=True) == []


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


def test_a_refusal_is_no_reply():
    judged = judge(assigned("03-02 10:00"), act(acts.Refused, "03-03 10:00"), upto="03-04 09:00")
    assert told(judged) == ["03-03 10:00 lifted refusal", "03-03 24:00 overdue contact 1"]
    assert judged.deadlines[1].verdict is Verdict.OPEN


def test_a_leg_refused_and_lifted_gets_its_card_and_is_not_dispatched_again():
    judged = judge(
        assigned("03-02 10:00"),
        contacted("03-02 11:00"),
        act(acts.Refused, "03-03 10:00"),
        upto="03-06 12:00",
    )
    assert told(judged) == [
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
    assert told(judged) == ["03-02 11:00 lifted request"]


def test_a_case_is_lifted_once_whatever_follows():
    judged = judge(
        assigned("03-02 10:00"),
        act(acts.LiftRequested, "03-02 11:00"),
        act(acts.Refused, "03-06 10:00"),
    )
    assert [line for line in told(judged) if " lifted " in line and "overdue" not in line] == [
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
    assert told(judged)[-1] == "03-09 24:00 overdue reply 2"


def test_each_leg_of_a_two_way_dispatch_is_judged_for_itself():
    judged = judge(
        assigned("03-02 10:00", leg(), leg(BUREAU, Role.ASSIST)),
        responded("03-03 10:00"),
        upto="03-06 12:00",
    )
    assert told(judged) == [
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
    assert told(judged) == [
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
    assert told(judged)[-1] == "03-07 10:00 cleared"
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
    assert "03-05 24:00 card reply 1" in told(judged)
    assert "03-07 10:00 cleared" not in told(judged)
    assert judged.cards == 0


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
    assert told(judged) == [
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
    assert told(judged, reminders=True) == [
        "03-03 24:00 overdue contact 1",
        "03-05 17:30 overdue completion 1",
    ]
    assert judged.state is CaseState.DISPATCHED


def test_a_unit_with_hours_of_its_own_is_judged_by_them():
    hours, unusable = (("09:00", "16:00"),), (("9", "16"),)
    for own_hours, due in ((hours, "03-05 16:00"), (unusable, "03-05 17:30"), (None, "03-05 17:30")):
        judged = judge(assigned("03-02 10:00", leg(office_hours=own_hours)), rules=BOWU, upto="03-02 12:00")
        assert stands(judged) == [f"completion 1 {due} open"]


def test_a_reopened_appeal_starts_its_next_round_and_late_again_is_lifted():
    # Reopened Monday 03-09, three days: Thursday 03-12.
    judged = judge(
        assigned("03-02 10:00"),
        completed("03-03 10:00"),
        act(acts.Reopened, "03-09 10:00"),
        upto="03-13 12:00",
    )
    assert told(judged) == [
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
    assert told(judged)[-1] == "03-12 24:00 redispatched overdue 3"


def test_a_leg_that_is_completed_or_ended_cannot_refuse():
    upheld = act(acts.ObjectionDecided, "03-03 10:00", upheld=True)
    for ending in (completed("03-03 10:00"), upheld):
        judged = judge(assigned("03-02 10:00"), ending, act(acts.Refused, "03-03 11:00"))
        assert judged.lifted_at is None


def test_an_upheld_objection_ends_the_leg_and_another_one_does_not():
    decided = acts.ObjectionDecided
    for upheld, state in ((True, CaseState.REGISTERED), (False, CaseState.LIFTED)):
        judged = judge(assigned("03-02 10:00"), act(decided, "03-03 10:00", upheld=upheld))
        assert judged.state is state
        assert bool(told(judged)) is not upheld


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
    assert told(judged) == []
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


REFUSED = (assigned("03-02 10:00"), responded("03-02 11:00"), act(acts.Refused, "03-02 12:00"))


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
    assert told(early)[5] == "03-09 24:00 lifted count"


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("03-02 10:00", "03-02 15:45"),  # 120 minutes to noon, 75 from 14:30
        ("03-06 17:00", "03-09 11:15"),  # Friday: 30 minutes, 165 on Monday
    ],
)
def test_an_appeal_nobody_dispatches_is_supervised(when, due):
    judged = judge(received(when), rules=BOWU)
    assert told(judged) == [f"{due} overdue dispatch 0", f"{due} supervised dispatch 0"]
    assert judged.state is CaseState.REGISTERED


@pytest.mark.parametrize("act_type", [acts.Referred, acts.Closed])
def test_a_referral_or_closure_meets_the_dispatch_limit(act_type):
    assert stands(judge(received("03-02 10:00"), act(act_type, "03-02 11:00"), rules=BOWU)) == [
        "dispatch 0 03-02 15:45 met"
    ]


def test_what_is_late_in_bowu_is_supervised_without_card_or_second_dispatch():
    # Friday 02-13; 02-14 is worked, 02-15 to 02-23 are off: 14, 24, 25.
    judged = judge(received("02-13 09:00"), assigned("02-13 10:00"), rules=BOWU)
    assert told(judged) == ["02-25 17:30 overdue completion 1", "02-25 17:30 supervised completion 1"]
    assert (judged.cards, judged.rounds, judged.lifted_at) == (0, 1, None)


def extended(when: str, limit: Limit) -> Act:
    return act(acts.Extended, when, deadline="completion", limit=limit)


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
    assert [said_at(d.due_at) for d in judged.deadlines] == [due]


def test_an_extended_deadline_is_reminded_of_again():
    extension = extended("03-05 17:00", working_days(10))
    judged = judge(assigned("03-02 10:00"), extension, rules=BOWU)
    reminders = [line for line in told(judged, reminders=True) if "reminder" in line]
    # Three quarters of 24.5 office hours, and of 70: 18 h 22.5 min and 52.5 h; 5 on Monday, then 6.5 a day.
    assert reminders == ["03-05 08:53 reminder completion 1", "03-12 10:30 reminder completion 1"]

    judged = judge(assigned("03-02 10:00"), extension, rules=pack_files.load("bowu-2022@1"))
    reminders = [line for line in told(judged, reminders=True) if "reminder" in line]
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
    assert told(judged, reminders=True) == ["03-05 10:00 reminder completion 1"]


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
    assert told(judged) == ["04-08 17:30 overdue completion 1", "04-08 17:30 supervised completion 1"]


def test_the_end_of_a_pause_is_a_moment_to_wake_for():
    judged = judge(assigned("03-02 10:00"), act(acts.Paused, "03-03 10:00"), rules=BOWU, upto="03-03 12:00")
    assert judged.next_due_at == at("04-02 24:00")


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
