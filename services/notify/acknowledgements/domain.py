"""Who must acknowledge a card or a lift, what ends that, and who is told when nobody does.

Pure: no I/O, no clock. All times are those of events.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from services.notify.document import CaseDocument
from services.notify.domain import OFFICE
from services.notify.messages.message import Message
from shared import events
from shared.events import Event, NoticeAcknowledged, NoticeNotAcknowledged
from shared.named import Coded


class AcknowledgementState(Coded):
    """How an acknowledgement stands. It is `needless` once the card or the case it was about is gone."""

    OPEN = "open", "待签收"
    ACKNOWLEDGED = "acknowledged", "已签收"
    NEEDLESS = "needless", "无须签收"


_ENDS_CARD = {
    events.CardAcknowledged: AcknowledgementState.ACKNOWLEDGED,
    events.CardAppealed: AcknowledgementState.ACKNOWLEDGED,
    events.CardWithdrawn: AcknowledgementState.NEEDLESS,
    events.CardCleared: AcknowledgementState.NEEDLESS,
}
_ENDS_LIFT = {
    events.AppealInstructed: AcknowledgementState.ACKNOWLEDGED,
    events.AppealSignedOff: AcknowledgementState.ACKNOWLEDGED,
}
_ENDS_CASE = {
    events.AppealClosed: AcknowledgementState.NEEDLESS,
    events.AppealWithdrawn: AcknowledgementState.NEEDLESS,
}


class AcknowledgementRequest(NamedTuple):
    """A message that must be acknowledged by `due_at`. `card_id` is None for a lift."""

    message: Message
    card_id: UUID | None
    due_at: datetime
    traceparent: str


class AcknowledgementEnd(NamedTuple):
    """An event that ends open acknowledgements: of one card, of the lift, or of the `whole` case."""

    event: Event
    card_id: UUID | None
    whole: bool
    state: AcknowledgementState


class EscalationStep(NamedTuple):
    """One step up: the acknowledgement, who is told now, by which message, and when the next step is due."""

    id: UUID
    to: str
    message_id: UUID
    due_at: datetime | None


def end_by(event: Event) -> AcknowledgementEnd | None:
    """What `event` ends; None where it ends nothing."""
    type_ = type(event)
    if type_ in _ENDS_CARD:
        return AcknowledgementEnd(event, getattr(event, "card_id", None), False, _ENDS_CARD[type_])
    if type_ in _ENDS_LIFT:
        return AcknowledgementEnd(event, None, False, _ENDS_LIFT[type_])
    return AcknowledgementEnd(event, None, True, _ENDS_CASE[type_]) if type_ in _ENDS_CASE else None


def superior(recipient: str, level: int, case: CaseDocument) -> str | None:
    """Who is told next; None at the top. `level` counts the steps already taken.

    Above a unit stands its head. Above a head stands the leader in charge, or the office where there is none.
    Above a leader who was asked first stands the office.
    """
    kind, _, code = recipient.partition(":")
    if kind == "unit":
        return f"head:{code}"
    if kind == "head":
        leader = case.unit_leader(code)
        return f"leader:{leader}" if leader else OFFICE
    return OFFICE if kind == "leader" and level == 0 else None


def not_acknowledged(row: Any, to: str, number: str, at: datetime) -> NoticeNotAcknowledged:
    """The event that nobody acknowledged in time. The same step always gives the same id."""
    return NoticeNotAcknowledged(
        id=uuid5(row.id, f"not acknowledged {row.level}"),
        occurred_at=at,
        appeal_id=row.appeal_id,
        registration_number=number,
        message_id=row.message_id,
        recipient=row.recipient,
        to=to,
        template=row.template,
        due_at=row.due_at,
    )


def acknowledged(row: Any, number: str, at: datetime) -> NoticeAcknowledged:
    """The event that somebody acknowledged. The same acknowledgement always gives the same id."""
    return NoticeAcknowledged(
        id=uuid5(row.id, "acknowledged"),
        occurred_at=at,
        appeal_id=row.appeal_id,
        registration_number=number,
        message_id=row.message_id,
        recipient=row.recipient,
        template=row.template,
        by=row.ended_by,
    )
