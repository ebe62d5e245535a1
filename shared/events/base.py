"""The base class of all events."""

from typing import ClassVar
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ENTERPRISE = "enterprise"
"""The role of whoever acts with a receipt code, or registers without an account."""


class Actor(BaseModel):
    """Whose act an event is: the role of the account, and the unit, leader or bank for which it speaks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: str
    code: str | None = None


class Event(BaseModel):
    """What every event carries. `appeal_id` is the key: one case stays in one partition, in order.

    `done_by` is left out where no person's act made the event, and in events of earlier versions.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    source: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime
    appeal_id: UUID
    registration_number: str
    done_by: Actor | None = Field(default=None, exclude_if=lambda actor: actor is None)

    @property
    def key(self) -> UUID:
        """The record's key: events of one key stay in order."""
        return self.appeal_id
