"""Who may call which route of the escalation service."""

from shared.roles import (
    AUDITOR,
    EVERYBODY,
    IMPORTER,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPS,
    READERS,
    STAFF,
    SUPERVISOR,
    UNIT,
    UNIT_HEAD,
    UNIT_STAFF,
    only,
)
from shared.web.access import Access

SUPERVISING = only(OFFICE, SUPERVISOR)

ACCESS: Access = {
    "POST /appeals/{appeal_id}/cards/served": SUPERVISING,
    "POST /appeals/{appeal_id}/cards/acknowledged": UNIT_STAFF,
    "POST /appeals/{appeal_id}/cards/appealed": only(UNIT, UNIT_HEAD),
    "POST /appeals/{appeal_id}/cards/upheld": SUPERVISING,
    "POST /appeals/{appeal_id}/cards/withdrawn": SUPERVISING,
    "POST /appeals/{appeal_id}/instructions": only(LEADER),
    "POST /appeals/{appeal_id}/gatherings": SUPERVISING,
    "POST /appeals/{appeal_id}/leaders": SUPERVISING,
    "POST /appeals/{appeal_id}/sign-off": only(LEADER),
    "POST /appeals/{appeal_id}/publication-answers": UNIT_STAFF,
    "POST /appeals/{appeal_id}/publication-decisions": SUPERVISING,
    "GET /publications": EVERYBODY,
    "GET /histories": only(OFFICE, IMPORTER, AUDITOR),
    "GET /calendars": OFFICE_STAFF | {IMPORTER, OPS, AUDITOR},
    "PUT /calendar/{year}": only(OFFICE, OPS),
    "GET /cases": READERS | {IMPORTER},
    "GET /ledger": READERS,
    "GET /units": STAFF | {AUDITOR},
    "GET /appeals/{appeal_id}": READERS,
    "GET /appeals/{appeal_id}/cards/{card_id}.{form}": OFFICE_STAFF | UNIT_STAFF | {LEADER, AUDITOR},
    "GET /leaders": STAFF | {AUDITOR},
    "PUT /leaders/{code}": only(OFFICE, IMPORTER),
}
