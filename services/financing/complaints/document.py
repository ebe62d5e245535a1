"""The document of a complaint about a financial institution."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from services.financing.document import JudgedDocument
from services.financing.loans.acts import LoanContact
from shared.encryption.fields import PERSONAL
from shared.events import ComplaintEvent, Event


class ComplaintDocument(JudgedDocument):
    """A complaint about a financial institution (投诉), with the regulator until it is decided.

    `leg` is None where the institution was not asked for credit; `bank` is empty where the directory does not
    have it. A complaint without a loan request has a receipt code of its own and says who is reached how.
    """

    what: Literal["complaint"] = "complaint"
    loan_id: UUID | None = None
    loan_number: str | None = None
    leg: str | None = None
    bank: str
    bank_name: str
    enterprise: str
    credit_code: str | None = None
    contact: LoanContact | None = None
    receipt_hash: str | None = None
    text: Annotated[str, PERSONAL]
    complained_at: datetime
    by: str
    state: Literal["open", "decided"] = "open"
    founded: bool | None = None
    finding: Annotated[str | None, PERSONAL] = None
    measures: Annotated[str | None, PERSONAL] = None
    result: Annotated[str | None, PERSONAL] = None
    shown: Annotated[str | None, PERSONAL] = None
    decided_at: datetime | None = None

    def columns(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "state": self.state,
            "source_id": None,
            "credit_code": self.credit_code,
            "banks": [self.bank] if self.bank else [],
        }

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """What is said of the window's own deadline bears the number of the complaint."""
        appeal_id, number = self.loan_id or self.case_id, self.number
        if issubclass(type_, ComplaintEvent):
            number = self.loan_number or self.number
            fields |= {
                "complaint_id": self.case_id,
                "complaint": self.number,
                "bank": self.bank,
                "institution": "" if self.leg else self.bank_name,
            }
        return type_(occurred_at=at, appeal_id=appeal_id, registration_number=number, **fields)
