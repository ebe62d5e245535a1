"""The receipts that answer the reports of banks, in Chinese and English. Pure."""

from datetime import datetime

from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportOutcome, ReportReceipt
from shared.states import BankLegState

MEANINGS = {
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
    ReceiptCode.MORE_THAN_APPROVED: (
        ReportOutcome.REFUSED,
        "放款合计超过批准金额",
        "the sums disbursed are above the amount approved",
    ),
    ReceiptCode.TOO_MANY_NOTES: (
        ReportOutcome.REFUSED,
        "该需求的补充报告过多",
        "too much was reported again on this leg",
    ),
    ReceiptCode.REQUEST_ENDED: (ReportOutcome.REFUSED, "该需求已结束", "the request has ended"),
    ReceiptCode.MALFORMED: (ReportOutcome.REFUSED, "报告无法读取", "the report cannot be read"),
    ReceiptCode.NOT_PROCESSED: (
        ReportOutcome.REFUSED,
        "系统未能处理；处理后另发回执，无需重发",
        "we could not take it yet: a second receipt follows, there is no need to send it again",
    ),
}
_FIELDS = {
    ReceiptCode.REPORT_ID_REUSED: "report_id",
    ReceiptCode.UNKNOWN_LEG: "leg",
    ReceiptCode.OUT_OF_ORDER: "state",
    ReceiptCode.MORE_THAN_APPROVED: "amount",
    ReceiptCode.TOO_MANY_NOTES: "state",
    ReceiptCode.REQUEST_ENDED: "leg",
}


def receipt(
    report: BankReport, at: datetime, code: ReceiptCode, state: BankLegState | None = None
) -> ReportReceipt:
    """The receipt of a report that could be read."""
    outcome, zh, en = MEANINGS[code]
    return ReportReceipt(
        report_id=report.report_id,
        leg=report.leg,
        outcome=outcome,
        code=code,
        at=at,
        state=state,
        zh=zh,
        en=en,
        field=_FIELDS.get(code),
    )


def asked_back(report: BankReport, at: datetime, state: BankLegState) -> ReportReceipt:
    """The receipt of a bank that says the enterprise withdrew: no limit stops until it is confirmed."""
    return receipt(report, at, ReceiptCode.ACCEPTED, state).model_copy(
        update={
            "zh": "已记录贵行称企业撤回，正由企业和融资服务窗口核实；核实之前各项时限照常计算",
            "en": "recorded; the enterprise and the window are asked, and all limits run on until then",
        }
    )


def above_offer(
    report: BankReport, at: datetime, state: BankLegState, offered: str, disbursed: str
) -> ReportReceipt:
    """The receipt that refuses sums of which more is disbursed than approved; it names all, in yuan.

    `offered` and `disbursed` are what is approved and disbursed already, before the report.
    """
    refusal = receipt(report, at, ReceiptCode.MORE_THAN_APPROVED, state)
    zh = f"已批准 {offered} 元，已放款 {disbursed} 元"
    en = f"{offered} yuan are approved and {disbursed} yuan disbursed"
    if report.state is BankLegState.APPROVED:
        zh, en = f"{zh}，改批 {report.amount} 元", f"{en}; {report.amount} yuan would be approved"
    elif report.amount is None:
        zh, en = f"{zh}，没有余额可放", f"{en}: nothing is left"
    else:
        zh, en = f"{zh}，本次放款 {report.amount} 元", f"{en}; {report.amount} yuan are added"
    return refusal.model_copy(update={"zh": f"{refusal.zh}：{zh}", "en": f"{refusal.en}: {en}"})


def repeated(first: ReportReceipt) -> ReportReceipt:
    """The receipt of a report that comes again: that of the first time, with its time and state."""
    if first.outcome is not ReportOutcome.ACCEPTED:
        return first
    outcome, zh, en = MEANINGS[ReceiptCode.REPEATED]
    changed = {"outcome": outcome, "code": ReceiptCode.REPEATED, "zh": zh, "en": en}
    return first.model_copy(update=changed)
