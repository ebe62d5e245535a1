"""What a bank may report again: a note, another offer, a further part of the money. Pure."""

from datetime import datetime
from typing import Final

from services.financing.banks.receipts import above_offer
from services.financing.contract import BankReport
from services.financing.contract_fields import fen, yuan
from services.financing.contract_receipts import ReportReceipt
from services.financing.loans.document import BankLegDocument
from shared.states import BankLegState

AGAIN: Final[dict[BankLegState, tuple[BankLegState, ...]]] = {
    BankLegState.DOCUMENTS_NEEDED: (BankLegState.DOCUMENTS_NEEDED,),
    BankLegState.UNDER_REVIEW: (BankLegState.UNDER_REVIEW,),
    BankLegState.APPROVED: (BankLegState.APPROVED,),
    BankLegState.DISBURSED: (BankLegState.APPROVED, BankLegState.DISBURSED),
}
"""What a bank may report again in each state of a leg, beside a call. The state stays as it is."""
MOST_REPORTS: Final = 200
"""Reports on one leg after which no more notes are taken: a bank that adds one a day for half a year."""


def is_again(leg: BankLegDocument, state: BankLegState) -> bool:
    """Whether the report of `state` repeats what the leg's reports say already."""
    if state is BankLegState.CONTACTED:
        return leg.contacted and leg.state is not BankLegState.WITHDRAWN
    return state in AGAIN.get(leg.state, ())


def more_than_approved(leg: BankLegDocument, report: BankReport, at: datetime) -> ReportReceipt | None:
    """The refusal where, with this report, more would be disbursed than is approved; None where it fits."""
    held = leg.offer.amount if leg.offer else None
    match report.state:
        case BankLegState.APPROVED:
            offer, further = report.amount, 0
        case BankLegState.DISBURSED:
            offer = held
            further = fen(report.amount) if report.amount else 1  # all that is left: at least one fen
        case _:
            return None
    if offer is None or leg.disbursed_fen + further <= fen(offer):
        return None
    return above_offer(report, at, leg.state, held or offer, yuan(leg.disbursed_fen))
