"""What a bank may report on a leg, and what a report changes. Pure: no I/O, no clock."""

from datetime import datetime

from services.financing import engine
from services.financing.banks.receipts import receipt
from services.financing.contract import BankLegState, BankReport, Evidence, ReceiptCode, ReportReceipt
from services.financing.loans.document import BankLegDocument, LoanDocument, RecordedReport
from shared import events
from shared.events import Event
from shared.rules.pack.counting import AS_IN_VERSION_1

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
"""What a bank may report next. `CONTACTED` cannot follow a state that shows that the call was made."""
STATE_ZH = {
    BankLegState.PUSHED: "已推送",
    BankLegState.RECEIVED: "已接收",
    BankLegState.CONTACTED: "已联系企业",
    BankLegState.DOCUMENTS_NEEDED: "需补充材料",
    BankLegState.UNDER_REVIEW: "审查中",
    BankLegState.APPROVED: "已批准",
    BankLegState.DECLINED: "未批准",
    BankLegState.DISBURSED: "已放款",
    BankLegState.WITHDRAWN: "已撤回",
}


def accept(
    loan: LoanDocument | None, bank: str, report: BankReport, at: datetime
) -> tuple[ReportReceipt, Event | None]:
    """Accept a bank's report or refuse it: its receipt, and the event of an accepted one.

    A leg of another bank is answered like a leg that does not exist.
    """
    leg = loan.leg(report.leg) if loan else None
    if loan is None or leg is None or leg.bank != bank:
        return receipt(report, at, ReceiptCode.UNKNOWN_LEG), None
    return _accept(loan, leg, report, at)


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
    if report.state not in TRANSITIONS[leg.state]:
        return receipt(report, at, ReceiptCode.OUT_OF_ORDER, leg.state), None
    late = _is_late(loan, leg, report.state, at)
    leg.state = report.state
    leg.reports = [
        *leg.reports,
        RecordedReport(**report.model_dump(exclude={"leg"}), reported_at=at, late=late),
    ]
    loan.version += 1
    loan.settle()
    event = loan.event(
        events.LoanReported,
        at,
        leg_id=leg.leg_id,
        leg=leg.leg,
        bank=leg.bank,
        state=report.state.value,
        late=late,
    )
    code = ReceiptCode.TOO_LATE_BUT_RECORDED if late else ReceiptCode.ACCEPTED
    return receipt(report, at, code, leg.state), event


def _is_late(loan: LoanDocument, leg: BankLegDocument, state: BankLegState, at: datetime) -> bool:
    """Whether the report comes after a deadline that it would have met."""
    word, counting = engine.meeting(state), loan.counting or AS_IN_VERSION_1
    return any(
        word in loan.met_by.get(deadline.deadline, ())
        and deadline.met_at is None
        and deadline.due_at
        and counting.last_in_time(deadline.due_at) < at
        for deadline in leg.deadlines
    )
