"""What a bank may report, and the receipt it gets."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.financing.banks.again import AGAIN
from services.financing.banks.domain import TRANSITIONS, accept
from services.financing.banks.receipts import receipt
from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportReceipt
from services.financing.loans import domain
from services.financing.loans.document import LoanDocument
from shared.states import BankLegState, LoanState
from tests.lending import report_body
from tests.unit.financing.judging import registered
from tests.unit.financing.samples import AT, asked


def take(
    loan: LoanDocument, state: BankLegState, bank: str = "bank-a", after: timedelta = timedelta(hours=1)
) -> str:
    body = BankReport.model_validate(report_body(loan.legs[0].leg, state))
    return accept(loan, bank, body, AT + after)[0].code


@pytest.mark.parametrize("before", BankLegState)
@pytest.mark.parametrize("after", [state for state in BankLegState if state is not BankLegState.PUSHED])
def test_a_report_is_taken_if_and_only_if_the_table_allows_it(
    before: BankLegState, after: BankLegState
) -> None:
    loan = asked()
    loan.legs[0].state = before
    called = after is BankLegState.CONTACTED and before is not BankLegState.WITHDRAWN
    allowed = after in TRANSITIONS[before] or after in AGAIN.get(before, ()) or called
    assert take(loan, after) == ("accepted" if allowed else "out_of_order")
    changes = after in TRANSITIONS[before] and after is not BankLegState.WITHDRAWN
    assert loan.legs[0].state is (after if changes else before)


def test_a_call_may_be_reported_also_after_a_decision() -> None:
    loan = asked()
    assert take(loan, BankLegState.DECLINED) == "accepted"
    assert take(loan, BankLegState.CONTACTED) == "accepted"
    assert loan.legs[0].state is BankLegState.DECLINED


def test_money_follows_an_approval_alone() -> None:
    for before in set(BankLegState) - {BankLegState.APPROVED, BankLegState.DISBURSED}:
        loan = asked()
        loan.legs[0].state = before
        assert take(loan, BankLegState.DISBURSED) == "out_of_order"


def test_a_judge_that_is_behind_makes_no_report_late() -> None:
    """The old way: `approved` was late for the status that `under_review` had met, until that was judged."""
    loan, _ = registered()
    assert take(loan, BankLegState.UNDER_REVIEW) == "accepted"
    assert take(loan, BankLegState.APPROVED, after=timedelta(days=5)) == "accepted"
    assert take(loan, BankLegState.CONTACTED, after=timedelta(days=5)) == "too_late_but_recorded"


def withdrawn(loan: LoanDocument, report_id: str = "1") -> ReportReceipt:
    body = BankReport.model_validate(report_body(loan.legs[0].leg, "withdrawn", report_id))
    return accept(loan, "bank-a", body, AT + timedelta(hours=1))[0]


def test_a_bank_that_says_the_enterprise_withdrew_learns_that_nothing_stops() -> None:
    loan = asked()
    answer = withdrawn(loan)
    assert (answer.outcome, answer.code, answer.state) == ("accepted", "accepted", "pushed")
    assert "时限照常计算" in answer.zh
    assert "all limits run on until then" in answer.en
    assert loan.legs[0].asked
    assert take(loan, BankLegState.CONTACTED) == "accepted", "the bank goes on"


def test_while_the_enterprise_is_asked_the_bank_cannot_ask_again() -> None:
    loan = asked()
    withdrawn(loan)
    assert withdrawn(loan, "2").code == "out_of_order"


def test_under_an_earlier_pack_it_ends_the_leg_as_it_did() -> None:
    loan = asked()
    loan.asks_back = False
    assert withdrawn(loan).state == "withdrawn"
    assert loan.legs[0].asked is None


def test_every_state_has_its_row_its_name_and_a_way_to_a_decision() -> None:
    assert set(TRANSITIONS) == set(BankLegState)
    assert not any(state in TRANSITIONS[state] for state in BankLegState)


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("approved", {"amount": None}),
        ("approved", {"rate_percent": None}),
        ("approved", {"reason": "other"}),
        ("declined", {"reason": None}),
        ("declined", {"reason": "other"}),
        ("declined", {"amount": "5"}),
        ("contacted", {"reason": "other"}),
        ("contacted", {"term_months": 5}),
        ("contacted", {"amount": "5"}),
        ("contacted", {"disbursed_on": "2026-11-09"}),
        ("approved", {"disbursed_on": "2026-11-09"}),
        ("disbursed", {"rate_percent": "3.85"}),
        ("disbursed", {"disbursed_on": "2026-11-31"}),
        ("disbursed", {"disbursed_on": "2026-11-09T10:00:00+08:00"}),
        ("pushed", {}),
    ],
)
def test_a_report_whose_facts_do_not_fit_its_state_is_malformed(state: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BankReport.model_validate(report_body("RZ-20261109-00001/1", state, **change))


def test_a_leg_of_another_bank_is_answered_like_one_that_is_not_there() -> None:
    loan = asked()
    there = take(loan, BankLegState.CONTACTED, bank="bank-b")
    gone = BankReport.model_validate(report_body("RZ-20261109-00009/1", "contacted"))
    assert there == accept(None, "bank-b", gone, AT)[0].code == "unknown_leg"


def test_after_the_end_nothing_is_taken() -> None:
    loan = asked()
    domain.end(loan, LoanState.WITHDRAWN, AT)
    assert take(loan, BankLegState.CONTACTED) == "request_ended"


def test_every_receipt_says_in_two_languages_what_to_do() -> None:
    body = BankReport.model_validate(report_body("RZ-20261109-00001/1", "contacted"))
    for code in ReceiptCode:
        answer = receipt(body, AT, code)
        assert answer.zh
        assert answer.en
