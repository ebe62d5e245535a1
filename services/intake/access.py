"""Who may call which route of the intake service."""

from shared.roles import (
    DISCIPLINE_INSPECTION,
    EVERYBODY,
    IMPORTER,
    OFFICE,
    OPERATOR,
    SERVICE,
    STAFF,
    UNIT,
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
    "POST /status/{registration_number}/attachments": EVERYBODY,
    "GET /status/{registration_number}/attachments/{attachment_id}": EVERYBODY,
    "POST /status/{registration_number}/attachments/{attachment_id}/removals": EVERYBODY,
    "POST /appeals/{appeal_id}/attachments": only(OPERATOR, OFFICE, UNIT),
    "GET /appeals/{appeal_id}/attachments/{attachment_id}": STAFF | {DISCIPLINE_INSPECTION},
    "POST /appeals/{appeal_id}/attachments/{attachment_id}/removals": only(OPERATOR, OFFICE, UNIT),
    "POST /appeals/{appeal_id}/attachments/{attachment_id}/releases": only(OPERATOR, OFFICE, UNIT),
    "GET /found": only(SERVICE),
    "POST /import": only(IMPORTER),
}
