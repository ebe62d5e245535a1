"""What a bank may report on a leg, and what a report changes. Pure: no I/O, no clock."""

from datetime import datetime
from typing import Any

from services.financing import engine
from services.financing.banks.again import MOST_REPORTS, is_again, more_than_approved
from services.financing.banks.ahead import has_passed, unmet
from services.financing.banks.receipts import asked_back, receipt
from services.financing.banks.slips import likely_slips
from services.financing.contract import BankReport, Evidence
from services.financing.contract_receipts import ReceiptCode, ReportReceipt
from services.financing.loans.document import BankLegDocument, LoanDocument, RecordedReport, Withdrawal
from shared import events
from shared.events import Event
from shared.states import BankLegState

_ANY = (BankLegState.APPROVED, BankLegState.DECLINED, BankLegState.WITHDRAWN)
TRANSITIONS: dict[BankLegState, tuple[BankLegState, ...]] = {
    BankLegState.PUSHED: (
        BankLegState.RECEIVED,
        BankLegState.CONTACTED,
        BankLegState.DOCUMENTS_NEEDED,
        BankLegState.UNDER_REVIEW,
        *_ANY,
    ),
    BankLegState.RECEIVED: (
        BankLegState.CONTACTED,
        BankLegState.DOCUMENTS_NEEDED,
        BankLegState.UNDER_REVIEW,
        *_ANY,
    ),
    BankLegState.CONTACTED: (BankLegState.DOCUMENTS_NEEDED, BankLegState.UNDER_REVIEW, *_ANY),
    BankLegState.DOCUMENTS_NEEDED: (BankLegState.UNDER_REVIEW, *_ANY),
    BankLegState.UNDER_REVIEW: (BankLegState.DOCUMENTS_NEEDED, *_ANY),
    BankLegState.APPROVED: (BankLegState.DISBURSED, BankLegState.WITHDRAWN),
    BankLegState.DECLINED: (),
    BankLegState.DISBURSED: (),
    BankLegState.WITHDRAWN: (),
}
"""What a bank may report next. `CONTACTED` may also come later, and changes no state then."""


def accept(
    loan: LoanDocument | None, bank: str, report: BankReport, at: datetime
) -> tuple[ReportReceipt, Event | None]:
    """Accept a bank's report or refuse it: its receipt, and the event of an accepted one.

    A leg of another bank is answered like a leg that does not exist.
    """
    leg = loan.leg(report.leg) if loan else None
    if loan is None or leg is None or leg.bank != bank:
        return receipt(report, at, ReceiptCode.UNKNOWN_LEG), None
    take = _accept_again if is_again(leg, report.state) else _accept
    answer, event = take(loan, leg, report, at)
    if event is None:
        return answer, None
    return answer.model_copy(update={"warnings": likely_slips(report, loan, leg, at)}), event


def accept_past(
    loan: LoanDocument, state: BankLegState, evidence: Evidence, at: datetime
) -> tuple[ReportReceipt, Event | None]:
    """Accept or refuse a past report of the only bank of an imported request."""
    leg = loan.legs[0]
    report_id = f"past-{len(leg.reports) + 1}"
    report = BankReport.model_construct(report_id=report_id, leg=leg.leg, state=state, evidence=evidence)
    return _accept(loan, leg, report, at)


def _accept(
    loan: LoanDocument, leg: BankLegDocument, report: BankReport, at: datetime
) -> tuple[ReportReceipt, Event | None]:
    if loan.ended is not None:
        return receipt(report, at, ReceiptCode.REQUEST_ENDED, leg.state), None
    if not _may_say(leg, report.state):
        return receipt(report, at, ReceiptCode.OUT_OF_ORDER, leg.state), None
    if (refusal := more_than_approved(leg, report, at)) is not None:
        return refusal, None
    if report.state is BankLegState.WITHDRAWN and loan.asks_back:
        return _ask_back(loan, leg, report, at)
    late = _is_late(loan, leg, report.state, at)
    if report.state in TRANSITIONS[leg.state]:
        leg.state = report.state
    _record(loan, leg, report, at, late=late)
    event = loan.event(events.LoanReported, at, **_named(leg), state=report.state.value, late=late)
    code = ReceiptCode.TOO_LATE_BUT_RECORDED if late else ReceiptCode.ACCEPTED
    return receipt(report, at, code, leg.state), event


def _accept_again(
    loan: LoanDocument, leg: BankLegDocument, report: BankReport, at: datetime
) -> tuple[ReportReceipt, Event | None]:
    """Take what changes no state: its event is no fact that the judge goes by."""
    if loan.ended is not None:
        return receipt(report, at, ReceiptCode.REQUEST_ENDED, leg.state), None
    if len(leg.reports) >= MOST_REPORTS:
        return receipt(report, at, ReceiptCode.TOO_MANY_NOTES, leg.state), None
    if (refusal := more_than_approved(leg, report, at)) is not None:
        return refusal, None
    _record(loan, leg, report, at, late=False)
    event = loan.event(events.LoanReportedAgain, at, **_named(leg), state=report.state.value)
    return receipt(report, at, ReceiptCode.ACCEPTED, leg.state), event


def _may_say(leg: BankLegDocument, state: BankLegState) -> bool:
    """Whether the bank may report `state`: what comes next, or a call that it has not reported yet."""
    if state is BankLegState.CONTACTED:
        return not leg.contacted and leg.state is not BankLegState.WITHDRAWN
    return state in TRANSITIONS[leg.state] and not (state is BankLegState.WITHDRAWN and leg.asked)


def _record(
    loan: LoanDocument, leg: BankLegDocument, report: BankReport, at: datetime, *, late: bool
) -> None:
    recorded = RecordedReport(**report.model_dump(exclude={"leg"}), reported_at=at, late=late)
    leg.reports = [*leg.reports, recorded]
    loan.version += 1
    loan.settle()


def _ask_back(
    loan: LoanDocument, leg: BankLegDocument, report: BankReport, at: datetime
) -> tuple[ReportReceipt, Event]:
    """The bank says that the enterprise withdrew. That is the enterprise's to say: it is asked."""
    leg.withdrawals = [*leg.withdrawals, Withdrawal(asked_at=at)]
    _record(loan, leg, report, at, late=False)
    return asked_back(report, at, leg.state), loan.event(events.LoanWithdrawalAsked, at, **_named(leg))


def _named(leg: BankLegDocument) -> dict[str, Any]:
    return {"leg_id": leg.leg_id, "leg": leg.leg, "bank": leg.bank}


def _is_late(loan: LoanDocument, leg: BankLegDocument, state: BankLegState, at: datetime) -> bool:
    """Whether the report comes after a deadline that it would have met, and that no earlier one met."""
    word = engine.meeting(state)
    return any(
        word in loan.met_by.get(deadline.deadline, ()) and has_passed(loan, deadline, at)
        for deadline in unmet(loan, leg)
    )
