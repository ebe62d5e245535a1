"""A debt at dispatch: sums add up, plans need the other side's word, the debtor alone is never done."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.dispatch.acts.stages import DecideStage, Reach
from services.dispatch.acts.units import Complete
from services.dispatch.domain.arrears import account
from shared.events import AppealCompleted, StageDeclined, StageProposed, StageReached
from shared.rules.arrears import Account
from shared.rules.pack import pack_files
from tests.unit.dispatch.case import OFFICE, ROADS, CaseAtDispatch, refused

DEBT = pack_files.load(Path(__file__).parent / "arrears.yaml")
APRIL, MAY = "2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"
PLAN = {"stage": "agreed", "dates": [APRIL, MAY], "amounts": ["600000", "400000"], "text": "分两期"}
DONE = {"outcome": "solved", "text": "已付清"}


def claim() -> CaseAtDispatch:
    """A debt of a million that the office has counted."""
    case = CaseAtDispatch(DEBT).assigned()
    case.do(OFFICE, Reach, stage="counted", amount="1000000", text="对账")
    return case


def paid(case: CaseAtDispatch, yuan: str) -> None:
    case.do(ROADS, Reach, stage="paid", amount=yuan, text="转账")


def owes(case: CaseAtDispatch) -> Account:
    return account(case.appeal.legs[0], case.rules)


def test_the_debtor_alone_moves_no_plan() -> None:
    case = claim()
    (event,) = case.do(ROADS, Reach, **PLAN)
    assert isinstance(event, StageProposed)
    assert event.sums == (Decimal(600000), Decimal(400000))
    assert owes(case).plan == ()
    (event,) = case.do(OFFICE, DecideStage, number=1, confirmed=True, by="creditor", who="王会计")
    assert isinstance(event, StageReached)
    assert (event.confirmed_by, event.sums) == ("creditor", (Decimal(600000), Decimal(400000)))
    assert [due for _, due in owes(case).plan] == [600000, 400000]


def test_what_the_creditor_does_not_confirm_changes_nothing() -> None:
    case = claim()
    case.do(ROADS, Reach, **PLAN)
    refused(case, 422, "reason", OFFICE, DecideStage, number=1, confirmed=False, by="office")
    refused(case, 422, "who", OFFICE, DecideStage, number=1, confirmed=True, by="creditor")
    (event,) = case.do(OFFICE, DecideStage, number=1, confirmed=False, by="office", reason="未商定")
    assert isinstance(event, StageDeclined)
    assert (case.appeal.legs[0].proposed, owes(case).plan) == ([], ())
    refused(case, 409, "number", OFFICE, DecideStage, number=1, confirmed=True, by="office")


def test_a_decision_names_the_report_that_it_is_about() -> None:
    """By its number the clock of the one ends, and that of another report runs on."""
    case = claim()
    for number in (1, 2):
        (event,) = case.do(ROADS, Reach, stage="paid", amount="100", in_full=True, text="转账")
        assert isinstance(event, StageProposed)
        assert event.number == number
    (event,) = case.do(OFFICE, DecideStage, number=2, confirmed=True, by="office")
    assert isinstance(event, StageReached)
    assert event.number == 2
    (event,) = case.do(OFFICE, DecideStage, number=1, confirmed=False, by="office", reason="重复")
    assert isinstance(event, StageDeclined)
    assert event.number == 1
    (event,) = case.do(OFFICE, Reach, stage="counted", amount="900000", text="对账")
    assert isinstance(event, StageReached)
    assert event.number is None


def test_the_offices_own_word_counts_at_once() -> None:
    case = claim()
    (event,) = case.do(OFFICE, Reach, **PLAN)
    assert isinstance(event, StageReached)
    assert event.confirmed_by == "office"


def test_one_yuan_pays_one_yuan_and_the_ledger_says_what_is_open() -> None:
    case = claim()
    case.do(OFFICE, Reach, **PLAN)
    paid(case, "1.00")
    assert (owes(case).met(), owes(case).open()) == (0, Decimal("999999.00"))
    paid(case, "599999")
    assert (owes(case).met(), owes(case).next_due()) == (1, (owes(case).plan[1][0], Decimal(400000)))


def test_the_debtor_is_not_done_before_all_is_paid() -> None:
    case = claim()
    refused(case, 409, "1000000.00 yuan", ROADS, Complete, **DONE)
    case.do(OFFICE, Reach, **PLAN)
    paid(case, "999999.99")
    refused(case, 409, "0.01 yuan", ROADS, Complete, **DONE)
    paid(case, "0.01")
    (event,) = case.do(ROADS, Complete, **DONE)
    assert isinstance(event, AppealCompleted)


def test_a_debtor_of_whom_nothing_is_counted_is_not_done_by_his_word() -> None:
    refused(CaseAtDispatch(DEBT).assigned(), 409, "owed", ROADS, Complete, **DONE)


def test_that_all_is_paid_needs_the_word_of_creditor_or_office() -> None:
    case = claim()
    (event,) = case.do(ROADS, Reach, stage="paid", in_full=True, text="已付清")
    assert isinstance(event, StageProposed)
    refused(case, 409, "owed", ROADS, Complete, **DONE)
    case.do(OFFICE, DecideStage, number=1, confirmed=True, by="creditor", who="王会计")
    assert case.do(ROADS, Complete, **DONE)
    other = claim()
    (event,) = other.do(OFFICE, Reach, stage="paid", in_full=True, text="双方抹账")
    assert isinstance(event, StageReached)
    assert event.in_full


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (PLAN | {"amounts": []}, "amounts"),
        (PLAN | {"amounts": ["600000"]}, "amounts"),
        (PLAN | {"amounts": ["600000", "399999.99"]}, "amounts"),  # a cent left over
        (PLAN | {"in_full": True}, "in_full"),
        ({"stage": "counted", "text": "x"}, "amount"),
    ],
)
def test_sums_are_complete_and_leave_no_part_over(body: dict[str, Any], field: str) -> None:
    refused(claim(), 422, field, OFFICE, Reach, **body)


def test_a_payment_says_how_much() -> None:
    refused(claim(), 422, "amount", ROADS, Reach, stage="paid", text="x")


def test_a_new_plan_may_be_of_what_is_still_owed() -> None:
    case = claim()
    case.do(OFFICE, Reach, **PLAN)
    paid(case, "100000")
    new = PLAN | {"amounts": ["500000", "400000"]}
    refused(case, 422, "900000", OFFICE, Reach, **new | {"amounts": ["500000", "399999"]})
    assert case.do(OFFICE, Reach, **new)
    assert owes(case).open() == 900000


def test_the_word_of_before_does_not_hold_when_the_claim_is_open_again() -> None:
    case = claim()
    case.do(OFFICE, Reach, stage="paid", in_full=True, text="双方抹账")
    case.do(ROADS, Complete, **DONE)
    case.appeal.legs[0].begin_round(2, case.now)
    refused(case, 409, "1000000.00 yuan", ROADS, Complete, **DONE)
