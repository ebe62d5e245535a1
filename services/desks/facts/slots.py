"""Which slots of a case each event fills, and what each slot keeps of it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from shared import events
from shared.events import Event


class Slot(NamedTuple):
    """A slot by its pattern, of which `{event}` is the event, and the fields of the event that it keeps."""

    pattern: str
    fields: frozenset[str] = frozenset()


def _slot(pattern: str, *fields: str) -> tuple[Slot, ...]:
    return (Slot(pattern, frozenset(fields)),)


def _leg(name: str, *fields: str) -> tuple[Slot, ...]:
    return _slot(f"leg:{{event.leg_id}}:{name}", "unit", *fields)


def _card(name: str, *fields: str) -> tuple[Slot, ...]:
    return _slot(f"card:{{event.card_id}}:{name}", "unit", *fields)


def _bank(name: str, *fields: str) -> tuple[Slot, ...]:
    return _slot(f"bank:{{event.leg_id}}:{name}", "leg", "bank", *fields)


def _complaint(name: str, *fields: str) -> tuple[Slot, ...]:
    return _slot(f"complaint:{{event.complaint_id}}:{name}", "complaint", "bank", "institution", *fields)


def _publication(name: str) -> tuple[Slot, ...]:
    return _slot(f"publication:{{event.publication_id}}:{name}", "unit")


_RECEIVED = (
    "channel kind title enterprise credit_code locality pack category urgency division complained_of "
    "confidentiality answer_wanted wished_on first_asked"
)
_STAGE = "leg:{event.leg_id}:stage {event.stage} {event.number}"

SLOTS: Mapping[type[Event], tuple[Slot, ...]] = {
    # intake
    events.AppealReceived: _slot("received", *_RECEIVED.split()),
    events.AppealWithdrawn: _slot("withdrawn"),
    events.AppealReopened: _slot("reopened"),
    events.AppealRated: _slot("rated", "rating"),
    events.FollowUpMade: _slot("followed_up", "reached"),
    events.AppealMerged: _slot("merge", "lead", "lead_number"),
    events.AppealUnmerged: _slot("merge"),
    events.AppealComplained: _slot("complained", "leg_id"),
    events.ReferralObjected: _slot("referral_objected"),
    # dispatch
    events.AppealContacted: _leg("contacted"),
    events.AppealResponded: _leg("responded"),
    events.AppealCompleted: _leg("completed", "outcome"),
    events.AppealObjected: _leg("objected"),
    events.ObjectionDecided: _leg("objection_decided", "upheld"),
    events.LegRelieved: _leg("ended", "successor"),
    events.ExtensionRequested: _leg("extension_asked", "deadline", "limit"),
    events.AppealExtended: _leg("extension_decided", "deadline"),
    events.ExtensionDenied: _leg("extension_decided", "deadline"),
    events.PauseRequested: _leg("pause_asked", "ground"),
    events.PauseDenied: _leg("pause_decided"),
    events.AppealPaused: (*_leg("pause", "ground"), *_leg("pause_decided")),
    events.AppealResumed: _leg("pause"),
    events.AppealRefused: _leg("refused"),
    events.LiftRequested: _leg("lift_asked"),
    events.AppealPromised: _leg("promised", "planned_on"),
    events.StageProposed: _slot(f"{_STAGE}:proposed", "unit", "stage", "number"),
    events.StageReached: _slot(f"{_STAGE}:decided", "unit"),
    events.StageDeclined: _slot(f"{_STAGE}:decided", "unit"),
    events.FindingMade: _slot("finding", "reasonable"),
    events.AppealReferred: _slot("referred", "to"),
    events.ReferralReceived: _slot("received_elsewhere", "to"),
    events.ReferralReturned: _slot("returned"),
    events.AppealAnswered: _slot("closed"),
    events.AppealClosed: _slot("closed", "against_word"),
    events.StudyAsked: _slot("study:{event.number}:asked", "invited"),
    events.AppealComplaintDecided: _slot("complaint_decided", "justified"),
    # escalation
    events.PauseEnded: _leg("pause"),
    events.AppealRedispatched: _leg("round", "round", "reason"),
    events.CardIssued: _card("issued", "card", "leg_id", "round", "deadline", "due_at", "clause"),
    events.CardServed: _card("served"),
    events.CardAcknowledged: _card("acknowledged"),
    events.CardAppealed: _card("appealed"),
    events.CardUpheld: _card("upheld"),
    events.CardWithdrawn: _card("withdrawn"),
    events.CardCleared: _card("cleared"),
    events.AppealLifted: (
        *_slot("lift:{event.id}:lifted", "reason", "leader", "acts", "unit", "level", "clause"),
        *_slot("lifted", "leader", "acts"),
    ),
    events.LeaderNamed: _slot("leader_named", "leader", "acts"),
    events.AppealGathered: _slot("gathered"),
    events.AppealInstructed: _slot("instruction:{event.id}:instructed", "leader", "task_force"),
    events.AppealSignedOff: _slot("signed_off", "leader"),
    events.AppealHandedOver: _slot("handed_over", "to"),
    events.PublicationProposed: _publication("proposed"),
    events.PublicationAnswered: _publication("answered"),
    events.PublicationDecided: _publication("decided"),
    # financing
    events.LoanRequested: _slot("requested", "product", "amount_band", "first_loan", "locality", "pack"),
    events.LoanReported: _bank("reported", "state", "late"),
    events.LoanWithdrawalAsked: _bank("withdrawal_asked"),
    events.LoanWithdrawalAnswered: _bank("withdrawal_answered", "confirmed"),
    events.LoanRated: _slot("rated", "rating"),
    events.LoanOfficeTookOver: _slot("took_over", "reason"),
    events.LoanWithdrawn: _slot("withdrawn"),
    events.LoanConsentWithdrawn: _slot("consent_withdrawn"),
    events.LoanClosed: _slot("closed"),
    events.LoanComplained: _complaint("complained", "pack"),
    events.ComplaintDecided: _complaint("decided", "founded"),
}
"""Events that fill slots as they are. What others say is taken apart in `keeping.py`."""
ONLY_LINES: tuple[type[Event], ...] = (
    events.AttachmentStored,
    events.AttachmentReleased,
    events.AttachmentRemoved,
    events.AppealAddedTo,
    events.AppealUrged,
    events.ContactChanged,
    events.ReceiptCodeRenewed,
    events.AppealPersonsErased,
    events.UnitPersonsErased,
    events.CasePersonsErased,
    events.LoanPersonsErased,
    events.NoticePersonsErased,
    events.ReopeningAsked,
    events.ReopeningDeclined,
    events.AppealNoted,
    events.LegUrged,
    events.AppealTransferred,
    events.TransferReceived,
    events.StudyAnswered,
    events.StudyDueSoon,
    events.StudyOverdue,
    events.StudyClosed,
    events.AppealDueSoon,
    events.AppealOverdue,
    events.AppealSupervised,
    events.AppealReminded,
    events.DeadlineMoved,
    events.AppealRaised,
    events.LoanReportedAgain,
    events.LoanFollowedUp,
    events.LoanDueSoon,
    events.LoanOverdue,
    events.LoanReminded,
    events.LoanSupervised,
    events.LoanDeadlineMoved,
    events.LoanOfficeDueSoon,
    events.LoanOfficeOverdue,
    events.LoanRaised,
    events.ComplaintDueSoon,
    events.ComplaintOverdue,
    events.ComplaintReminded,
    events.ComplaintDeadlineMoved,
)
"""Events that are a line of the timeline and no more: what they say of deadlines a judgement says too."""
