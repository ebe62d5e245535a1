"""What may happen to a complaint about an institution: it is made, and the regulator decides it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.financing.banks.acts import BankBody
from services.financing.complaints.acts import Complain, ComplainAtWindow, DecideComplaint
from services.financing.complaints.document import ComplaintDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event
from shared.service.errors import Conflict, Invalid

MOST_COMPLAINTS = 20


def complain(
    loan: LoanDocument,
    act: Complain,
    complaint_id: UUID,
    at: datetime,
    by: str,
    pack: str,
    banks: Mapping[str, BankBody],
) -> tuple[ComplaintDocument, Event]:
    """The enterprise complains about an institution, asked or not, also after the request has ended.

    `Invalid` for a code that the directory does not have, `Conflict` for one complaint too many.
    """
    leg = next((leg for leg in loan.legs if leg.bank == act.bank), None)
    name = leg.bank_name if leg else _name(act, banks)
    if len(loan.complaints) >= MOST_COMPLAINTS:
        raise Conflict(
            f"一件融资需求最多投诉 {MOST_COMPLAINTS} 次",
            f"a request bears at most {MOST_COMPLAINTS} complaints",
            "text",
        )
    loan.complaints = [*loan.complaints, complaint_id]
    loan.version += 1
    complaint = ComplaintDocument(
        case_id=complaint_id,
        number=f"{loan.number}/C{len(loan.complaints)}",
        pack=pack,
        loan_id=loan.case_id,
        loan_number=loan.number,
        leg=leg.leg if leg else None,
        bank=act.bank or "",
        bank_name=name,
        enterprise=loan.wish.enterprise.name if loan.wish else "",
        text=act.text,
        complained_at=at,
        by=by,
    )
    return complaint, complaint.event(events.LoanComplained, at, pack=pack)


def complain_alone(
    act: ComplainAtWindow,
    complaint_id: UUID,
    number: str,
    at: datetime,
    by: str,
    pack: str,
    receipt_hash: str,
    banks: Mapping[str, BankBody],
) -> tuple[ComplaintDocument, Event]:
    """An enterprise without a loan request complains about an institution, as the window notes it."""
    complaint = ComplaintDocument(
        case_id=complaint_id,
        number=number,
        pack=pack,
        bank=act.bank or "",
        bank_name=_name(act, banks),
        enterprise=act.enterprise.name,
        credit_code=act.enterprise.credit_code,
        contact=act.contact,
        receipt_hash=receipt_hash,
        text=act.text,
        complained_at=at,
        by=by,
    )
    return complaint, complaint.event(events.LoanComplained, at, pack=pack, receipt_hash=receipt_hash)


def _name(act: Complain, banks: Mapping[str, BankBody]) -> str:
    if act.institution is not None:
        return act.institution
    code = act.bank or ""
    if code not in banks:
        raise Invalid(
            f"名录中没有代码为 {code} 的银行；其他金融机构请填写名称（institution）",
            f"no bank has the code {code}: name another institution as `institution`",
            "bank",
        )
    return banks[code].name


def decide(complaint: ComplaintDocument, act: DecideComplaint, at: datetime) -> Event:
    """The regulator decides. `Conflict` where it has decided before."""
    if complaint.state == "decided":
        raise Conflict("该投诉已有结论", "this complaint was decided already")
    complaint.state, complaint.decided_at = "decided", at
    complaint.founded, complaint.finding, complaint.measures = act.founded, act.finding, act.measures
    complaint.result, complaint.shown = act.result, act.shown
    complaint.version += 1
    return complaint.event(events.ComplaintDecided, at, founded=act.founded)
