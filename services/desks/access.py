"""Who may call which route of the desks service."""

from services.desks.people import access as people
from shared.roles import (
    AUDITOR,
    BANK_STAFF,
    FINANCE_WINDOW,
    LEADER,
    OFFICE_STAFF,
    OPERATOR,
    READERS,
    UNIT_STAFF,
)
from shared.web.access import Access

WORKING = OFFICE_STAFF | UNIT_STAFF | {LEADER, AUDITOR}
LENDING = OFFICE_STAFF | {OPERATOR, FINANCE_WINDOW, AUDITOR}

ACCESS: Access = {
    "GET /cases": READERS,
    "GET /cases/{appeal_id}": READERS,
    "GET /legs": WORKING,
    "GET /waiting": WORKING,
    "GET /loans": LENDING,
    "GET /bank-legs": LENDING | BANK_STAFF,
    **people.ACCESS,
}
