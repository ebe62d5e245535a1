"""The deadline that a receipt names is the one that the judge would name, absent where none runs."""

from datetime import timedelta
from itertools import product

import pytest

from services.financing.banks.ahead import next_deadline, with_leg
from services.financing.banks.domain import accept
from services.financing.banks.receipts import receipt
from services.financing.contract import BankReport
from services.financing.contract_receipts import NextDeadline, ReceiptCode
from services.financing.loans import domain
from services.financing.loans.document import LoanDocument
from shared.events import Event
from shared.states import BankLegState, LoanState
from tests.lending import report_body
from tests.unit.financing.judging import PACKS, judge, registered
from tests.unit.financing.samples import AT

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATES = [state for state in BankLegState if state is not BankLegState.PUSHED]


def say(loan: LoanDocument, state: str, n: int = 1) -> list[Event]:
    body = BankReport.model_validate(report_body(loan.legs[0].leg, state, f"r{n}"))
    _, event = accept(loan, "bank-a", body, AT + n * HOUR)
    return [] if event is None else [event]


def comes_next(loan: LoanDocument, after: timedelta) -> str | None:
    deadline = next_deadline(loan, loan.legs[0], AT + after)
    return deadline and f"{deadline.deadline} {deadline.due_at:%m-%d %H:%M %z}"


def test_each_limit_has_its_turn_and_the_last_is_followed_by_none() -> None:
    loan, _ = registered()
    assert comes_next(loan, HOUR) == "bank_contact 11-11 00:00 +0800"  # 24:00 of 2026-11-10
    say(loan, "contacted")
    assert comes_next(loan, HOUR) == "bank_status 11-13 00:00 +0800"
    say(loan, "under_review", 2)
    assert comes_next(loan, 2 * HOUR) == "bank_decision 12-10 00:00 +0800"
    say(loan, "approved", 3)
    assert comes_next(loan, 3 * HOUR) is None


def test_a_decision_without_a_call_leaves_the_call_to_be_made() -> None:
    loan, _ = registered()
    say(loan, "declined")
    assert comes_next(loan, HOUR) == "bank_contact 11-11 00:00 +0800"


def test_what_passed_does_not_come_next() -> None:
    loan, history = registered()
    assert comes_next(loan, 3 * DAY) == "bank_status 11-13 00:00 +0800", "the judge is behind"
    judge(loan, history, AT + 3 * DAY)
    assert comes_next(loan, 3 * DAY) == "bank_status 11-13 00:00 +0800"
    assert comes_next(loan, 60 * DAY) is None


def test_its_name_is_the_packs_in_both_languages() -> None:
    loan, _ = registered()
    deadline = next_deadline(loan, loan.legs[0], AT)
    assert deadline is not None
    assert (deadline.zh, deadline.en) == ("银行联系企业", "bank contact")


def test_a_limit_that_every_pack_may_have_has_its_usual_name() -> None:
    loan, _ = registered()
    (first, *_) = loan.legs[0].deadlines
    loan.legs[0].deadlines = [first.model_copy(update={"deadline": "contact", "title": {}})]
    deadline = next_deadline(loan, loan.legs[0], AT)
    assert deadline is not None
    assert (deadline.zh, deadline.en) == ("联系企业", "contact")


def test_on_an_ended_request_and_before_the_first_judgement_none_is_named() -> None:
    loan, _ = registered()
    domain.end(loan, LoanState.WITHDRAWN, AT)
    assert comes_next(loan, HOUR) is None
    fresh, _ = registered()
    fresh.legs[0].deadlines = []
    assert comes_next(fresh, HOUR) is None


@pytest.mark.parametrize("pack_ref", PACKS)
def test_after_any_reports_it_is_what_the_judge_says_a_moment_later(pack_ref: str) -> None:
    named: set[str | None] = set()
    for states in product(STATES, repeat=3):
        loan, history = registered(pack_ref)
        for n, state in enumerate(states, 1):
            history += say(loan, state, n)
        before = comes_next(loan, 3 * HOUR)
        judge(loan, history, AT + 3 * HOUR)
        open_ = [
            f"{deadline.deadline} {deadline.due_at + 8 * HOUR:%m-%d %H:%M} +0800"
            for deadline in loan.legs[0].deadlines
            if deadline.verdict == "open" and deadline.due_at is not None
        ]
        assert before == comes_next(loan, 3 * HOUR) == next(iter(sorted(open_, key=_day)), None), states
        named.add(before and before.split()[0])
    assert named >= {"bank_contact", "bank_status"}


def _day(text: str) -> str:
    return text.split(" ", 1)[1]


def test_a_receipt_says_how_the_leg_stands_and_leaves_out_what_it_cannot_say() -> None:
    loan, _ = registered()
    body = BankReport.model_validate(report_body(loan.legs[0].leg, "contacted"))
    bare = receipt(body, AT, ReceiptCode.UNKNOWN_LEG)
    assert not {"leg_state", "next_deadline"} & bare.model_dump().keys()
    whole = with_leg(bare, loan, loan.legs[0], AT)
    assert whole.leg_state is BankLegState.PUSHED
    assert isinstance(whole.next_deadline, NextDeadline)
    assert '"due_at":"2026-11-11T00:00:00+08:00"' in whole.model_dump_json()
