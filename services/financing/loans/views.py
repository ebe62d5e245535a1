"""What people see of a loan request: the enterprise its course, the window all of it."""

from typing import Any
from zoneinfo import ZoneInfo

from services.financing.complaints.document import ComplaintDocument
from services.financing.complaints.views import for_enterprise as complaint_for_enterprise
from services.financing.contract_fields import yuan
from services.financing.loans.document import BankLegDocument, LoanDocument, Withdrawal
from services.financing.loans.domain import band
from services.financing.views import INTERNAL, deadlines, local
from shared.states import BankLegState


def for_enterprise(loan: LoanDocument, complaints: list[ComplaintDocument], zone: ZoneInfo) -> dict[str, Any]:
    """How the request stands, for whoever has its receipt code, times in `zone`."""
    return {
        "registration_number": loan.number,
        "state": loan.state,
        "amount": loan.amount,
        "product": loan.product,
        "received_at": local(loan.received_at, zone),
        "with_office": loan.taken_over,
        "ended_at": local(loan.ended_at, zone),
        "outcome": loan.outcome,
        "legs": [_leg(leg, zone) for leg in loan.legs],
        "rating": loan.rating
        and {"rating": loan.rating.rating, "rated_at": local(loan.rating.rated_at, zone)},
        "complaints": [complaint_for_enterprise(complaint, zone) for complaint in complaints],
    }


def _leg(leg: BankLegDocument, zone: ZoneInfo) -> dict[str, Any]:
    offer = leg.offer
    decline = next((report for report in leg.reports if report.state is BankLegState.DECLINED), None)
    return {
        "leg": leg.leg,
        "bank": leg.bank,
        "bank_name": leg.bank_name,
        "state": leg.state,
        "state_zh": leg.state.zh,
        "pushed_at": local(leg.pushed_at, zone),
        "offer": offer and offer.model_dump(include={"amount", "rate_percent", "term_months"}),
        "disbursed": yuan(leg.disbursed_fen) if leg.disbursed_fen else None,
        "reason": decline and decline.reason,
        "reports": [
            {
                "state": report.state,
                "reported_at": local(report.reported_at, zone),
                "late": report.late,
                "how": report.evidence.how,
                "text": report.evidence.text,
                "amount": report.amount,
                "disbursed_on": report.disbursed_on,
            }
            for report in leg.reports
        ],
        "withdrawal": _withdrawal(leg.withdrawals[-1], zone) if leg.withdrawals else None,
        "deadlines": deadlines(leg.deadlines, zone),
    }


def _withdrawal(withdrawal: Withdrawal, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "asked_at": local(withdrawal.asked_at, zone),
        "answered_at": local(withdrawal.answered_at, zone),
        "confirmed": withdrawal.confirmed,
    }


def for_window(loan: LoanDocument) -> dict[str, Any]:
    """The whole document with its number and band, for window and office."""
    return {
        "registration_number": loan.number,
        **loan.model_dump(mode="json", exclude=INTERNAL),
        "amount_band": band(loan.amount),
    }
