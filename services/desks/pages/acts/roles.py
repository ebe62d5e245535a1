"""Who does what to a case. Each service checks it again."""

from shared.roles import (
    DISPATCHER,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPERATOR,
    SUPERVISOR,
    UNIT,
    UNIT_HEAD,
    UNIT_STAFF,
    only,
)

HANDLING = UNIT_STAFF
HEADING = only(UNIT, UNIT_HEAD)
"""A unit where its head must speak."""
DISPATCHING = only(OFFICE, DISPATCHER)
"""The office where it says which unit has an appeal."""
SUPERVISING = only(OFFICE, SUPERVISOR)
"""The office where it watches limits, decides on them and closes."""
LEADING = only(LEADER)
CALLING = only(OPERATOR)
TAKING_CALLS = DISPATCHING | CALLING
STUDYING = OFFICE_STAFF | UNIT_STAFF
