"""What follows from an event for the banks: the messages each of them gets. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from services.financing.contract import ComplaintShown, Reminder, RequestWithdrawn, Told
from services.financing.loans.document import Complaint, Judged, Loan
from shared import events
from shared.events import Event


class Message(NamedTuple):
    """One message to one bank."""

    bank: str
    told: Told


def messages(case: Judged, event: Event) -> Iterator[Message]:
    """The messages that `event`, said of `case`, makes. Of an imported request no bank is told."""
    if isinstance(case, Complaint):
        yield from _of_a_complaint(case, event)
    elif isinstance(case, Loan) and case.wish is not None:
        yield from _of_a_loan(case, event)


def _of_a_loan(loan: Loan, event: Event) -> Iterator[Message]:
    if isinstance(event, events.LoanPushed):
        for pushed in event.legs:
            leg = loan.leg(pushed.leg)
            assert leg is not None
            yield Message(leg.bank, loan.pushed_request(leg))
    elif isinstance(event, events.LoanWithdrawn | events.LoanConsentWithdrawn):
        consent = isinstance(event, events.LoanConsentWithdrawn)
        for leg in loan.legs:
            told = RequestWithdrawn(leg=leg.leg, withdrawn_at=event.occurred_at, consent=consent)
            yield Message(leg.bank, told)
    elif isinstance(event, events.LoanDueSoon | events.LoanOverdue):
        overdue = isinstance(event, events.LoanOverdue)
        reminder = Reminder(leg=event.leg, deadline=event.deadline, due_at=event.due_at, overdue=overdue)
        yield Message(event.bank, reminder)


def _of_a_complaint(complaint: Complaint, event: Event) -> Iterator[Message]:
    if isinstance(event, events.ComplaintDecided) and complaint.shown is not None:
        told = ComplaintShown(
            leg=complaint.leg, complaint=complaint.number, text=complaint.shown, decided=True
        )
        yield Message(complaint.bank, told)
