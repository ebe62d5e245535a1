"""What intake does about the events it hears: it keeps what the enterprise may see of its appeal."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.intake import timeline
from services.intake.document import AppealDocument, KnownStudy
from services.intake.domain import complaints
from services.intake.ratings import Finding
from services.intake.work import Work
from shared import events
from shared.events import Event
from shared.messaging.consumer import Handlers
from shared.rules.terms import DeadlineKind


def add_legs(work: Work, event: events.AppealAssigned) -> None:
    with _changed(work, event) as appeal:
        for assigned in event.legs:
            leg = appeal.leg(assigned.leg_id, assigned.unit)
            leg.unit_name, leg.role = assigned.unit_name, assigned.role
            appeal.add_entry(timeline.entry_of(event, assigned.unit))


def keep_contact(work: Work, event: events.AppealContacted) -> None:
    with _noted(work, event, event.unit) as appeal:
        leg = appeal.leg(event.leg_id, event.unit)
        leg.contacted_at = min(leg.contacted_at or event.occurred_at, event.occurred_at)


def keep_reply(work: Work, event: events.AppealResponded) -> None:
    with _noted(work, event, event.unit) as appeal:
        leg = appeal.leg(event.leg_id, event.unit)
        leg.responded_at = min(leg.responded_at or event.occurred_at, event.occurred_at)


def complete_leg(work: Work, event: events.AppealCompleted) -> None:
    with _noted(work, event, event.unit) as appeal:
        leg = appeal.leg(event.leg_id, event.unit)
        leg.completed_at = max(leg.completed_at or event.occurred_at, event.occurred_at)


def end_leg_if_upheld(work: Work, event: events.ObjectionDecided) -> None:
    if event.upheld:
        with _changed(work, event) as appeal:
            appeal.leg(event.leg_id, event.unit).ended = True


def relieve_leg(work: Work, event: events.LegRelieved) -> None:
    with _noted(work, event, event.unit) as appeal:
        appeal.leg(event.leg_id, event.unit).ended = True


def keep_study(work: Work, event: events.StudyAsked | events.StudyClosed) -> None:
    """The units that are invited read the appeal until their study is closed."""
    units = tuple(invited.unit for invited in event.invited)
    with _changed(work, event) as appeal:
        appeal.keep_study(
            KnownStudy(number=event.number, units=units, is_open=isinstance(event, events.StudyAsked))
        )


def mark_referred(work: Work, event: events.AppealReferred) -> None:
    with _noted(work, event) as appeal:
        appeal.referred_at = max(appeal.referred_at or event.occurred_at, event.occurred_at)


def note_receipt(work: Work, event: events.ReferralReceived) -> None:
    with _noted(work, event) as appeal:
        appeal.received_elsewhere_at = event.occurred_at


def take_back(work: Work, event: events.ReferralReturned) -> None:
    """The appeal is handled again: the body that it was referred to does not have it."""
    with _noted(work, event) as appeal:
        appeal.returned_at = max(appeal.returned_at or event.occurred_at, event.occurred_at)


def mark_closed(work: Work, event: events.AppealClosed) -> None:
    with _noted(work, event) as appeal:
        appeal.closed_at = max(appeal.closed_at or event.occurred_at, event.occurred_at)


def replace_deadlines(work: Work, event: events.AppealJudged) -> None:
    with _changed(work, event) as appeal:
        appeal.deadlines = event.deadlines


def note_deadline(work: Work, event: events.AppealOverdue | events.DeadlineMoved) -> None:
    """The limit for deciding an objection is between the office and its units: it is not shown."""
    if event.deadline != DeadlineKind.OBJECTION:
        _note(work, event, event.unit)


def note_handover(work: Work, event: events.AppealHandedOver) -> None:
    _note(work, event)


def mark_approved(work: Work, event: events.ApprovalDeemed) -> None:
    """Silence approves the case, or, where each unit speaks for its own part, that of one leg."""
    with _noted(work, event, event.unit if event.each_leg else None) as appeal:
        if not event.each_leg:
            appeal.approved_at = event.occurred_at
        elif event.leg_id and event.unit:
            leg = appeal.leg(event.leg_id, event.unit)
            leg.completed_at = max(leg.completed_at or event.occurred_at, event.occurred_at)


def note_decision(work: Work, event: events.ApprovalDecided) -> None:
    with _noted(work, event) as appeal:
        if event.approved:
            appeal.approved_at = event.occurred_at


def keep_finding(work: Work, event: events.FindingMade) -> None:
    with _noted(work, event) as appeal:
        if appeal.finding is None or appeal.finding.found_at <= event.occurred_at:
            appeal.finding = Finding(
                reasonable=event.reasonable, reason=event.reason, found_at=event.occurred_at
            )


def note_of_leg(
    work: Work,
    event: events.StageReached
    | events.StageProposed
    | events.StageDeclined
    | events.AppealExtended
    | events.AppealPaused
    | events.AppealResumed
    | events.AppealPromised
    | events.PauseEnded,
) -> None:
    _note(work, event, event.unit)


def start_next_round(work: Work, event: events.AppealRedispatched) -> None:
    with _noted(work, event, event.unit) as appeal:
        leg = appeal.leg(event.leg_id, event.unit)
        if event.round > leg.round:
            leg.round, leg.again_at = event.round, event.occurred_at


def mark_lifted(work: Work, event: events.AppealLifted) -> None:
    with _noted(work, event) as appeal:
        appeal.lifted_at = min(appeal.lifted_at or event.occurred_at, event.occurred_at)
        appeal.keep_leader(event.leader, event.occurred_at)


def name_leader(work: Work, event: events.LeaderNamed) -> None:
    with _changed(work, event) as appeal:
        appeal.keep_leader(event.leader, event.occurred_at)


def keep_answer(work: Work, event: events.AppealComplaintDecided) -> None:
    with _noted(work, event) as appeal:
        complaints.keep_answer(appeal, event)


def keep_unit(work: Work, event: events.UnitChanged) -> None:
    work.keep_unit(event)


def keep_leader(work: Work, event: events.LeaderChanged) -> None:
    work.keep_leader(event)


def note_of_case(
    work: Work, event: events.AppealInstructed | events.AppealTransferred | events.TransferReceived
) -> None:
    _note(work, event)


def _note(work: Work, event: Event, unit: str | None = None) -> None:
    """Put `event`, as done by `unit`, into the timeline of its appeal."""
    appeal = work.appeal(event.appeal_id)
    appeal.add_entry(timeline.entry_of(event, unit))
    _keep(work, appeal)


@contextmanager
def _noted(work: Work, event: Event, unit: str | None = None) -> Iterator[AppealDocument]:
    """As `_changed`, with `event`, as done by `unit`, in the timeline."""
    appeal = work.appeal(event.appeal_id)
    appeal.add_entry(timeline.entry_of(event, unit))
    yield appeal
    _keep(work, appeal)


@contextmanager
def _changed(work: Work, event: Event) -> Iterator[AppealDocument]:
    """The event's appeal, to be changed within the block and kept with its new state after it."""
    appeal = work.appeal(event.appeal_id)
    yield appeal
    _keep(work, appeal)


