"""The base class of all events."""

from typing import ClassVar
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Event(BaseModel):
    """What every event carries. `appeal_id` is the key: one case stays in one partition, in order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    source: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime
    appeal_id: UUID
    registration_number: str

    @property
    def key(self) -> UUID:
        """The record's key: events of one key stay in order."""
        return self.appeal_id
