"""What intake does about the events it hears: it keeps what the enterprise may see."""

from services.intake import telling
from services.intake.file import File, Finding, LegFile
from services.intake.store import Desk
from shared import events
from shared.events import DeadlineKind
from shared.messaging.consumer import Handlers


def add_legs(desk: Desk, event: events.AppealAssigned) -> None:
    file = desk.file(event.appeal_id)
    for given in event.legs:
        leg = file.leg(given.leg_id, given.unit)
        leg.unit_name, leg.role = given.unit_name, given.role
        file.add(telling.entry(event, given.unit))
    _keep(desk, file)


def keep_contact(desk: Desk, event: events.AppealContacted) -> None:
    file, leg = _file_and_leg(desk, event)
    leg.contacted_at = min(leg.contacted_at or event.occurred_at, event.occurred_at)
    _keep(desk, file)


def keep_reply(desk: Desk, event: events.AppealResponded) -> None:
    file, leg = _file_and_leg(desk, event)
    leg.responded_at = min(leg.responded_at or event.occurred_at, event.occurred_at)
    _keep(desk, file)


def complete_leg(desk: Desk, event: events.AppealCompleted) -> None:
    file, leg = _file_and_leg(desk, event)
    leg.completed_at = max(leg.completed_at or event.occurred_at, event.occurred_at)
    _keep(desk, file)


def end_leg(desk: Desk, event: events.ObjectionDecided) -> None:
    if event.upheld:
        file = desk.file(event.appeal_id)
        file.leg(event.leg_id, event.unit).ended = True
        _keep(desk, file)


def mark_referred(desk: Desk, event: events.AppealReferred) -> None:
    file = desk.file(event.appeal_id)
    file.referred_at = event.occurred_at
    file.add(telling.entry(event))
    _keep(desk, file)


def mark_closed(desk: Desk, event: events.AppealClosed) -> None:
    file = desk.file(event.appeal_id)
    file.closed_at = event.occurred_at
    file.add(telling.entry(event))
    _keep(desk, file)


def replace_deadlines(desk: Desk, event: events.AppealJudged) -> None:
    file = desk.file(event.appeal_id)
    file.deadlines = event.deadlines
    _keep(desk, file)


def note_deadline(desk: Desk, event: events.AppealOverdue | events.DeadlineMoved) -> None:
    if event.deadline != DeadlineKind.OBJECTION:  # between the office and its units
        _note(desk, event, event.unit)


def note_handover(desk: Desk, event: events.AppealHandedOver) -> None:
    _note(desk, event)


def mark_approved(desk: Desk, event: events.ApprovalDeemed) -> None:
    file = desk.file(event.appeal_id)
    file.approved_at = event.occurred_at
    file.add(telling.entry(event))
    _keep(desk, file)


def keep_finding(desk: Desk, event: events.FindingMade) -> None:
    file = desk.file(event.appeal_id)
    if file.finding is None or file.finding.found_at <= event.occurred_at:
        file.finding = Finding(reasonable=event.reasonable, reason=event.reason, found_at=event.occurred_at)
    file.add(telling.entry(event))
    _keep(desk, file)


def note_of_leg(
    desk: Desk,
    event: events.StageReached | events.AppealExtended | events.AppealPaused | events.AppealResumed,
) -> None:
    _note(desk, event, event.unit)


def start_next_round(desk: Desk, event: events.AppealRedispatched) -> None:
    file, leg = _file_and_leg(desk, event)
    if event.round > leg.round:
        leg.round, leg.again_at = event.round, event.occurred_at
    _keep(desk, file)


def mark_lifted(desk: Desk, event: events.AppealLifted) -> None:
    file = desk.file(event.appeal_id)
    file.lifted_at = min(file.lifted_at or event.occurred_at, event.occurred_at)
    file.add(telling.entry(event))
    _keep(desk, file)


def note_instruction(desk: Desk, event: events.AppealInstructed) -> None:
    _note(desk, event)


def _note(desk: Desk, event: events.Event, unit: str | None = None) -> None:
    file = desk.file(event.appeal_id)
    file.add(telling.entry(event, unit))
    _keep(desk, file)


def _file_and_leg(desk: Desk, event: events.LegEvent | events.AppealRedispatched) -> tuple[File, LegFile]:
    """The case with `event` in its timeline, and the event's leg."""
    file = desk.file(event.appeal_id)
    file.add(telling.entry(event, event.unit))
    return file, file.leg(event.leg_id, event.unit)


def _keep(desk: Desk, file: File) -> None:
    file.settle()
    desk.keep(file)


HANDLERS: Handlers = {
    events.AppealAssigned: add_legs,
    events.AppealContacted: keep_contact,
    events.AppealResponded: keep_reply,
    events.AppealCompleted: complete_leg,
    events.ObjectionDecided: end_leg,
    events.AppealReferred: mark_referred,
    events.AppealClosed: mark_closed,
    events.AppealJudged: replace_deadlines,
    events.AppealOverdue: note_deadline,
    events.DeadlineMoved: note_deadline,
    events.ApprovalDeemed: mark_approved,
    events.AppealHandedOver: note_handover,
    events.FindingMade: keep_finding,
    events.StageReached: note_of_leg,
    events.AppealExtended: note_of_leg,
    events.AppealPaused: note_of_leg,
    events.AppealResumed: note_of_leg,
    events.AppealRedispatched: start_next_round,
    events.AppealLifted: mark_lifted,
    events.AppealInstructed: note_instruction,
}
SILENT: tuple[type[events.Event], ...] = (
    events.AppealObjected,
    events.ExtensionRequested,
    events.ExtensionDenied,
    events.AppealRefused,
    events.LiftRequested,
    events.AppealDueSoon,
    events.AppealReminded,
    events.AppealSupervised,
    events.PublicationProposed,
    events.PublicationAnswered,
    events.PublicationDecided,
    events.CardIssued,
    events.AppealSignedOff,
    events.CardServed,
    events.CardAcknowledged,
    events.CardAppealed,
    events.CardWithdrawn,
    events.CardUpheld,
    events.CardCleared,
)
"""What is between the office and its units: of it an enterprise sees the deadlines alone."""
