"""Who may call which route of the notify service."""

from shared.roles import (
    AUDITOR,
    BANK_STAFF,
    EVERYBODY,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPERATOR,
    OPS,
    REGULATOR,
    SERVICE,
    SUPERVISOR,
    UNIT,
    UNIT_HEAD,
    UNIT_STAFF,
    only,
)
from shared.web.access import Access

WARNED = OFFICE_STAFF | UNIT_STAFF | {LEADER}
INBOXES = WARNED | BANK_STAFF | {REGULATOR}
CONTACTS = only(OPERATOR, OFFICE, UNIT, UNIT_HEAD, LEADER)
EVIDENCE = only(OFFICE, SUPERVISOR, AUDITOR)
DELIVERIES = only(OFFICE, SUPERVISOR, OPS)

ACCESS: Access = {
    "GET /inbox": INBOXES,
    "POST /inbox/{message_id}/read": INBOXES,
    "POST /inbox/{message_id}/acknowledged": WARNED,
    "GET /status/{registration_number}": EVERYBODY,
    "GET /appeals/{appeal_id}/messages": EVIDENCE,
    "GET /appeals/{appeal_id}/deliveries": EVIDENCE,
    "GET /appeals/{appeal_id}/timeline": EVIDENCE,
    "GET /deliveries": DELIVERIES | {AUDITOR},
    "POST /deliveries/{delivery_id}/resend": DELIVERIES,
    "GET /failures": DELIVERIES,
    "POST /failures/{delivery_id}/resend": DELIVERIES,
    "GET /contacts/{recipient}": CONTACTS,
    "PUT /contacts/{recipient}": CONTACTS,
    "POST /codes": only(SERVICE),
    "POST /receipts/sms": EVERYBODY,
}
