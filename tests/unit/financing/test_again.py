"""What a bank reports again: notes, a corrected or better offer, money in parts. Nothing is judged anew."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from services.financing.banks.again import MOST_REPORTS
from services.financing.banks.domain import accept, accept_past
from services.financing.contract import BankReport, Evidence
from services.financing.contract_receipts import ReportReceipt
from services.financing.engine import FACTS
from services.financing.enterprises.domain import summary
from services.financing.loans import domain, views
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event
from shared.states import BankLegState, LoanState
from tests.lending import report_body
from tests.unit.financing.judging import CALENDAR, judge, registered
from tests.unit.financing.samples import AT, asked

DAY = timedelta(days=1)
EARLIER = "5de66704be18b292b55898272954e388736cf93b8001b0a4914d8d7819eab359"
"""The fingerprint of a report `disbursed` before it could have a sum and a day."""


class Bank:
    """The bank of the first leg, which reports once an hour. Its usual offer is 2,000,000.00 yuan."""

    def __init__(self, loan: LoanDocument) -> None:
        self.loan, self.leg, self.said = loan, loan.legs[0], list[Event]()
        self.at = AT

    def says(self, state: str, **more: Any) -> ReportReceipt:
        self.at += timedelta(hours=1)
        body = BankReport.model_validate(report_body(self.leg.leg, state, f"r{self.at:%d%H}", **more))
        answer, event = accept(self.loan, "bank-a", body, self.at)
        self.said += [event] if event else []
        return answer

    def codes(self, *states: str) -> list[str]:
        return [self.says(state).code for state in states]


def test_notes_are_taken_more_than_once_and_the_state_stays() -> None:
    bank = Bank(asked())
    states = (
        "contacted",
        "contacted",
        "documents_needed",
        "documents_needed",
        "under_review",
        "under_review",
    )
    assert bank.codes(*states) == ["accepted"] * 6
    assert [type(event) for event in bank.said] == [events.LoanReported, events.LoanReportedAgain] * 3
    assert bank.leg.state is BankLegState.UNDER_REVIEW
    assert [report.state for report in bank.leg.reports] == list(states)


def test_a_better_offer_takes_the_place_of_the_first() -> None:
    bank = Bank(asked())
    bank.says("approved", rate_percent="0.0385")
    answer = bank.says("approved", amount="2500000", rate_percent="3.45", term_months=24)
    assert (answer.code, answer.state, answer.warnings) == ("accepted", "approved", ())
    shown = views.for_enterprise(bank.loan, [], CALENDAR.zone)["legs"][0]
    assert shown["offer"] == {"amount": "2500000.00", "rate_percent": "3.45", "term_months": 24}
    (amounts,) = summary([bank.loan], [])["amounts"].values()
    assert amounts["approved"] == "2500000.00", "not the sum of both offers"


def test_money_comes_in_parts_up_to_what_was_approved() -> None:
    bank = Bank(asked())
    bank.says("approved")
    first = bank.says("disbursed", amount="1500000", disbursed_on="2026-11-09")
    assert (first.code, first.state) == ("accepted", "disbursed")
    above = bank.says("disbursed", amount="500000.01")
    assert (above.outcome, above.code, above.field) == ("refused", "more_than_approved", "amount")
    assert "批准 2000000.00 元，已放款 1500000.00 元" in above.zh
    assert "2000000.00 yuan are approved and 1500000.00 yuan disbursed; 500000.01 yuan are added" in above.en
    assert bank.says("disbursed", amount="500000").code == "accepted"
    assert bank.says("disbursed", amount="0.01").code == "more_than_approved"
    assert bank.says("disbursed").code == "more_than_approved", "nothing is left"
    shown = views.for_enterprise(bank.loan, [], CALENDAR.zone)["legs"][0]
    assert shown["disbursed"] == "2000000.00"
    assert [report["amount"] for report in shown["reports"]] == ["2000000.00", "1500000.00", "500000.00"]
    assert [str(report["disbursed_on"]) for report in shown["reports"]] == ["None", "2026-11-09", "None"]


def test_the_first_part_is_not_above_the_offer_either() -> None:
    bank = Bank(asked())
    bank.says("approved")
    assert bank.says("disbursed", amount="2000000.01").code == "more_than_approved"
    assert bank.leg.state is BankLegState.APPROVED


def test_without_a_sum_all_that_is_left_is_disbursed() -> None:
    bank = Bank(asked())
    assert bank.codes("approved", "disbursed") == ["accepted", "accepted"]
    assert bank.leg.disbursed_fen == 200_000_000
    parts = Bank(asked())
    parts.says("approved")
    parts.says("disbursed", amount="1")
    assert parts.says("disbursed").code == "accepted"
    assert parts.leg.disbursed_fen == 200_000_000


def test_after_a_higher_offer_more_is_disbursed_and_none_goes_below_what_was() -> None:
    bank = Bank(asked())
    assert bank.codes("approved", "disbursed") == ["accepted", "accepted"]
    below = bank.says("approved", amount="1999999.99")
    assert (below.code, below.state) == ("more_than_approved", "disbursed")
    assert "已批准 2000000.00 元，已放款 2000000.00 元，改批 1999999.99 元" in below.zh
    higher = bank.says("approved", amount="3000000")
    assert (higher.code, higher.state) == ("accepted", "disbursed"), "the money is still there"
    assert bank.says("disbursed", amount="1000000").code == "accepted"
    assert bank.leg.disbursed_fen == 300_000_000


def test_the_judge_goes_by_the_first_word_alone() -> None:
    """The month in which an approved loan is followed, and that in which the window calls, start once."""
    loan, history = registered()
    bank = Bank(loan)
    bank.codes("contacted", "under_review", "approved")
    history += bank.said
    judge(loan, history, AT + DAY)
    first = {deadline.deadline: deadline.due_at for deadline in loan.deadlines}
    bank.at, bank.said = AT + 5 * DAY, []
    bank.codes("contacted", "approved")
    judge(loan, history + bank.said, AT + 6 * DAY)
    assert {deadline.deadline: deadline.due_at for deadline in loan.deadlines} == first
    bank.says("disbursed", amount="1")
    judge(loan, history + bank.said, AT + 6 * DAY)
    followed = {deadline.deadline: deadline.due_at for deadline in loan.deadlines}
    bank.at = AT + 8 * DAY
    bank.says("disbursed", amount="1")
    bank.says("approved", amount="3000000")
    judge(loan, history + bank.said, AT + 9 * DAY)
    assert {deadline.deadline: deadline.due_at for deadline in loan.deadlines} == followed
    assert events.LoanReportedAgain not in FACTS


def test_what_comes_again_is_never_late() -> None:
    loan, _ = registered()
    bank = Bank(loan)
    bank.at = AT + 5 * DAY
    assert bank.codes("contacted", "contacted") == ["too_late_but_recorded", "accepted"]
    assert [report.late for report in bank.leg.reports] == [True, False]


def test_a_leg_takes_so_many_notes_and_still_a_decision() -> None:
    bank = Bank(asked())
    bank.says("under_review")
    for _ in range(MOST_REPORTS - 1):
        assert bank.says("under_review").code == "accepted"
    assert bank.says("under_review").code == "too_many_notes"
    assert bank.says("approved").code == "accepted"


def test_nothing_is_taken_again_after_the_end_nor_after_a_withdrawal() -> None:
    ended = Bank(asked())
    ended.says("approved")
    domain.end(ended.loan, LoanState.CLOSED, AT)
    assert ended.codes("approved", "contacted") == ["request_ended", "request_ended"]
    gone = Bank(asked())
    gone.says("contacted")
    gone.leg.state = BankLegState.WITHDRAWN
    assert gone.codes("contacted", "approved", "disbursed") == ["out_of_order"] * 3


@pytest.mark.parametrize("state", [BankLegState.APPROVED, BankLegState.UNDER_REVIEW])
def test_a_past_report_is_imported_once(state: BankLegState) -> None:
    loan = asked()
    codes = [accept_past(loan, state, Evidence(by="李"), AT)[0].code for _ in range(2)]
    assert codes == ["accepted", "out_of_order"]


def test_of_an_imported_offer_no_sum_is_known_and_none_is_refused() -> None:
    loan = asked()
    accept_past(loan, BankLegState.APPROVED, Evidence(by="李"), AT)
    assert Bank(loan).says("disbursed", amount="5").code == "accepted"


def test_a_report_of_an_earlier_release_is_known_by_the_same_fingerprint() -> None:
    """A bank that sends it again after an upgrade is answered `repeated`, not `report_id_reused`."""
    body = BankReport.model_validate(report_body("RZ-20261109-00001/1", "disbursed", "r1"))
    assert sha256(body.model_dump_json().encode()).hexdigest() == EARLIER
    assert "disbursed_on" not in body.model_dump_json()