def _keep(work: Work, appeal: AppealDocument) -> None:
    appeal.update_state()
    work.keep(appeal)


HANDLERS: Handlers = {
    events.AppealAssigned: add_legs,
    events.AppealContacted: keep_contact,
    events.AppealResponded: keep_reply,
    events.AppealCompleted: complete_leg,
    events.ObjectionDecided: end_leg_if_upheld,
    events.LegRelieved: relieve_leg,
    events.AppealReferred: mark_referred,
    events.ReferralReceived: note_receipt,
    events.ReferralReturned: take_back,
    events.AppealClosed: mark_closed,
    events.AppealJudged: replace_deadlines,
    events.AppealOverdue: note_deadline,
    events.DeadlineMoved: note_deadline,
    events.ApprovalDeemed: mark_approved,
    events.ApprovalDecided: note_decision,
    events.AppealHandedOver: note_handover,
    events.FindingMade: keep_finding,
    events.StageReached: note_of_leg,
    events.StageProposed: note_of_leg,
    events.StageDeclined: note_of_leg,
    events.AppealExtended: note_of_leg,
    events.AppealPaused: note_of_leg,
    events.AppealResumed: note_of_leg,
    events.AppealPromised: note_of_leg,
    events.PauseEnded: note_of_leg,
    events.AppealComplaintDecided: keep_answer,
    events.AppealRedispatched: start_next_round,
    events.AppealLifted: mark_lifted,
    events.AppealInstructed: note_of_case,
    events.AppealTransferred: note_of_case,
    events.TransferReceived: note_of_case,
    events.LeaderNamed: name_leader,
    events.UnitChanged: keep_unit,
    events.LeaderChanged: keep_leader,
    events.StudyAsked: keep_study,
    events.StudyClosed: keep_study,
}
SILENT: tuple[type[events.Event], ...] = (
    events.UnitPersonsErased,
    events.CasePersonsErased,
    events.AppealObjected,
    events.AppealMarked,
    events.ExtensionRequested,
    events.ExtensionDenied,
    events.PauseRequested,
    events.PauseDenied,
    events.AppealRefused,
    events.LiftRequested,
    events.AppealNoted,
    events.LegUrged,
    events.StudyAnswered,
    events.StudyDueSoon,
    events.StudyOverdue,
    events.AppealDueSoon,
    events.AppealReminded,
    events.AppealSupervised,
    events.PublicationProposed,
    events.PublicationAnswered,
    events.PublicationDecided,
    events.CardIssued,
    events.AppealRaised,
    events.AppealGathered,
    events.AppealSignedOff,
    events.CardServed,
    events.CardAcknowledged,
    events.CardAppealed,
    events.CardWithdrawn,
    events.CardUpheld,
    events.CardCleared,
    events.DispatchReadsRecorded,
    events.EscalationReadsRecorded,
)
"""Events between the office and its units, without a handler: an enterprise sees the deadlines only."""
