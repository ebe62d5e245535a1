"""What may happen to a complaint about a bank: it is made, and the regulator decides it. Pure."""

from datetime import datetime
from uuid import UUID

from services.financing.complaints.acts import Complain, DecideComplaint
from services.financing.complaints.document import ComplaintDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event
from shared.service.errors import Conflict, Invalid

MOST_COMPLAINTS = 20


def complain(
    loan: LoanDocument, act: Complain, complaint_id: UUID, at: datetime, by: str, pack: str
) -> tuple[ComplaintDocument, Event]:
    """The enterprise complains about a bank that was asked, also after the request has ended.

    `Invalid` for a bank that was not asked, `Conflict` for one complaint too many.
    """
    leg = next((leg for leg in loan.legs if leg.bank == act.bank), None)
    if leg is None:
        raise Invalid("该需求未推送给这家银行", "the request was not pushed to this bank", "bank")
    if len(loan.complaints) >= MOST_COMPLAINTS:
        raise Conflict("投诉过多", f"a request bears at most {MOST_COMPLAINTS} complaints", "text")
    loan.complaints = [*loan.complaints, complaint_id]
    loan.version += 1
    complaint = ComplaintDocument(
        case_id=complaint_id,
        number=f"{loan.number}/C{len(loan.complaints)}",
        pack=pack,
        loan_id=loan.case_id,
        loan_number=loan.number,
        leg=leg.leg,
        bank=leg.bank,
        bank_name=leg.bank_name,
        enterprise=loan.wish.enterprise.name if loan.wish else "",
        text=act.text,
        complained_at=at,
        by=by,
    )
    return complaint, complaint.event(events.LoanComplained, at, pack=pack)


def decide(complaint: ComplaintDocument, act: DecideComplaint, at: datetime) -> Event:
    """The regulator decides. `Conflict` where it has decided before."""
    if complaint.state == "decided":
        raise Conflict("该投诉已有结论", "this complaint was decided already")
    complaint.state, complaint.decided_at = "decided", at
    complaint.founded, complaint.finding, complaint.measures = act.founded, act.finding, act.measures
    complaint.result, complaint.shown = act.result, act.shown
    complaint.version += 1
    return complaint.event(events.ComplaintDecided, at, founded=act.founded)
