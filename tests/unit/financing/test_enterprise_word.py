"""What the enterprise says of its request: whether it withdrew from a bank, and how it went."""

from datetime import timedelta

import pytest

from services.financing.banks.domain import accept
from services.financing.banks.messages import messages
from services.financing.contract import BankReport
from services.financing.loans import domain
from services.financing.loans.acts import AnswerWithdrawal, FollowUpLoan, RateLoan
from services.financing.loans.document import LoanDocument
from services.financing.loans.enterprise_word import answer_withdrawal, follow_up, rate, require_closable
from shared import events
from shared.rules.pack import pack_files
from shared.rules.terms import Rating
from shared.service.errors import Conflict, NotFound
from shared.states import BankLegState, LoanState
from tests.lending import report_body
from tests.unit.financing.samples import AT, PACK, asked

LATER = AT + timedelta(hours=2)
YES, NO = AnswerWithdrawal(confirmed=True), AnswerWithdrawal(confirmed=False, words="没有撤回")
GOOD = RateLoan(rating=Rating.SATISFIED)


def bank_reports(loan: LoanDocument, state: str) -> None:
    body = BankReport.model_validate(report_body(loan.legs[0].leg, state))
    assert accept(loan, "bank-a", body, AT + timedelta(hours=1))[1] is not None


def test_what_the_enterprise_confirms_ends_the_leg_and_the_bank_is_told_to_stop() -> None:
    loan = asked()
    bank_reports(loan, "withdrawn")
    event = answer_withdrawal(loan, 1, YES, LATER, None)
    assert isinstance(event, events.LoanWithdrawalAnswered)
    assert (event.confirmed, event.by, event.asked) == (True, "enterprise", True)
    assert loan.legs[0].state is BankLegState.WITHDRAWN
    assert [(bank_message.bank, bank_message.message.type) for bank_message in messages(loan, event)] == [
        ("bank-a", "bank.request_withdrawn.v1")
    ]


def test_what_the_enterprise_denies_is_recorded_against_the_bank_which_is_told() -> None:
    loan = asked()
    bank_reports(loan, "withdrawn")
    event = answer_withdrawal(loan, 1, NO, LATER, "window-3")
    assert (loan.legs[0].withdrawals[-1].confirmed, loan.legs[0].withdrawals[-1].by) == (False, "window-3")
    assert loan.legs[0].state is BankLegState.PUSHED
    assert [bank_message.message.type for bank_message in messages(loan, event)] == [
        "bank.withdrawal_denied.v1"
    ]
    bank_reports(loan, "contacted")


def test_an_enterprise_may_withdraw_from_one_bank_by_itself() -> None:
    loan = asked()
    event = answer_withdrawal(loan, 1, YES, LATER, None)
    assert isinstance(event, events.LoanWithdrawalAnswered)
    assert not event.asked
    assert loan.state is LoanState.PUSHED, "the other bank goes on"


@pytest.mark.parametrize(("state", "answer"), [("contacted", NO), ("declined", YES)])
def test_there_must_be_something_to_answer(state: str, answer: AnswerWithdrawal) -> None:
    loan = asked()
    bank_reports(loan, state)
    with pytest.raises(Conflict):
        answer_withdrawal(loan, 1, answer, LATER, None)


def test_a_leg_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        answer_withdrawal(asked(), 9, YES, LATER, None)


def test_there_is_nothing_to_rate_before_a_bank_has_come_to_a_result() -> None:
    loan = asked()
    with pytest.raises(Conflict):
        rate(loan, GOOD, LATER)
    bank_reports(loan, "declined")
    assert rate(loan, GOOD, LATER).type == "loan.rated.v1"


CLOSURES = {ref: pack_files.load(ref).closure for ref in ("bozhou-2024-financing@1", PACK.ref)}


@pytest.mark.parametrize("ref", CLOSURES)
def test_no_request_is_closed_before_the_enterprise_was_heard(ref: str) -> None:
    """The old way: `closure: needs heard` stood in the pack, and nothing read it."""
    loan = asked()
    bank_reports(loan, "declined")
    with pytest.raises(Conflict, match="has not been heard"):
        require_closable(loan, CLOSURES[ref])
    list(follow_up(loan, FollowUpLoan(reached=False), LATER, "window-3"))
    with pytest.raises(Conflict, match="has not been heard"):
        require_closable(loan, CLOSURES[ref])
    said_so = list(follow_up(loan, FollowUpLoan(reached=True, rating=Rating.SATISFIED), LATER, "window-3"))
    assert [event.type for event in said_so] == ["loan.followed_up.v1", "loan.rated.v1"]
    require_closable(loan, CLOSURES[ref])


def test_a_question_to_the_enterprise_is_not_closed_away() -> None:
    loan = asked()
    loan.taken_over = True
    bank_reports(loan, "withdrawn")
    rate(loan, GOOD, LATER)
    with pytest.raises(Conflict, match="answered first"):
        require_closable(loan, PACK.closure)


def test_a_rating_may_come_after_closure_and_not_after_withdrawal() -> None:
    closed, withdrawn = asked(), asked()
    domain.end(closed, LoanState.CLOSED, LATER)
    domain.end(withdrawn, LoanState.WITHDRAWN, LATER)
    rate(closed, GOOD, LATER)
    with pytest.raises(Conflict):
        rate(withdrawn, GOOD, LATER)


def test_an_enterprise_that_was_not_reached_gives_no_rating() -> None:
    with pytest.raises(ValueError, match="not reached"):
        FollowUpLoan(reached=False, rating=Rating.SATISFIED)
