"""What dispatch does about the events it hears. Each handler changes the appeal's document."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.dispatch.document import AppealDocument, AppealState, ClosureRecord, HandOver, MergeRecord
from services.dispatch.work import Work
from shared import events
from shared.events import Event
from shared.messaging.consumer import Handlers
from shared.states import LegState

BEYOND_RECALL = (AppealState.CLOSED, AppealState.APPROVED)


def open_file(work: Work, event: events.AppealReceived) -> None:
    if event.appeal_id not in work.appeals:
        work.keep(
            AppealDocument(
                appeal_id=event.appeal_id,
                registration_number=event.registration_number,
                title=event.title,
                kind=event.kind,
                channel=event.channel,
                enterprise=event.enterprise,
                is_withheld=bool(event.withholds),
                locality=event.locality,
                pack=event.pack,
                received_at=event.occurred_at,
            )
        )


def correct(work: Work, event: events.AppealCorrected) -> None:
    """What the office dispatches by is corrected; who asks is forgotten where the name is withheld now."""
    with _changed(work, event) as appeal:
        appeal.kind = event.kind or appeal.kind
        appeal.locality = event.locality or (None if "locality" in event.cleared else appeal.locality)
        if event.withholds is not None:
            appeal.is_withheld = event.withholds
        appeal.enterprise = None if appeal.is_withheld else event.enterprise or appeal.enterprise
        appeal.title = event.title or appeal.title


def end_by_answer(work: Work, event: events.AppealAnswered) -> None:
    """A consultation that was answered on the spot is closed; no unit gets it."""
    with _changed(work, event) as appeal:
        appeal.state = AppealState.CLOSED
        appeal.closures = [*appeal.closures, ClosureRecord(closed_at=event.occurred_at)]


def end_by_withdrawal(work: Work, event: events.AppealWithdrawn) -> None:
    if work.appeal(event.appeal_id).state not in BEYOND_RECALL:
        with _changed(work, event) as appeal:
            appeal.state = AppealState.WITHDRAWN


def start_next_round(work: Work, event: events.AppealRedispatched) -> None:
    with _changed(work, event) as appeal:
        appeal.leg(event.leg_id).begin_round(event.round, event.occurred_at)


def mark_lifted(work: Work, event: events.AppealLifted) -> None:
    with _changed(work, event) as appeal:
        appeal.lifted, appeal.level, appeal.signed_off = True, event.level, False


def mark_signed_off(work: Work, event: events.AppealSignedOff) -> None:
    with _changed(work, event) as appeal:
        appeal.signed_off = True


def name_task_force(work: Work, event: events.AppealInstructed) -> None:
    """Whoever was ever named in a task force goes on reading the appeal."""
    with _changed(work, event) as appeal:
        appeal.task_force = tuple(dict.fromkeys((*appeal.task_force, *event.task_force)))


def keep_leader(work: Work, event: events.LeaderChanged) -> None:
    work.keep_leader(event)


def end_by_silence(work: Work, event: events.ApprovalDeemed) -> None:
    """Silence approves the case, or, where each unit speaks for its own part, that of one leg."""
    with _changed(work, event) as appeal:
        if not event.each_leg:
            appeal.state = AppealState.APPROVED
        elif event.leg_id:
            leg = appeal.leg(event.leg_id)
            leg.state, leg.decision, leg.completed_at = LegState.COMPLETED, "deemed", event.occurred_at
            leg.drop_waiting()


def end_by_approval(work: Work, event: events.ApprovalDecided) -> None:
    if event.approved:
        with _changed(work, event) as appeal:
            appeal.state = AppealState.APPROVED


def keep_hand_over(work: Work, event: events.AppealHandedOver) -> None:
    with _changed(work, event) as appeal:
        appeal.handed_over = [*appeal.handed_over, HandOver(to=event.to, handed_over_at=event.occurred_at)]


def keep_deadlines(work: Work, event: events.AppealJudged) -> None:
    work.keep_deadlines(event)


def mark_heard(work: Work, event: events.AppealRated) -> None:
    with _changed(work, event) as appeal:
        appeal.heard_at, appeal.rating = event.occurred_at, event.rating


def keep_call(work: Work, event: events.FollowUpMade) -> None:
    with _changed(work, event) as appeal:
        if event.reached:
            appeal.heard_at = event.occurred_at
        else:
            appeal.missed_at = event.occurred_at


def reopen(work: Work, event: events.AppealReopened) -> None:
    """The enterprise rated a handling that is open again, so it must be heard again before closure.

    An appeal that was closed before it was reopened is at work again.
    """
    with _changed(work, event) as appeal:
        appeal.heard_at = appeal.missed_at = appeal.rating = None
        closed_at = appeal.closures[-1].closed_at if appeal.closures else None
        if appeal.state == AppealState.CLOSED and closed_at and closed_at < event.occurred_at:
            appeal.state = AppealState.ASSIGNED if appeal.live_legs() else AppealState.RECEIVED


def keep_complaint(work: Work, event: events.AppealComplained) -> None:
    """Intake lets one complaint wait at a time: it waits until the office has answered it."""
    with _changed(work, event) as appeal:
        appeal.complained_at = event.occurred_at


def keep_referral_objection(work: Work, event: events.ReferralObjected) -> None:
    with _changed(work, event) as appeal:
        if appeal.referral is not None:
            appeal.referral.objected_at = event.occurred_at


def follow_lead(work: Work, event: events.AppealMerged) -> None:
    """Handle the appeal with its lead from now on; an appeal that no unit has yet gets the lead's units."""
    lead = work.appeals.get(event.lead)
    with _changed(work, event) as appeal:
        merge = MergeRecord(lead=event.lead, lead_number=event.lead_number, merged_at=event.occurred_at)
        appeal.merges = [*appeal.merges, merge]
    work.add_follower(event)
    if lead is not None:
        lead.followed_by = sorted({*lead.followed_by, event.appeal_id})
        _keep(work, lead)
        work.join(lead, appeal, max(work.at, event.occurred_at), "intake")


