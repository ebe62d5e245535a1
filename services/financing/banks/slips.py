"""What a bank reports that is accepted but is likely a slip: a rate as a fraction, 万元 for 元. Pure.

Nothing is judged by it. The receipt warns, so that the bank can look again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from services.financing.banks.slip_words import SLIPS, WarningCode
from services.financing.contract import BankReport
from services.financing.contract_receipts import BEIJING, ReceiptWarning
from services.financing.loans.document import BankLegDocument, LoanDocument

LEAST_RATE: Final = Decimal("0.5")
"""Percent a year. Loans do not usually cost less, and rates written as fractions (0.0385) lie below."""
MOST_RATE: Final = Decimal(24)
"""Percent a year. Courts cut what a bank charges beyond (法发〔2017〕22号, 2); 38.5 is a slip for 3.85."""
TOO_LITTLE: Final = 1_000
"""The part of what was asked: 万元 for 元 makes a sum 10,000 times too small; a hundredth may be meant."""
TOO_MUCH: Final = 10
"""Times what was asked: banks seldom give more than that, and 分 for 元 makes a sum 100 times too large."""
TERM_FACTOR: Final = 6
"""Years for months make a term 12 times too short, days 30 times too long; half of 12, for round terms."""
CLOCKS: Final = timedelta(minutes=5)
"""How far clocks may differ. Beijing time that is marked as UTC lies eight hours ahead."""


class Case(NamedTuple):
    """A report that was made at `at`, beside what was asked for."""

    report: BankReport
    loan: LoanDocument
    leg: BankLegDocument
    at: datetime

    @property
    def months(self) -> int | None:
        """The term that the enterprise asked for; None for an imported request."""
        return self.loan.wish.term_months if self.loan.wish else None


def _rate(case: Case) -> Decimal | None:
    return Decimal(case.report.rate_percent) if case.report.rate_percent else None


def _rate_is_low(case: Case) -> bool:
    rate = _rate(case)
    return rate is not None and rate < LEAST_RATE


def _rate_is_high(case: Case) -> bool:
    rate = _rate(case)
    return rate is not None and rate > MOST_RATE


def _amount_is_low(case: Case) -> bool:
    amount = case.report.amount
    return amount is not None and Decimal(amount) * TOO_LITTLE < Decimal(case.loan.amount)


def _amount_is_high(case: Case) -> bool:
    amount = case.report.amount
    return amount is not None and Decimal(amount) >= Decimal(case.loan.amount) * TOO_MUCH


def _term_is_short(case: Case) -> bool:
    term, asked = case.report.term_months, case.months
    return term is not None and asked is not None and term * TERM_FACTOR <= asked


def _term_is_long(case: Case) -> bool:
    term, asked = case.report.term_months, case.months
    return term is not None and asked is not None and term >= asked * TERM_FACTOR


def _is_done_later(case: Case) -> bool:
    return case.report.done_at is not None and case.report.done_at > case.at + CLOCKS


def _was_done_before(case: Case) -> bool:
    return case.report.done_at is not None and case.report.done_at < case.leg.pushed_at - CLOCKS


_LIKELY: Final[Mapping[WarningCode, Callable[[Case], bool]]] = {
    WarningCode.RATE_LOW: _rate_is_low,
    WarningCode.RATE_HIGH: _rate_is_high,
    WarningCode.AMOUNT_LOW: _amount_is_low,
    WarningCode.AMOUNT_HIGH: _amount_is_high,
    WarningCode.TERM_SHORT: _term_is_short,
    WarningCode.TERM_LONG: _term_is_long,
    WarningCode.DONE_LATER: _is_done_later,
    WarningCode.DONE_BEFORE: _was_done_before,
}


def likely_slips(
    report: BankReport, loan: LoanDocument, leg: BankLegDocument, at: datetime
) -> tuple[ReceiptWarning, ...]:
    """The warnings that the receipt of an accepted report carries."""
    case = Case(report, loan, leg, at)
    return tuple(_warning(code, case) for code, is_likely in _LIKELY.items() if is_likely(case))


def _warning(code: WarningCode, case: Case) -> ReceiptWarning:
    slip = SLIPS[code]
    asked = {"amount": case.loan.amount, "term_months": case.months, "done_at": case.leg.pushed_at}
    values = {"given": _shown(getattr(case.report, slip.field)), "asked": _shown(asked.get(slip.field))}
    zh, en = (words.format(**values) for words in slip.words)
    return ReceiptWarning(code=code.value, field=slip.field, zh=zh, en=en)


def _shown(value: Any) -> str:
    return f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
