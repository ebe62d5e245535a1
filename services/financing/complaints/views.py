"""What people see of a complaint: the enterprise its course, regulator and window all of it."""

from typing import Any
from zoneinfo import ZoneInfo

from services.financing.complaints.document import ComplaintDocument
from services.financing.views import INTERNAL, deadlines, local


def for_enterprise(complaint: ComplaintDocument, zone: ZoneInfo) -> dict[str, Any]:
    """How a complaint stands, for the enterprise that made it, times in `zone`."""
    return {
        "complaint": complaint.number,
        "bank": complaint.bank,
        "bank_name": complaint.bank_name,
        "complained_at": local(complaint.complained_at, zone),
        "state": complaint.state,
        "founded": complaint.founded,
        "result": complaint.result,
        "decided_at": local(complaint.decided_at, zone),
        "deadlines": deadlines(complaint.deadlines, zone),
    }


def for_regulator(complaint: ComplaintDocument) -> dict[str, Any]:
    """A complaint, for regulator and window."""
    return complaint.model_dump(mode="json", exclude=INTERNAL)
