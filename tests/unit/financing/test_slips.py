"""What a receipt warns of. The request is of 3,000,000 yuan for 12 months, pushed on 2026-11-09 at 09:00."""

from datetime import timedelta
from typing import Any

import pytest

from services.financing.banks.domain import accept, accept_past
from services.financing.banks.slip_words import SLIPS, WarningCode
from services.financing.contract import BankReport, Evidence
from services.financing.contract_receipts import ReportReceipt
from services.financing.loans import domain
from shared.states import BankLegState, LoanState
from tests.lending import report_body
from tests.unit.financing.samples import AT, asked


def answered(state: str = "approved", **more: Any) -> ReportReceipt:
    loan = asked()
    body = BankReport.model_validate(report_body(loan.legs[0].leg, state, **more))
    return accept(loan, "bank-a", body, AT + timedelta(hours=1))[0]


def warned(**more: Any) -> list[tuple[str, str]]:
    return [(warning.code, warning.field) for warning in answered(**more).warnings]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rate_percent": "0.0385"}, "rate_looks_like_a_fraction"),
        ({"rate_percent": "0"}, "rate_looks_like_a_fraction"),
        ({"rate_percent": "0.4999"}, "rate_looks_like_a_fraction"),
        ({"rate_percent": "0.5"}, None),
        ({"rate_percent": "3.85"}, None),
        ({"rate_percent": "24"}, None),
        ({"rate_percent": "24.01"}, "rate_looks_too_high"),
        ({"amount": "300"}, "amount_far_below_requested"),  # 300 万元
        ({"amount": "2999.99"}, "amount_far_below_requested"),
        ({"amount": "3000"}, None),
        ({"amount": "29999999.99"}, None),
        ({"amount": "30000000"}, "amount_far_above_requested"),
        ({"term_months": 1}, "term_far_below_requested"),
        ({"term_months": 2}, "term_far_below_requested"),  # 12 / 6
        ({"term_months": 3}, None),
        ({"term_months": 71}, None),
        ({"term_months": 72}, "term_far_above_requested"),
        ({"done_at": "2026-11-09T10:05:00+08:00"}, None),
        ({"done_at": "2026-11-09T10:00:00Z"}, "done_in_the_future"),  # Beijing time, marked as UTC
        ({"done_at": "2026-11-09T08:55:00+08:00"}, None),
        ({"done_at": "2026-11-09T02:00:00+08:00"}, "done_before_the_request"),  # UTC, marked as Beijing time
    ],
)
def test_a_likely_slip_is_named_and_what_is_usual_is_not(fields: dict[str, Any], code: str | None) -> None:
    field = next(iter(fields))
    assert warned(**fields) == ([] if code is None else [(code, field)])


def test_every_warning_can_come_and_names_its_field_in_both_languages() -> None:
    seen = {}
    for fields in (
        {"rate_percent": "0.0385", "amount": "300", "term_months": 1, "done_at": "2026-11-09T10:00:00Z"},
        {
            "rate_percent": "38.5",
            "amount": "300000000",
            "term_months": 360,
            "done_at": "2026-11-09T00:00:00Z",
        },
    ):
        seen |= {warning.code: warning for warning in answered(**fields).warnings}
    assert set(seen) == set(WarningCode) == set(SLIPS)
    for warning in seen.values():
        assert warning.field in warning.zh
        assert warning.field in warning.en
    assert (
        seen["amount_far_below_requested"].zh == "amount 为 300.00 元，申请 3000000.00 元；单位是元，不是万元"
    )
    assert "2026-11-09 18:00 in Beijing time" in seen["done_in_the_future"].en


def test_a_warning_changes_neither_outcome_nor_state() -> None:
    slip, usual = answered(rate_percent="0.0385"), answered()
    assert slip.model_copy(update={"warnings": ()}) == usual
    assert "warnings" not in usual.model_dump(), "absent rather than empty"
    assert slip.model_dump(mode="json")["warnings"][0]["field"] == "rate_percent"


def test_what_is_refused_is_not_warned_of() -> None:
    loan = asked()
    domain.end(loan, LoanState.WITHDRAWN, AT)
    body = BankReport.model_validate(report_body(loan.legs[0].leg, "approved", rate_percent="0.0385"))
    assert accept(loan, "bank-a", body, AT)[0].warnings == ()


def test_a_reported_withdrawal_is_warned_of_too() -> None:
    assert warned(state="withdrawn", done_at="2026-11-09T10:00:00Z") == [("done_in_the_future", "done_at")]


def test_an_imported_report_is_compared_with_nothing() -> None:
    loan = asked()
    loan.wish = None
    answer, event = accept_past(loan, BankLegState.APPROVED, Evidence(by="李"), AT)
    assert event is not None
    assert answer.warnings == ()
