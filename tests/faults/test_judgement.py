"""The checker's own arithmetic and ladder, on days whose answer is known."""

from datetime import datetime
from typing import Any

import pytest

from tests.faults.expected import DUE_MINUTE
from tests.faults.judgement import ExpectedCase
from tests.faults.reckoning import ZONE, due, remind_at, rules


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        # Spring Festival is off until the 23rd; the 14th, a Saturday, is worked
        ({"number": 3, "unit": "working_days"}, "2026-02-13 10:00", "2026-02-25 17:30"),
        # to 12:00 are 120 minutes, 75 are left from 14:30
        ({"number": 1, "unit": "half_working_days"}, "2026-03-10 10:00", "2026-03-10 15:45"),
        # 30 minutes of Friday, 165 of Monday
        ({"number": 1, "unit": "half_working_days"}, "2026-03-13 17:00", "2026-03-16 11:15"),
        ({"number": 1, "unit": "natural_days", "roll": True}, "2026-03-13 10:00", "2026-03-17 00:00"),
        ({"number": 3, "unit": "natural_days"}, "2026-03-13 10:00", "2026-03-17 00:00"),
        ({"number": 1, "unit": "months"}, "2026-01-31 10:00", "2026-03-01 00:00"),
    ],
)
def test_a_limit_ends_where_counting_by_hand_ends(limit: dict[str, Any], start: str, end: str) -> None:
    assert due(limit, local(start), rules("bozhou-2024@2")) == local(end)


@pytest.mark.parametrize(
    ("limit", "start", "reminded"),
    [
        ({"number": 1, "unit": "half_working_days"}, "2026-03-13 17:00", "2026-03-16 10:27"),  # 146.25 of 195
        ({"number": 1, "unit": "working_days"}, "2026-03-13 17:00", "2026-03-16 15:45"),  # 315 of 420
        ({"number": 1, "unit": "natural_days"}, "2026-03-02 12:00", "2026-03-03 15:00"),  # 27 of 36 h
    ],
)
def test_a_reminder_goes_by_the_time_that_counts(limit: dict[str, Any], start: str, reminded: str) -> None:
    pack = rules("bozhou-2024@2")
    assert remind_at(limit, local(start), due(limit, local(start), pack), pack, 75) == local(reminded)


@pytest.mark.parametrize(
    ("limit", "pause", "end"),
    [
        # 24:00 of the 10th lies in the pause: the 11th, 12th and 13th count
        ({"number": 3, "unit": "natural_days"}, ("2026-03-10 12:00", "2026-03-11 12:00"), "2026-03-14 00:00"),
        # a pause within a day costs no day
        ({"number": 3, "unit": "natural_days"}, ("2026-03-10 08:00", "2026-03-10 23:59"), "2026-03-13 00:00"),
        # Saturday to Monday are lost
        (
            {"number": 5, "unit": "natural_days", "roll": True},
            ("2026-03-14 09:00", "2026-03-17 00:01"),
            "2026-03-18 00:00",
        ),
        # the close of business of the 10th lies in the pause, that of the 11th does not
        ({"number": 2, "unit": "working_days"}, ("2026-03-10 17:30", "2026-03-11 17:30"), "2026-03-12 17:30"),
        # 90 of 195 minutes are over at 11:30; 105 are left from 14:30 on Tuesday
        (
            {"number": 1, "unit": "half_working_days"},
            ("2026-03-09 11:30", "2026-03-10 13:00"),
            "2026-03-10 16:15",
        ),
    ],
)
def test_a_pause_does_not_count(limit: dict[str, Any], pause: tuple[str, str], end: str) -> None:
    pauses = [(local(pause[0]), local(pause[1]))]
    assert due(limit, local("2026-03-09 10:00"), rules("bozhou-2024@2"), pauses) == local(end)


