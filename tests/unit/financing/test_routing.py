"""Which banks a request is pushed to, and when the next wave is asked."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.financing.loans import domain
from services.financing.loans.acts import LoanRequestBody, NewLoanRequest
from services.financing.loans.routing import BankRoutingError, load
from shared import events
from shared.states import LoanState
from tests.lending import wish
from tests.unit.financing.samples import AT, BANKS, asked, routed


@pytest.mark.parametrize(
    ("change", "plan"),
    [
        ({"banks": ["bank-c"]}, [["bank-c"]]),
        (
            {"banks": ["bank-c"], "others_too": True, "first_loan": True, "amount": "1"},
            [["bank-c"], ["bank-b"], ["bank-a"]],
        ),
        ({"banks": [], "first_loan": True, "amount": "999999.99"}, [["bank-b"], ["bank-a"]]),
        ({"banks": [], "first_loan": True, "amount": "1000000"}, [["bank-c"]]),
        ({"banks": []}, [["bank-c"]]),
    ],
)
def test_the_choice_comes_first_and_else_the_first_rule_that_fits(
    change: dict[str, Any], plan: list[list[str]]
) -> None:
    assert routed().plan(NewLoanRequest.model_validate(wish(**change)), BANKS) == plan


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("rules: [{when: {}, waves: [[a-1]]}, {when: {}, waves: [[b-1]]}]", "never reached"),
        ("rules: [{when: {}, waves: [[a-1, a-1]]}]", "twice"),
        ('rules: [{when: {from: "5", below: "5"}, waves: [[a-1]]}]', "no amount fits"),
        ("rules: [{when: {}, waves: []}]", "waves"),
    ],
)
def test_routing_rules_that_cannot_be_meant_are_refused_by_line(
    tmp_path: Path, text: str, said_: str
) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(BankRoutingError, match=f"line 1.*{said_}|{said_}"):
        load(file)


def test_the_shipped_routing_rules_can_be_read() -> None:
    assert load(None).rules


def test_a_wave_that_was_silent_before_the_end_is_followed_by_none() -> None:
    loan = asked(banks=["bank-a"], others_too=True)
    late = {
        "leg_id": loan.legs[0].leg_id,
        "unit": "bank-a",
        "round": 1,
        "deadline": "bank_contact",
        "started_at": AT,
        "due_at": AT,
        "verdict": "overdue",
    }
    loan.legs[0].deadlines = [events.Deadline.model_validate(late)]
    ended = loan.model_copy(deep=True)
    domain.end(ended, LoanState.CONSENT_WITHDRAWN, AT)
    assert list(domain.go_on(ended, AT, BANKS)) == []
    assert [type(event) for event in domain.go_on(loan, AT, BANKS)] == [events.LoanPushed]


def test_a_contact_that_an_earlier_version_accepted_stays_readable_and_is_not_accepted_again() -> None:
    old = wish(contact={"name": "王工", "phone": "-----", "email": "a..b@qq.example"})
    assert NewLoanRequest.model_validate(old).contact.phone == "-----"
    with pytest.raises(ValidationError) as refusal:
        LoanRequestBody.model_validate(old)
    assert [error["loc"] for error in refusal.value.errors()] == [("contact", "phone"), ("contact", "email")]
