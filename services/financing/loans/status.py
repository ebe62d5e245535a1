"""What people see of a loan request: the enterprise all of its own; the window that and who asks."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.financing.banks.domain import STATE_ZH
from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import LegState
from services.financing.loans.document import BankLegDocument, LoanDocument
from services.financing.loans.domain import band
from shared.events import Deadline, Verdict
from shared.rules.wording import words

INTERNAL = {"said", "receipt_hash"}


def public(loan: LoanDocument, complaints: list[ComplaintDocument], zone: ZoneInfo) -> dict[str, Any]:
    """How the request stands, for whoever has its receipt code, times in `zone`."""
    return {
        "registration_number": loan.number,
        "state": loan.state,
        "amount": loan.amount,
        "product": loan.product,
        "received_at": _local(loan.received_at, zone),
        "with_office": loan.taken_over,
        "ended_at": loan.ended_at and _local(loan.ended_at, zone),
        "outcome": loan.outcome,
        "legs": [_leg(leg, zone) for leg in loan.legs],
        "complaints": [_complaint(one, zone) for one in complaints],
    }


def _leg(leg: BankLegDocument, zone: ZoneInfo) -> dict[str, Any]:
    offer = next((one for one in leg.reports if one.state is LegState.APPROVED), None)
    declined = next((one for one in leg.reports if one.state is LegState.DECLINED), None)
    return {
        "leg": leg.leg,
        "bank": leg.bank,
        "bank_name": leg.bank_name,
        "state": leg.state,
        "state_zh": STATE_ZH[leg.state],
        "pushed_at": _local(leg.pushed_at, zone),
        "offer": offer and offer.model_dump(include={"amount", "rate_percent", "term_months"}),
        "reason": declined and declined.reason,
        "reports": [
            {
                "state": one.state,
                "reported_at": _local(one.reported_at, zone),
                "late": one.late,
                "how": one.evidence.how,
                "text": one.evidence.text,
            }
            for one in leg.reports
        ],
        "deadlines": [deadline(one, zone) for one in leg.deadlines if one.verdict is not Verdict.VOID],
    }


def deadline(one: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    """A deadline as people see it, explained."""
    return {
        "deadline": one.deadline,
        "title": one.title,
        "due_at": one.due_at and _local(one.due_at, zone),
        "met_at": one.met_at and _local(one.met_at, zone),
        "verdict": one.verdict,
        "clause": one.clause,
        "ground": words.ground(one.clause)._asdict(),
        "explanation": one.explanation,
    }


def _complaint(one: ComplaintDocument, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "complaint": one.number,
        "bank": one.bank,
        "complained_at": _local(one.complained_at, zone),
        "state": one.state,
        "founded": one.founded,
        "result": one.result,
        "decided_at": one.decided_at and _local(one.decided_at, zone),
        "deadlines": [deadline(each, zone) for each in one.deadlines if each.verdict is not Verdict.VOID],
    }


def full(loan: LoanDocument) -> dict[str, Any]:
    """The whole file, for the window."""
    return {**loan.model_dump(mode="json", exclude=INTERNAL), "amount_band": band(loan.amount)}


def of_regulator(complaint: ComplaintDocument) -> dict[str, Any]:
    """A complaint, for regulator and window."""
    return complaint.model_dump(mode="json", exclude=INTERNAL)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)
