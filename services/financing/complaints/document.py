"""The document of a complaint about a bank."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.financing.document import JudgedDocument
from shared.events import Event


class ComplaintDocument(JudgedDocument):
    """A complaint about a bank (投诉), with the regulator until it is decided."""

    what: Literal["complaint"] = "complaint"
    loan_id: UUID
    loan_number: str
    leg: str
    bank: str
    bank_name: str
    enterprise: str
    text: str
    complained_at: datetime
    by: str
    state: Literal["open", "decided"] = "open"
    founded: bool | None = None
    finding: str | None = None
    measures: str | None = None
    result: str | None = None
    shown: str | None = None
    decided_at: datetime | None = None

    def columns(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "state": self.state,
            "source_id": None,
            "credit_code": None,
            "banks": [self.bank],
        }

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        return type_(
            occurred_at=at,
            appeal_id=self.loan_id,
            registration_number=self.loan_number,
            complaint_id=self.case_id,
            complaint=self.number,
            bank=self.bank,
            **fields,
        )
