"""How the window takes a bank's report, whichever integration brings it."""

from datetime import datetime
from hashlib import sha256

from services.financing.banks.ahead import with_leg
from services.financing.banks.domain import accept
from services.financing.banks.queries import KnownReport, ReportKey
from services.financing.banks.receipts import receipt, repeated
from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportReceipt
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import go_on
from services.financing.work import Work


def take_report(
    work: Work, bank: str, report: BankReport, at: datetime, source_id: str | None = None
) -> ReportReceipt:
    """Take a report that a bank made at `at`. The same report with the same id again changes nothing.

    `source_id` says where the report came from. KeyError where its `ReportKey` was not loaded.
    """
    key, loan = ReportKey(bank, report.report_id), work.loan_with_leg(report.leg)
    known, fingerprint = work.reports[key], sha256(report.model_dump_json().encode()).hexdigest()
    now = max(at, work.at)
    if known is not None:
        same = known.fingerprint == fingerprint
        answer = repeated(known.receipt) if same else receipt(report, at, ReceiptCode.REPORT_ID_REUSED)
        return _with_own_leg(answer, loan, bank, report.leg, now)
    answer, event = accept(loan, bank, report, at)
    answer = _with_own_leg(answer, loan, bank, report.leg, now)
    if loan is not None and event is not None:
        work.say(loan, [event])
        work.say(loan, go_on(loan, now, work.banks))
        work.keep_report(key, KnownReport(fingerprint, answer), report.leg, source_id)
    return answer


def _with_own_leg(
    answer: ReportReceipt, loan: LoanDocument | None, bank: str, number: str, at: datetime
) -> ReportReceipt:
    """The receipt with how the leg stands; nothing is added about a leg of another bank."""
    leg = loan.leg(number) if loan else None
    if loan is None or leg is None or leg.bank != bank:
        return answer
    return with_leg(answer, loan, leg, at)