def test_a_pause_that_lasts_keeps_a_limit_from_ending_unless_it_comes_after() -> None:
    pack, start = rules("bozhou-2024@2"), local("2026-03-09 10:00")
    three = {"number": 3, "unit": "natural_days"}
    assert due(three, start, pack, [(local("2026-03-12 23:59"), None)]) is None
    assert due(three, start, pack, [(local("2026-03-13 00:01"), None)]) == local("2026-03-13 00:00")


def passed(text: str) -> datetime:
    """When a deadline passes: at the end of its due minute."""
    return local(text) + DUE_MINUTE


def history(*acts: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    legs = [{"leg": "a", "unit": "roads", "role": "lead", "leader": "mayor"}]
    begun = [
        {"at": local("2026-03-09 09:00"), "received": True, "what": []},
        {"at": local("2026-03-09 10:00"), "legs": legs, "what": []},
    ]
    return begun + [{"at": local(at), "leg": "a", **act} for at, act in acts]


def judged(*acts: tuple[str, dict[str, Any]], pack: str = "bozhou-2024@2") -> ExpectedCase:
    return ExpectedCase(rules(pack), "help").judge(history(*acts), local("2026-05-01 12:00"))


def moments(case: ExpectedCase, type_: str) -> list[datetime]:
    return [event.at for event in case.events if event.type == type_]


REPLY = {"what": ["responded"]}
DONE = {"what": ["completed"], "completes": True}


def test_a_reply_in_the_due_minute_is_in_time_and_a_minute_later_is_not() -> None:
    for within in ("00:00", "00:00:59.999999"):
        assert moments(judged((f"2026-03-13 {within}", REPLY)), "card.issued") == []
    late = judged(("2026-03-13 00:01", REPLY))
    assert moments(late, "card.issued") == [passed("2026-03-13 00:00")]
    assert moments(late, "appeal.lifted") == []  # it is the second round's reply, and timely there


def test_two_rounds_without_a_word_lift_the_case_and_lifted_handling_is_supervised() -> None:
    case = judged()
    assert moments(case, "card.issued") == [passed("2026-03-13 00:00")]
    # round 2 begins on the 13th: three days later is Monday the 16th
    assert moments(case, "appeal.lifted") == [passed("2026-03-17 00:00")]
    assert moments(case, "appeal.supervised") == [passed("2026-03-28 00:00")]
    assert (case.state, case.rounds(), case.cards) == ("lifted", 2, 1)


def test_a_completion_clears_the_card_and_meets_what_was_overdue() -> None:
    case = judged(("2026-03-13 08:00", DONE))
    assert moments(case, "card.cleared") == [local("2026-03-13 08:00")]
    assert case.state == "completed"
    assert {deadline.verdict for deadline in case.deadlines if deadline.round == 2} == {"met"}


def test_a_refusal_lifts_at_once_and_nothing_follows_a_withdrawal() -> None:
    refused = judged(("2026-03-09 15:00", {"what": [], "lifts": "refused"}))
    assert moments(refused, "appeal.lifted") == [local("2026-03-09 15:00")]
    withdrawn = judged(("2026-03-09 15:00", {"what": [], "ends": "withdrawn"}))
    assert [deadline.verdict for deadline in withdrawn.deadlines] == ["void", "void"]
    assert withdrawn.events == []


def test_what_was_accepted_at_the_moment_of_the_end_was_before_it() -> None:
    end = ("2026-03-09 11:00", {"ends": "withdrawn", "what": []})
    case = judged(end, ("2026-03-09 11:00", REPLY))
    assert {deadline.kind: deadline.verdict for deadline in case.deadlines} == {
        "contact": "met",
        "reply": "met",
    }
    assert case.state == "withdrawn"


def test_what_dispatch_did_before_it_heard_of_the_end_is_kept_and_not_judged() -> None:
    leg = {"leg": "b", "unit": "water", "role": "assist", "leader": None}
    late = [
        (f"2026-03-09 1{hour}:00", act) for hour, act in enumerate(({"legs": [leg], "what": []}, DONE), 2)
    ]
    case = judged(("2026-03-09 11:00", {"ends": "withdrawn", "what": []}), *late)
    assert (case.legs["a"].state(), case.unjudged["b"].state()) == ("completed", "open")
    assert (case.state, case.rounds(), case.events) == ("withdrawn", 1, [])
    assert {deadline.verdict for deadline in case.deadlines} == {"void"}


PAUSE = {"what": [], "pauses": True}
RESUME = {"what": [], "resumes": True}


def test_a_pause_moves_the_card_and_ends_by_its_cap() -> None:
    resumed = judged(("2026-03-10 12:00", PAUSE), ("2026-03-11 12:00", RESUME))
    assert moments(resumed, "card.issued") == [passed("2026-03-14 00:00")]
    # it ends by itself at 24:00 of the 8th of April, a moment that counts: so do the 9th and the 10th
    forgotten = judged(("2026-03-09 12:00", PAUSE))
    assert moments(forgotten, "card.issued") == [passed("2026-04-11 00:00")]
    assert forgotten.legs["a"].state() == "paused"


def test_a_limit_is_extended_once_from_its_own_start_and_never_shortened() -> None:
    ten = {"number": 10, "unit": "working_days"}
    extended = judged(("2026-03-11 09:00", {"what": [], "extends": ("completion", ten)}), pack="bowu-2022@2")
    assert moments(extended, "appeal.supervised") == [passed("2026-03-23 17:30")]
    two = {**ten, "number": 2}
    shortened = judged(("2026-03-10 09:00", {"what": [], "extends": ("completion", two)}), pack="bowu-2022@2")
    assert moments(shortened, "appeal.supervised") == [passed("2026-03-12 17:30")]


def test_reopened_the_leg_begins_its_next_round() -> None:
    case = judged(("2026-03-10 09:00", DONE), ("2026-03-20 09:00", {"what": [], "reopens": True}))
    assert moments(case, "appeal.redispatched") == [local("2026-03-20 09:00")]
    # three natural days end on Monday the 23rd
    assert moments(case, "appeal.lifted") == [passed("2026-03-24 00:00")]
    assert (case.state, case.rounds(), case.cards) == ("lifted", 2, 0)


def verdicts(case: ExpectedCase) -> list[str]:
    return [f"{row.kind} {row.verdict}" for row in case.deadlines if row.leg]


CONTACT = {"what": ["contacted"]}
SHARED_DONE = {**DONE, "passed_on": True}


def test_what_was_done_for_the_lead_is_no_contact_with_a_merged_enterprise() -> None:
    def contact(*acts: tuple[str, dict[str, Any]]) -> str:
        return verdicts(judged(*acts, pack="bozhou-2024"))[0]

    assert contact(("2026-03-09 11:00", DONE)) == "contact met"
    assert contact(("2026-03-09 11:00", SHARED_DONE)) == "contact overdue"
    assert contact(("2026-03-09 11:00", SHARED_DONE), ("2026-03-09 12:00", CONTACT)) == "contact met"
    assert contact(("2026-03-09 11:00", {**REPLY, "passed_on": True})) == "contact overdue"


def test_a_paused_appeal_that_is_completed_for_the_lead_still_has_to_be_contacted() -> None:
    paused = ("2026-03-09 10:30", PAUSE), ("2026-03-09 11:00", SHARED_DONE)
    assert verdicts(judged(*paused, pack="bozhou-2024"))[0] == "contact overdue"


def test_a_bank_that_gives_a_request_back_is_waited_for_until_the_enterprise_confirms() -> None:
    asked, pack = {"what": [], "starts": "objected"}, "bozhou-2024-financing"
    answered = {"what": ["objection_decided"]}
    bank = {"leg": "a", "unit": "huai", "role": "assist"}

    def loan(*acts: tuple[str, dict[str, Any]]) -> list[str]:
        begun = [{"at": local("2026-03-09 10:00"), "received": True, "legs": [bank], "what": []}]
        later = [{"at": local(at), "leg": "a", **act} for at, act in acts]
        return verdicts(ExpectedCase(rules(pack), "help").judge(begun + later, local("2026-06-01 12:00")))

    banks = ["bank_contact", "bank_status", "bank_decision"]
    late = [f"{kind} overdue" for kind in banks]
    assert loan(("2026-03-09 11:00", asked)) == [*late, "withdrawal overdue"]
    denied = loan(("2026-03-09 11:00", asked), ("2026-03-09 15:00", {**answered, "ends_leg": False}))
    assert denied == [*late, "withdrawal met"]
    confirmed = loan(("2026-03-09 11:00", asked), ("2026-03-09 15:00", {**answered, "ends_leg": True}))
    assert confirmed == [*(f"{kind} void" for kind in banks), "withdrawal met"]
    approved = ("2026-03-09 15:00", {"what": ["approved"], "starts": "approved"})
    both = loan(approved, ("2026-03-09 15:00", {**answered, "ends_leg": True}))
    assert both == [f"{kind} void" for kind in banks]  # at one moment the answer comes first


def test_each_report_of_a_debtor_has_a_clock_of_its_own_until_it_is_decided() -> None:
    def reported(*more: tuple[str, dict[str, Any]]) -> list[str]:
        proposed = [("2026-03-10 10:00", 1), ("2026-03-11 10:00", 2)]
        reports = [(at, {"what": [], "proposes": number}) for at, number in proposed]
        case = judged(*reports, *more, pack="qingyang-2023-arrears@3")
        return [verdict for verdict in verdicts(case) if "stage_decision" in verdict]

    assert reported() == ["stage_decision overdue"] * 2
    second = ("2026-03-12 10:00", {"what": [], "decides": 2})
    assert reported(second) == ["stage_decision overdue", "stage_decision met"]


def test_what_was_paid_adds_up_and_the_earliest_instalment_is_met_first() -> None:
    dates = ["2026-03-20T10:00:00+08:00", "2026-03-30T10:00:00+08:00"]
    plan = {"stage": "plan_agreed", "dates": dates, "amounts": ["600.00", "400.00"]}

    def debt(*payments: tuple[str, str], more: tuple[tuple[str, dict[str, Any]], ...] = ()) -> list[str]:
        paid = [(at, {"what": [], "reaches": {"stage": "paid", "amount": yuan}}) for at, yuan in payments]
        case = judged(
            ("2026-03-10 10:00", {"what": [], "reaches": {"stage": "confirmed"}}),
            ("2026-03-11 10:00", {"what": [], "reaches": plan}),
            *paid,
            *more,
            pack="qingyang-2023-arrears@3",
        )
        return verdicts(case)

    before = ["confirmation met", "settlement met"]
    assert debt(("2026-03-15 10:00", "1.00")) == [*before, "instalment overdue", "instalment overdue"]
    late = debt(("2026-03-15 10:00", "599.99"), ("2026-03-21 10:00", "0.01"))
    assert late == [*before, "instalment overdue", "instalment overdue"]
    all_of_it = debt(("2026-03-15 10:00", "700"), ("2026-03-30 10:00", "300"))
    assert all_of_it == [*before, "instalment met", "instalment met", "settled overdue"]
    done = ("2026-03-16 10:00", DONE)
    assert debt(("2026-03-15 10:00", "999.99"), more=(done,)) == [
        *before,
        "instalment met",
        "instalment overdue",
    ]
    word = ("2026-03-15 11:00", {"what": [], "reaches": {"stage": "paid", "in_full": True}})
    by_word = debt(("2026-03-15 10:00", "1"), more=(word, done))
    assert by_word == [*before, "instalment met", "instalment met", "settled met"]
    anew = ("2026-03-15 12:00", {"what": [], "reaches": plan})
    assert debt(("2026-03-15 10:00", "1"), more=(word, anew))[-2:] == ["instalment overdue"] * 2
