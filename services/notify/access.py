"""Who may call which route of the notify service."""

from shared.roles import BANK, EVERYBODY, LEADER, OFFICE, OPERATOR, OPS, REGULATOR, SERVICE, UNIT, only
from shared.web.access import Access

INBOXES = only(OFFICE, UNIT, LEADER, BANK, REGULATOR)

ACCESS: Access = {
    "GET /inbox": INBOXES,
    "POST /inbox/{message_id}/read": INBOXES,
    "POST /inbox/{message_id}/acknowledged": only(OFFICE, UNIT, LEADER),
    "GET /status/{registration_number}": EVERYBODY,
    "GET /appeals/{appeal_id}/messages": only(OFFICE, OPS),
    "GET /appeals/{appeal_id}/deliveries": only(OFFICE, OPS),
    "GET /appeals/{appeal_id}/timeline": only(OFFICE, OPS),
    "GET /deliveries": only(OFFICE, OPS),
    "POST /deliveries/{delivery_id}/resend": only(OFFICE, OPS),
    "GET /failures": only(OFFICE, OPS),
    "POST /failures/{delivery_id}/resend": only(OFFICE, OPS),
    "GET /contacts/{recipient}": only(OPERATOR, OFFICE, UNIT, LEADER),
    "PUT /contacts/{recipient}": only(OPERATOR, OFFICE, UNIT, LEADER),
    "POST /codes": only(SERVICE),
    "POST /receipts/sms": EVERYBODY,
}
