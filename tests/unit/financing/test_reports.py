"""What a bank may report, and the receipt it gets."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.financing.banks.domain import STATE_ZH, TRANSITIONS, accept
from services.financing.banks.receipts import receipt
from services.financing.contract import BankLegState, BankReport, ReceiptCode
from services.financing.loans import domain
from services.financing.loans.document import LoanDocument, LoanState
from tests.lending import report_body
from tests.unit.financing.samples import AT, asked


def take(loan: LoanDocument, state: BankLegState, bank: str = "bank-a") -> str:
    body = BankReport.model_validate(report_body(loan.legs[0].leg, state))
    return accept(loan, bank, body, AT + timedelta(hours=1))[0].code


@pytest.mark.parametrize("before", BankLegState)
@pytest.mark.parametrize("after", [state for state in BankLegState if state is not BankLegState.PUSHED])
def test_a_report_is_taken_if_and_only_if_the_table_allows_it(
    before: BankLegState, after: BankLegState
) -> None:
    loan = asked()
    loan.legs[0].state = before
    allowed = after in TRANSITIONS[before]
    assert take(loan, after) == ("accepted" if allowed else "out_of_order")
    assert loan.legs[0].state is (after if allowed else before)


def test_every_state_has_its_row_its_name_and_a_way_to_a_decision() -> None:
    assert set(TRANSITIONS) == set(STATE_ZH) == set(BankLegState)
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
