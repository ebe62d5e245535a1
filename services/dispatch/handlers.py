"""What dispatch does about the events it hears."""

from services.dispatch.domain import File, State, dispatch_again
from services.dispatch.store import Desk
from shared import events
from shared.consumer import Handlers


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
    if file.state != State.CLOSED:
        file.state = State.WITHDRAWN
        _keep(desk, file)


def start_next_round(desk: Desk, event: events.AppealRedispatched) -> None:
    file = desk.file(event.appeal_id)
    dispatch_again(file.leg(event.leg_id), event.round, event.occurred_at)
    _keep(desk, file)


def mark_lifted(desk: Desk, event: events.AppealLifted) -> None:
    file = desk.file(event.appeal_id)
    file.lifted = True
    _keep(desk, file)


def mark_signed_off(desk: Desk, event: events.AppealSignedOff) -> None:
    file = desk.file(event.appeal_id)
    file.signed_off = True
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
}