def leave_lead(work: Work, event: events.AppealUnmerged) -> None:
    with _changed(work, event) as appeal:
        for merge in appeal.merges:
            if merge.lead == event.lead and merge.unmerged_at is None:
                merge.unmerged_at = event.occurred_at


@contextmanager
def _changed(work: Work, event: Event) -> Iterator[AppealDocument]:
    """The event's appeal, to be changed within the block and kept as a new version after it."""
    appeal = work.appeal(event.appeal_id)
    yield appeal
    _keep(work, appeal)


def _keep(work: Work, appeal: AppealDocument) -> None:
    appeal.version += 1
    work.keep(appeal)


def erase_persons(work: Work, event: events.AppealPersonsErased) -> None:
    work.erase_persons(event.appeal_id)


HANDLERS: Handlers = {
    events.AppealReceived: open_file,
    events.AppealCorrected: correct,
    events.AppealAnswered: end_by_answer,
    events.AppealWithdrawn: end_by_withdrawal,
    events.AppealRedispatched: start_next_round,
    events.AppealLifted: mark_lifted,
    events.AppealInstructed: name_task_force,
    events.AppealSignedOff: mark_signed_off,
    events.ApprovalDeemed: end_by_silence,
    events.ApprovalDecided: end_by_approval,
    events.AppealHandedOver: keep_hand_over,
    events.AppealJudged: keep_deadlines,
    events.AppealRated: mark_heard,
    events.FollowUpMade: keep_call,
    events.AppealReopened: reopen,
    events.AppealComplained: keep_complaint,
    events.ReferralObjected: keep_referral_objection,
    events.AppealMerged: follow_lead,
    events.AppealUnmerged: leave_lead,
    events.LeaderChanged: keep_leader,
    events.AppealPersonsErased: erase_persons,
}
