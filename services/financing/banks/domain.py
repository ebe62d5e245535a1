"""What a bank may report on a leg, and what a report changes. Pure: no I/O, no clock."""

from datetime import datetime

from services.financing import engine
from services.financing.banks.receipts import receipt
from services.financing.contract import BankReport, Evidence, LegState, Receipt, ReceiptCode
from services.financing.loans.document import BankLegDocument, LoanDocument, RecordedReport
from shared import events
from shared.events import Event

_ANY = (LegState.APPROVED, LegState.DECLINED, LegState.WITHDRAWN)
TRANSITIONS: dict[LegState, tuple[LegState, ...]] = {
    LegState.PUSHED: (
        LegState.RECEIVED,
        LegState.CONTACTED,
        LegState.DOCUMENTS_NEEDED,
        LegState.UNDER_REVIEW,
        *_ANY,
    ),
    LegState.RECEIVED: (LegState.CONTACTED, LegState.DOCUMENTS_NEEDED, LegState.UNDER_REVIEW, *_ANY),
    LegState.CONTACTED: (LegState.DOCUMENTS_NEEDED, LegState.UNDER_REVIEW, *_ANY),
    LegState.DOCUMENTS_NEEDED: (LegState.UNDER_REVIEW, *_ANY),
    LegState.UNDER_REVIEW: (LegState.DOCUMENTS_NEEDED, *_ANY),
    LegState.APPROVED: (LegState.DISBURSED, LegState.WITHDRAWN),
    LegState.DECLINED: (),
    LegState.DISBURSED: (),
    LegState.WITHDRAWN: (),
}
"""What a bank may report next. `CONTACTED` cannot follow a state that shows that the call was made."""
STATE_ZH = {
    LegState.PUSHED: "已推送",
    LegState.RECEIVED: "已接收",
    LegState.CONTACTED: "已联系企业",
    LegState.DOCUMENTS_NEEDED: "需补充材料",
    LegState.UNDER_REVIEW: "审查中",
    LegState.APPROVED: "已批准",
    LegState.DECLINED: "未批准",
    LegState.DISBURSED: "已放款",
    LegState.WITHDRAWN: "已撤回",
}


def accept(
    loan: LoanDocument | None, bank: str, report: BankReport, at: datetime
) -> tuple[Receipt, Event | None]:
    """Accept a bank's report or refuse it: its receipt, and the event of an accepted one.

    A leg of another bank is answered like a leg that does not exist.
    """
    leg = loan.leg(report.leg) if loan else None
    if loan is None or leg is None or leg.bank != bank:
        return receipt(report, at, ReceiptCode.UNKNOWN_LEG), None
    return _accept(loan, leg, report, at)


def accept_past(
    loan: LoanDocument, state: LegState, evidence: Evidence, at: datetime
) -> tuple[Receipt, Event | None]:
    """Accept or refuse a past report of the only bank of an imported request."""
    leg = loan.legs[0]
    report_id = f"past-{len(leg.reports) + 1}"
    report = BankReport.model_construct(report_id=report_id, leg=leg.leg, state=state, evidence=evidence)
    return _accept(loan, leg, report, at)


def _accept(
    loan: LoanDocument, leg: BankLegDocument, report: BankReport, at: datetime
) -> tuple[Receipt, Event | None]:
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


def _is_late(loan: LoanDocument, leg: BankLegDocument, state: LegState, at: datetime) -> bool:
    """Whether the report comes after a deadline that it would have met."""
    word = engine.meeting(state)
    return any(
        word in loan.met_by.get(deadline.deadline, ())
        and deadline.met_at is None
        and deadline.due_at
        and deadline.due_at < at
        for deadline in leg.deadlines
    )
