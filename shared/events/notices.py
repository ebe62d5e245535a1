"""Messages to people: sent, failed, acknowledged or not."""

from uuid import UUID

from pydantic import AwareDatetime

from shared.events.base import Event, Words


class NoticeSent(Event):
    """A message reached its channel."""

    type = "notice.sent.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    channel: str
    template: str


class NoticeFailed(Event):
    """A message could not be brought to its channel and is not tried again; the inbox has it.

    `outcome` says on whose side it failed: permanent_failure (the recipient's) or technical_failure.
    """

    type = "notice.failed.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    channel: str
    template: str
    outcome: str
    reason: Words


class NoticeAcknowledged(Event):
    """Whoever had to acknowledge a message about a card or a lift did. `by` is what acknowledged it."""

    type = "notice.acknowledged.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    template: str
    by: str


class NoticeNotAcknowledged(Event):
    """Nobody acknowledged a message by `due_at`: `to`, who stands above its recipient, is told."""

    type = "notice.not_acknowledged.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    to: str
    template: str
    due_at: AwareDatetime
