"""Who may call which route of the desks service."""

from services.desks.people import access as people
from shared.roles import BANK, DISCIPLINE_INSPECTION, LEADER, OFFICE, OPERATOR, STAFF, UNIT, only
from shared.web.access import Access

ACCESS: Access = {
    "GET /cases": STAFF | {DISCIPLINE_INSPECTION},
    "GET /cases/{appeal_id}": STAFF | {DISCIPLINE_INSPECTION},
    "GET /legs": only(OFFICE, UNIT, LEADER),
    "GET /waiting": only(OFFICE, UNIT, LEADER),
    "GET /loans": only(OPERATOR, OFFICE),
    "GET /bank-legs": only(OPERATOR, OFFICE, BANK),
    **people.ACCESS,
}
