"""What a bank may report, and the receipt it gets. Pure."""

from datetime import datetime

from services.financing import engine
from services.financing.contract import BankReport, Evidence, LegState, Receipt, ReceiptCode, ReportOutcome
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
"""What a bank may report next. A call is recorded only before the state that shows it was made."""
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


def report(
    loan: LoanDocument | None, bank: str, said: BankReport, at: datetime
) -> tuple[Receipt, Event | None]:
    """Take a bank's report, or refuse it: the receipt, and the event where it changed something."""
    leg = loan.leg(said.leg) if loan else None
    if loan is None or leg is None or leg.bank != bank:
        return receipt(said, at, ReceiptCode.UNKNOWN_LEG), None
    return _taken(loan, leg, said, at)


def report_past(
    loan: LoanDocument, state: LegState, evidence: Evidence, at: datetime
) -> tuple[Receipt, Event | None]:
    """Take what the bank of an imported request reported then."""
    leg = loan.legs[0]
    report_id = f"past-{len(leg.reports) + 1}"
    said = BankReport.model_construct(report_id=report_id, leg=leg.leg, state=state, evidence=evidence)
    return _taken(loan, leg, said, at)


def _taken(
    loan: LoanDocument, leg: BankLegDocument, said: BankReport, at: datetime
) -> tuple[Receipt, Event | None]:
    if loan.ended is not None:
        return receipt(said, at, ReceiptCode.REQUEST_ENDED, leg.state), None
    if said.state not in TRANSITIONS[leg.state]:
        return receipt(said, at, ReceiptCode.OUT_OF_ORDER, leg.state), None
    late = _is_late(loan, leg, said.state, at)
    leg.state = said.state
    leg.reports = [
        *leg.reports,
        RecordedReport(**said.model_dump(exclude={"leg"}), reported_at=at, late=late),
    ]
    loan.version += 1
    loan.settle()
    event = loan.event(
        events.LoanReported,
        at,
        leg_id=leg.leg_id,
        leg=leg.leg,
        bank=leg.bank,
        state=said.state.value,
        late=late,
    )
    code = ReceiptCode.TOO_LATE_BUT_RECORDED if late else ReceiptCode.ACCEPTED
    return receipt(said, at, code, leg.state), event


def _is_late(loan: LoanDocument, leg: BankLegDocument, state: LegState, at: datetime) -> bool:
    word = engine.meeting(state)
    return any(
        word in loan.met_by.get(d.deadline, ()) and d.met_at is None and d.due_at and d.due_at < at
        for d in leg.deadlines
    )


_SAID = {
    ReceiptCode.ACCEPTED: (ReportOutcome.ACCEPTED, "已记录", "recorded"),
    ReceiptCode.TOO_LATE_BUT_RECORDED: (
        ReportOutcome.ACCEPTED,
        "已记录，但已超期",
        "recorded, after a deadline",
    ),
    ReceiptCode.REPEATED: (
        ReportOutcome.REPEATED,
        "此前已记录，无变化",
        "was recorded before: nothing changed",
    ),
    ReceiptCode.REPORT_ID_REUSED: (
        ReportOutcome.REFUSED,
        "该 report_id 已用于另一份报告，请换一个",
        "this report_id was used for another report: take a new one",
    ),
    ReceiptCode.UNKNOWN_LEG: (
        ReportOutcome.REFUSED,
        "贵行没有此编号的需求",
        "no leg of yours has this number",
    ),
    ReceiptCode.OUT_OF_ORDER: (
        ReportOutcome.REFUSED,
        "该需求现有状态之后不能报告此状态",
        "this state cannot follow the one the leg is in",
    ),
    ReceiptCode.REQUEST_ENDED: (ReportOutcome.REFUSED, "该需求已结束", "the request has ended"),
    ReceiptCode.MALFORMED: (ReportOutcome.REFUSED, "报告无法读取", "the report cannot be read"),
    ReceiptCode.NOT_PROCESSED: (
        ReportOutcome.REFUSED,
        "系统未能处理，请稍后重发",
        "we could not take it: send it again later",
    ),
}
_FIELDS = {
    ReceiptCode.REPORT_ID_REUSED: "report_id",
    ReceiptCode.UNKNOWN_LEG: "leg",
    ReceiptCode.OUT_OF_ORDER: "state",
    ReceiptCode.REQUEST_ENDED: "leg",
}


def receipt(said: BankReport, at: datetime, code: ReceiptCode, state: LegState | None = None) -> Receipt:
    """The answer to a report that could be read."""
    outcome, zh, en = _SAID[code]
    return Receipt(
        report_id=said.report_id,
        leg=said.leg,
        outcome=outcome,
        code=code,
        at=at,
        state=state,
        zh=zh,
        en=en,
        field=_FIELDS.get(code),
    )


def repeated(first: Receipt) -> Receipt:
    """The answer to a report that was answered before, with the time and state of then."""
    if first.outcome is not ReportOutcome.ACCEPTED:
        return first
    outcome, zh, en = _SAID[ReceiptCode.REPEATED]
    changed = {"outcome": outcome, "code": ReceiptCode.REPEATED, "zh": zh, "en": en}
    return first.model_copy(update=changed)
