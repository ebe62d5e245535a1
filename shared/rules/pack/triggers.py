"""What may start a deadline, and what may meet it."""

from enum import StrEnum

from shared.rules.terms import DeadlineKind


class Meeting(StrEnum):
    """What may meet a deadline, beside the stages a pack names. `all_completed`: every leg is completed."""

    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    COMPLETED = "completed"
    OBJECTION_DECIDED = "objection_decided"
    REFERRED = "referred"
    CLOSED = "closed"
    SIGNED_OFF = "signed_off"
    ALL_COMPLETED = "all_completed"
    RATED = "rated"
    FOLLOWED_UP = "followed_up"
    FOUND = "found"
    EXTENSION_DECIDED = "extension_decided"
    PAUSE_DECIDED = "pause_decided"
    COMPLAINT_DECIDED = "complaint_decided"
    RECEIVED_ELSEWHERE = "received_elsewhere"
    GATHERED = "gathered"
    PLANNED = "planned"
    STAGE_DECIDED = "stage_decided"


class Start(StrEnum):
    """What may start a deadline, beside the stages a pack names.

    `round`: a dispatch, also a later one. `upheld`: a unit gave its part back, or was relieved of it.
    `heard`: every leg is completed and the enterprise was heard, where the closure needs that.
    `to_be_lifted`: a lift waits for what the office gathers. `planned`: a unit promised a day.
    `returned`: every leg reached a stage with `returns`, so nobody has the case.
    `paid_up`: nothing is owed any more. `proposed`: a unit said of a stage what somebody has to confirm.
    """

    RECEIVED = "received"
    LIFTED = "lifted"
    ALL_COMPLETED = "all_completed"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    ROUND = "round"
    OBJECTED = "objected"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    UPHELD = "upheld"
    EXTENSION_ASKED = "extension_asked"
    PAUSE_ASKED = "pause_asked"
    COMPLAINED = "complained"
    HEARD = "heard"
    REFERRED = "referred"
    TO_BE_LIFTED = "to_be_lifted"
    PAID_UP = "paid_up"
    PLANNED = "planned"
    PROPOSED = "proposed"


OF_THE_CASE = frozenset(
    {
        Start.RECEIVED,
        Start.LIFTED,
        Start.ALL_COMPLETED,
        Start.HANDED_OVER,
        Start.UPHELD,
        Start.COMPLAINED,
        Start.HEARD,
        Start.REFERRED,
        Start.TO_BE_LIFTED,
        Start.RETURNED,
    }
)
"""What starts a deadline of the whole case; everything else, stages too, starts one of a leg."""
MEETS_CASE = frozenset(
    {
        Meeting.ASSIGNED,
        Meeting.REFERRED,
        Meeting.CLOSED,
        Meeting.SIGNED_OFF,
        Meeting.ALL_COMPLETED,
        Meeting.RATED,
        Meeting.FOLLOWED_UP,
        Meeting.FOUND,
        Meeting.COMPLAINT_DECIDED,
        Meeting.RECEIVED_ELSEWHERE,
        Meeting.GATHERED,
    }
)
USUAL_START: dict[str, str] = {
    DeadlineKind.DISPATCH: Start.RECEIVED,
    DeadlineKind.LIFTED: Start.LIFTED,
    DeadlineKind.OBJECTION: Start.OBJECTED,
    DeadlineKind.FOLLOW_UP: Start.ALL_COMPLETED,
    DeadlineKind.DISPATCH_AGAIN: Start.UPHELD,
    DeadlineKind.EXTENSION: Start.EXTENSION_ASKED,
    DeadlineKind.PAUSE: Start.PAUSE_ASKED,
    DeadlineKind.COMPLAINT: Start.COMPLAINED,
    DeadlineKind.CLOSURE: Start.HEARD,
    DeadlineKind.REFERRAL: Start.REFERRED,
    DeadlineKind.GATHERING: Start.TO_BE_LIFTED,
    DeadlineKind.PROMISE: Start.PLANNED,
    DeadlineKind.STAGE_DECISION: Start.PROPOSED,
}
BRINGS_ITS_END = frozenset({Start.TO_BE_LIFTED, Start.PLANNED})
"""What starts a deadline and says when it ends: `gather` of the step that lifts, and the day promised."""
