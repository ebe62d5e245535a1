"""Which messages an event sends to which banks. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import (
    BankMessage,
    BankReminder,
    ComplaintShown,
    RequestWithdrawn,
    WithdrawalDenied,
)
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event


class AddressedMessage(NamedTuple):
    """A message and the code of the bank that it is for."""

    bank: str
    message: BankMessage


def messages(case: JudgedDocument, event: Event) -> Iterator[AddressedMessage]:
    """The messages that `event` of `case` sends. Banks are told nothing of an imported request."""
    if isinstance(case, ComplaintDocument):
        yield from _of_a_complaint(case, event)
    elif isinstance(case, LoanDocument) and case.wish is not None:
        yield from _of_a_loan(case, event)


def _of_a_loan(loan: LoanDocument, event: Event) -> Iterator[AddressedMessage]:
    if isinstance(event, events.LoanPushed):
        for pushed in event.legs:
            leg = loan.leg(pushed.leg)
            assert leg is not None
            yield AddressedMessage(leg.bank, loan.pushed_request(leg))
    elif isinstance(event, events.LoanWithdrawn | events.LoanConsentWithdrawn):
        consent = isinstance(event, events.LoanConsentWithdrawn)
        for leg in loan.legs:
            message = RequestWithdrawn(leg=leg.leg, withdrawn_at=event.occurred_at, consent=consent)
            yield AddressedMessage(leg.bank, message)
    elif isinstance(event, events.LoanWithdrawalAnswered):
        leg = loan.leg(event.leg)
        assert leg is not None
        asked_at = leg.withdrawals[-1].asked_at
        if event.confirmed:
            yield AddressedMessage(
                leg.bank, RequestWithdrawn(leg=leg.leg, withdrawn_at=event.occurred_at, consent=False)
            )
        elif asked_at:
            yield AddressedMessage(
                leg.bank,
                WithdrawalDenied(leg=leg.leg, reported_at=asked_at, answered_at=event.occurred_at),
            )
    elif isinstance(event, events.LoanDueSoon | events.LoanOverdue):
        overdue = isinstance(event, events.LoanOverdue)
        reminder = BankReminder(leg=event.leg, deadline=event.deadline, due_at=event.due_at, overdue=overdue)
        yield AddressedMessage(event.bank, reminder)


def _of_a_complaint(complaint: ComplaintDocument, event: Event) -> Iterator[AddressedMessage]:
    if (
        isinstance(event, events.ComplaintDecided)
        and complaint.shown is not None
        and complaint.leg is not None
    ):
        message = ComplaintShown(
            leg=complaint.leg, complaint=complaint.number, text=complaint.shown, decided=True
        )
        yield AddressedMessage(complaint.bank, message)
