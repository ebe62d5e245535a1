"""Who may call which route of the escalation service."""

from shared.roles import DISCIPLINE_INSPECTION, EVERYBODY, IMPORTER, LEADER, OFFICE, OPS, STAFF, UNIT, only
from shared.web.access import Access

ACCESS: Access = {
    "POST /appeals/{appeal_id}/cards/served": only(OFFICE),
    "POST /appeals/{appeal_id}/cards/acknowledged": only(UNIT),
    "POST /appeals/{appeal_id}/cards/appealed": only(UNIT),
    "POST /appeals/{appeal_id}/cards/upheld": only(OFFICE),
    "POST /appeals/{appeal_id}/cards/withdrawn": only(OFFICE),
    "POST /appeals/{appeal_id}/instructions": only(LEADER),
    "POST /appeals/{appeal_id}/gatherings": only(OFFICE),
    "POST /appeals/{appeal_id}/leaders": only(OFFICE),
    "POST /appeals/{appeal_id}/sign-off": only(LEADER),
    "POST /appeals/{appeal_id}/publication-answers": only(UNIT),
    "POST /appeals/{appeal_id}/publication-decisions": only(OFFICE),
    "GET /publications": EVERYBODY,
    "GET /histories": only(OFFICE, IMPORTER, OPS),
    "GET /calendars": only(OFFICE, IMPORTER, OPS),
    "PUT /calendar/{year}": only(OFFICE, OPS),
    "GET /cases": STAFF | {IMPORTER, DISCIPLINE_INSPECTION},
    "GET /ledger": STAFF | {DISCIPLINE_INSPECTION},
    "GET /units": STAFF,
    "GET /appeals/{appeal_id}": STAFF | {DISCIPLINE_INSPECTION},
    "GET /appeals/{appeal_id}/cards/{card_id}.{form}": only(OFFICE, UNIT, LEADER),
    "GET /leaders": STAFF,
    "PUT /leaders/{code}": only(OFFICE, IMPORTER),
}
