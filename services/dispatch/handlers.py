"""What dispatch does about the events it hears."""

from services.dispatch.file import File, HandedOver, Merge, State
from services.dispatch.store import Desk
from shared import events
from shared.messaging.consumer import Handlers

BEYOND_RECALL = (State.CLOSED, State.APPROVED)


def open_file(desk: Desk, event: events.AppealReceived) -> None:
    if event.appeal_id not in desk.files:
        desk.keep(
            File(
                appeal_id=event.appeal_id,
                registration_number=event.registration_number,
                title=event.title,
                kind=event.kind,
                channel=event.channel,
                enterprise=event.enterprise,
                locality=event.locality,
                pack=event.pack,
                received_at=event.occurred_at,
            )
        )


def end_by_withdrawal(desk: Desk, event: events.AppealWithdrawn) -> None:
    file = desk.file(event.appeal_id)
    if file.state not in BEYOND_RECALL:
        file.state = State.WITHDRAWN
        _keep(desk, file)


def start_next_round(desk: Desk, event: events.AppealRedispatched) -> None:
    file = desk.file(event.appeal_id)
    file.leg(event.leg_id).begin_round(event.round, event.occurred_at)
    _keep(desk, file)


def mark_lifted(desk: Desk, event: events.AppealLifted) -> None:
    file = desk.file(event.appeal_id)
    file.lifted, file.level = True, event.level
    _keep(desk, file)


def mark_signed_off(desk: Desk, event: events.AppealSignedOff) -> None:
    file = desk.file(event.appeal_id)
    file.signed_off = True
    _keep(desk, file)


def end_by_approval(desk: Desk, event: events.ApprovalDeemed) -> None:
    file = desk.file(event.appeal_id)
    file.state = State.APPROVED
    _keep(desk, file)


def keep_hand_over(desk: Desk, event: events.AppealHandedOver) -> None:
    file = desk.file(event.appeal_id)
    file.handed_over = [*file.handed_over, HandedOver(to=event.to, handed_over_at=event.occurred_at)]
    _keep(desk, file)


def keep_deadlines(desk: Desk, event: events.AppealJudged) -> None:
    desk.judged(event)


def mark_heard(desk: Desk, event: events.AppealRated) -> None:
    file = desk.file(event.appeal_id)
    file.heard_at = event.occurred_at
    _keep(desk, file)


def mark_heard_if_reached(desk: Desk, event: events.FollowUpMade) -> None:
    if event.reached:
        file = desk.file(event.appeal_id)
        file.heard_at = event.occurred_at
        _keep(desk, file)


def ask_again(desk: Desk, event: events.AppealReopened) -> None:
    """What the enterprise said was about a handling that is open again."""
    file = desk.file(event.appeal_id)
    file.heard_at = None
    _keep(desk, file)


def follow(desk: Desk, event: events.AppealMerged) -> None:
    """From now on the case is handled with its lead; if no unit has it, the lead's units get it."""
    file, lead = desk.file(event.appeal_id), desk.files.get(event.lead)
    merge = Merge(lead=event.lead, lead_number=event.lead_number, merged_at=event.occurred_at)
    file.merges = [*file.merges, merge]
    desk.merge(event)
    _keep(desk, file)
    if lead is not None:
        lead.followed_by = sorted({*lead.followed_by, event.appeal_id})
        _keep(desk, lead)
        desk.join(lead, file, max(desk.at, event.occurred_at), "intake")


def leave(desk: Desk, event: events.AppealUnmerged) -> None:
    file = desk.file(event.appeal_id)
    for merge in file.merges:
        if merge.lead == event.lead and merge.unmerged_at is None:
            merge.unmerged_at = event.occurred_at
    _keep(desk, file)


def _keep(desk: Desk, file: File) -> None:
    file.version += 1
    desk.keep(file)


HANDLERS: Handlers = {
    events.AppealReceived: open_file,
    events.AppealWithdrawn: end_by_withdrawal,
    events.AppealRedispatched: start_next_round,
    events.AppealLifted: mark_lifted,
    events.AppealSignedOff: mark_signed_off,
    events.ApprovalDeemed: end_by_approval,
    events.AppealHandedOver: keep_hand_over,
    events.AppealJudged: keep_deadlines,
    events.AppealRated: mark_heard,
    events.FollowUpMade: mark_heard_if_reached,
    events.AppealReopened: ask_again,
    events.AppealMerged: follow,
    events.AppealUnmerged: leave,
}
