"""Which deadlines of a bank its reports have not met, and which of them comes next. Pure."""

from collections.abc import Iterator
from datetime import datetime

from services.financing import engine
from services.financing.contract_receipts import BEIJING, NextDeadline, ReportReceipt
from services.financing.loans.document import BankLegDocument, LoanDocument
from shared import events
from shared.events import Verdict
from shared.rules.pack.counting import AS_IN_VERSION_1
from shared.rules.wording import words
from shared.states import BankLegState


def unmet(loan: LoanDocument, leg: BankLegDocument) -> Iterator[events.Deadline]:
    """The leg's deadlines as last judged, without those that a report met since."""
    reported = {engine.meeting(report.state) for report in leg.reports}
    for deadline in leg.deadlines:
        if deadline.met_at is None and reported.isdisjoint(loan.met_by.get(deadline.deadline, ())):
            yield deadline


def has_passed(loan: LoanDocument, deadline: events.Deadline, at: datetime) -> bool:
    """Whether a report at `at` would be too late for the deadline."""
    counting = loan.counting or AS_IN_VERSION_1
    return deadline.due_at is not None and counting.last_in_time(deadline.due_at) < at


def next_deadline(loan: LoanDocument, leg: BankLegDocument, at: datetime) -> NextDeadline | None:
    """The deadline that the bank has to meet next; None where none runs."""
    if loan.ended is not None or leg.state is BankLegState.WITHDRAWN:
        return None
    running = [
        deadline
        for deadline in unmet(loan, leg)
        if deadline.due_at is not None
        and deadline.verdict is Verdict.OPEN
        and not has_passed(loan, deadline, at)
    ]
    first = min(running, key=_due, default=None)
    if first is None:
        return None
    title = first.title or words.DEADLINES[first.deadline]._asdict()
    return NextDeadline(
        deadline=first.deadline, zh=title["zh"], en=title["en"], due_at=_due(first).astimezone(BEIJING)
    )


def _due(deadline: events.Deadline) -> datetime:
    assert deadline.due_at is not None
    return deadline.due_at


def with_leg(answer: ReportReceipt, loan: LoanDocument, leg: BankLegDocument, at: datetime) -> ReportReceipt:
    """The receipt with how the leg stands at `at`, and which deadline comes next."""
    now = {"leg_state": leg.state, "next_deadline": next_deadline(loan, leg, at)}
    return answer.model_copy(update=now)
