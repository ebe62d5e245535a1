"""A message: what one recipient is told of one event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.messages.words import Language


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient is told of one event. Both make its id: written again, it has the same id.

    With `due_at` an urgent message leaves in quiet hours only if that is near.
    """

    id: UUID
    appeal_id: UUID
    registration_number: str
    recipient: str
    template: str
    language: Language
    subject: str
    body: str
    occurred_at: datetime
    urgent: bool
    acknowledge: bool
    due_at: datetime | None = None
