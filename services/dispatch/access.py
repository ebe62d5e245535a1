"""Who may call which route of the dispatch service."""

from shared.roles import (
    AUDITOR,
    DISPATCHER,
    IMPORTER,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPERATOR,
    READERS,
    SERVICE,
    STAFF,
    SUPERVISOR,
    UNIT,
    UNIT_HEAD,
    UNIT_STAFF,
    Roles,
    only,
)
from shared.web.access import Access

DISPATCHING = only(OFFICE, DISPATCHER)
"""The office where it says which unit has an appeal."""
SUPERVISING = only(OFFICE, SUPERVISOR)
"""The office where it watches limits, decides on them and closes."""
HANDLING = UNIT_STAFF
HEADING = only(UNIT, UNIT_HEAD)
"""A unit where its head must speak: a refusal, a longer limit of its own, a lift."""
TEMPLATES: Roles = OFFICE_STAFF | UNIT_STAFF

ACCESS: Access = {
    "POST /appeals/{appeal_id}/assignments": DISPATCHING,
    "POST /appeals/{appeal_id}/reassignments": DISPATCHING,
    "POST /appeals/{appeal_id}/marks": DISPATCHING,
    "POST /appeals/{appeal_id}/contacts": DISPATCHING | HANDLING,
    "POST /appeals/{appeal_id}/replies": HANDLING,
    "POST /appeals/{appeal_id}/completions": HANDLING,
    "POST /appeals/{appeal_id}/promises": SUPERVISING | {LEADER},
    "POST /appeals/{appeal_id}/stages": SUPERVISING | HANDLING,
    "POST /appeals/{appeal_id}/stage-decisions": SUPERVISING,
    "POST /appeals/{appeal_id}/refusals": HEADING,
    "POST /appeals/{appeal_id}/objections": HANDLING,
    "POST /appeals/{appeal_id}/objection-decisions": DISPATCHING,
    "POST /appeals/{appeal_id}/extension-requests": HANDLING,
    "POST /appeals/{appeal_id}/extensions": HEADING,
    "POST /appeals/{appeal_id}/extension-decisions": SUPERVISING | {LEADER},
    "POST /appeals/{appeal_id}/pause-requests": HANDLING,
    "POST /appeals/{appeal_id}/pause-decisions": SUPERVISING | {LEADER},
    "POST /appeals/{appeal_id}/pauses": SUPERVISING,
    "POST /appeals/{appeal_id}/resumptions": SUPERVISING,
    "POST /appeals/{appeal_id}/lift-requests": HEADING,
    "POST /appeals/{appeal_id}/findings": SUPERVISING,
    "POST /appeals/{appeal_id}/complaint-decisions": SUPERVISING,
    "POST /appeals/{appeal_id}/referrals": DISPATCHING | HANDLING,
    "POST /appeals/{appeal_id}/referral-receipts": DISPATCHING,
    "POST /appeals/{appeal_id}/referral-returns": DISPATCHING,
    "POST /appeals/{appeal_id}/closures": SUPERVISING,
    "POST /appeals/{appeal_id}/notes": STAFF,
    "POST /appeals/{appeal_id}/urgings": SUPERVISING,
    "POST /appeals/{appeal_id}/studies": OFFICE_STAFF | HANDLING,
    "POST /appeals/{appeal_id}/study-answers": OFFICE_STAFF | HANDLING,
    "POST /appeals/{appeal_id}/study-closures": OFFICE_STAFF | HANDLING,
    "POST /appeals/{appeal_id}/transfers": DISPATCHING | {OPERATOR},
    "POST /appeals/{appeal_id}/transfer-receipts": DISPATCHING | {OPERATOR},
    "POST /bulk/assignments": DISPATCHING,
    "POST /bulk/closures": SUPERVISING,
    "POST /import": only(IMPORTER),
    "GET /appeals": READERS,
    "GET /appeals/{appeal_id}": READERS,
    "GET /appeals/{appeal_id}/assignment.pdf": OFFICE_STAFF | UNIT_STAFF | {AUDITOR},
    "GET /appeals/{appeal_id}/supervision.pdf": OFFICE_STAFF | {LEADER, AUDITOR},
    "GET /appeals/{appeal_id}/answer-templates/{code}": STAFF,
    "GET /answer-templates": STAFF | {AUDITOR},
    "PUT /answer-templates/{code}": TEMPLATES,
    "DELETE /answer-templates/{code}": TEMPLATES,
    "GET /appeals/{appeal_id}/answers": only(SERVICE),
    "GET /arrears": STAFF | {AUDITOR},
    "GET /units": STAFF | {IMPORTER, AUDITOR},
    "PUT /units/{code}": only(OFFICE, IMPORTER),
}
