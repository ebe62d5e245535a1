"""Who may call which route of the dispatch service."""

from shared.roles import DISCIPLINE_INSPECTION, IMPORTER, LEADER, OFFICE, STAFF, UNIT, only
from shared.web.access import Access

ACCESS: Access = {
    "POST /appeals/{appeal_id}/assignments": only(OFFICE),
    "POST /appeals/{appeal_id}/reassignments": only(OFFICE),
    "POST /appeals/{appeal_id}/marks": only(OFFICE),
    "POST /appeals/{appeal_id}/contacts": only(OFFICE, UNIT),
    "POST /appeals/{appeal_id}/replies": only(UNIT),
    "POST /appeals/{appeal_id}/completions": only(UNIT),
    "POST /appeals/{appeal_id}/promises": only(OFFICE, LEADER),
    "POST /appeals/{appeal_id}/stages": only(OFFICE, UNIT),
    "POST /appeals/{appeal_id}/stage-decisions": only(OFFICE),
    "POST /appeals/{appeal_id}/refusals": only(UNIT),
    "POST /appeals/{appeal_id}/objections": only(UNIT),
    "POST /appeals/{appeal_id}/objection-decisions": only(OFFICE),
    "POST /appeals/{appeal_id}/extension-requests": only(UNIT),
    "POST /appeals/{appeal_id}/extensions": only(UNIT),
    "POST /appeals/{appeal_id}/extension-decisions": only(OFFICE, LEADER),
    "POST /appeals/{appeal_id}/pause-requests": only(UNIT),
    "POST /appeals/{appeal_id}/pause-decisions": only(OFFICE, LEADER),
    "POST /appeals/{appeal_id}/pauses": only(OFFICE),
    "POST /appeals/{appeal_id}/resumptions": only(OFFICE),
    "POST /appeals/{appeal_id}/lift-requests": only(UNIT),
    "POST /appeals/{appeal_id}/findings": only(OFFICE),
    "POST /appeals/{appeal_id}/complaint-decisions": only(OFFICE),
    "POST /appeals/{appeal_id}/referrals": only(OFFICE, UNIT),
    "POST /appeals/{appeal_id}/referral-receipts": only(OFFICE),
    "POST /appeals/{appeal_id}/referral-returns": only(OFFICE),
    "POST /appeals/{appeal_id}/closures": only(OFFICE),
    "POST /import": only(IMPORTER),
    "GET /appeals": STAFF | {DISCIPLINE_INSPECTION},
    "GET /appeals/{appeal_id}": STAFF | {DISCIPLINE_INSPECTION},
    "GET /arrears": STAFF,
    "GET /units": STAFF | {IMPORTER},
    "PUT /units/{code}": only(OFFICE, IMPORTER),
}
