"""Who may call which route of the intake service."""

from shared.roles import (
    DISCIPLINE_INSPECTION,
    EVERYBODY,
    IMPORTER,
    LEADER,
    OFFICE,
    OPERATOR,
    SERVICE,
    STAFF,
    only,
)
from shared.web.access import Access

ACCESS: Access = {
    "GET /procedures": EVERYBODY,
    "POST /appeals": EVERYBODY,
    "GET /status/{registration_number}": EVERYBODY,
    "POST /status/{registration_number}/withdrawals": EVERYBODY,
    "POST /status/{registration_number}/ratings": EVERYBODY,
    "POST /status/{registration_number}/complaints": EVERYBODY,
    "POST /status/{registration_number}/referral-objections": EVERYBODY,
    "POST /appeals/{appeal_id}/reopenings": only(OFFICE),
    "POST /appeals/{appeal_id}/merges": only(OFFICE),
    "POST /appeals/{appeal_id}/unmerges": only(OFFICE),
    "POST /appeals/{appeal_id}/follow-ups": only(OPERATOR, OFFICE),
    "GET /appeals": STAFF | {DISCIPLINE_INSPECTION},
    "GET /appeals/{appeal_id}": STAFF | {DISCIPLINE_INSPECTION},
    "GET /appeals/{appeal_id}/contact": only(SERVICE),
    "POST /appeals/{appeal_id}/corrections": only(OPERATOR, OFFICE),
    "GET /categories": EVERYBODY,
    "GET /channels": EVERYBODY,
    "GET /channels/statistics": only(OFFICE, LEADER),
    "GET /enterprises/{credit_code}": only(OPERATOR, OFFICE, LEADER),
    "GET /callers": only(OPERATOR, OFFICE),
    "GET /alike": only(OPERATOR, OFFICE),
    "POST /import": only(IMPORTER),
}
