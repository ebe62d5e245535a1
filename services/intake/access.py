"""Who may call which route of the intake service."""

from shared.roles import (
    AUDITOR,
    DISPATCHER,
    EVERYBODY,
    IMPORTER,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPERATOR,
    READERS,
    SERVICE,
    SUPERVISOR,
    UNIT_STAFF,
    only,
)
from shared.web.access import Access

WRITING_DOWN = only(OPERATOR, OFFICE, DISPATCHER)
"""Who writes down what an enterprise says."""
SUPERVISING = only(OFFICE, SUPERVISOR)
FILING = OFFICE_STAFF | UNIT_STAFF | {OPERATOR}

ACCESS: Access = {
    "GET /procedures": EVERYBODY,
    "POST /appeals": EVERYBODY,
    "GET /status/{registration_number}": EVERYBODY,
    "POST /status/{registration_number}/withdrawals": EVERYBODY,
    "POST /status/{registration_number}/ratings": EVERYBODY,
    "POST /status/{registration_number}/complaints": EVERYBODY,
    "POST /status/{registration_number}/referral-objections": EVERYBODY,
    "POST /status/{registration_number}/additions": EVERYBODY,
    "POST /status/{registration_number}/urgings": EVERYBODY,
    "PUT /status/{registration_number}/contact": EVERYBODY,
    "POST /status/{registration_number}/reopening-requests": EVERYBODY,
    "POST /status/{registration_number}/receipt-codes": EVERYBODY,
    "POST /proofs": EVERYBODY,
    "GET /mine": EVERYBODY,
    "POST /appeals/{appeal_id}/additions": WRITING_DOWN,
    "POST /appeals/{appeal_id}/reopening-decisions": SUPERVISING,
    "POST /appeals/{appeal_id}/reopenings": SUPERVISING,
    "POST /appeals/{appeal_id}/merges": only(OFFICE, DISPATCHER),
    "POST /appeals/{appeal_id}/unmerges": only(OFFICE, DISPATCHER),
    "POST /appeals/{appeal_id}/follow-ups": SUPERVISING | {OPERATOR},
    "GET /appeals": READERS,
    "GET /appeals/{appeal_id}": READERS,
    "GET /appeals/{appeal_id}/contact": only(SERVICE),
    "POST /appeals/{appeal_id}/contact-readings": OFFICE_STAFF | UNIT_STAFF | {OPERATOR, LEADER},
    "GET /attachment-limits": EVERYBODY,
    "POST /status/{registration_number}/attachments": EVERYBODY,
    "GET /status/{registration_number}/attachments/{attachment_id}": EVERYBODY,
    "POST /status/{registration_number}/attachments/{attachment_id}/removals": EVERYBODY,
    "POST /appeals/{appeal_id}/attachments": FILING,
    "GET /appeals/{appeal_id}/attachments/{attachment_id}": READERS,
    "POST /appeals/{appeal_id}/attachments/{attachment_id}/removals": FILING,
    "POST /appeals/{appeal_id}/attachments/{attachment_id}/releases": FILING,
    "POST /appeals/{appeal_id}/erasures": only(OFFICE),
    "GET /status/{registration_number}/data": EVERYBODY,
    "POST /appeals/{appeal_id}/corrections": WRITING_DOWN,
    "GET /categories": EVERYBODY,
    "GET /channels": EVERYBODY,
    "GET /channels/statistics": OFFICE_STAFF | {LEADER, AUDITOR},
    "GET /enterprises/{credit_code}": OFFICE_STAFF | {OPERATOR, LEADER, AUDITOR},
    "GET /callers": WRITING_DOWN,
    "GET /alike": WRITING_DOWN,
    "GET /found": only(SERVICE),
    "POST /import": only(IMPORTER),
}
