"""What the documents of loan requests and of complaints have in common: both are judged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from shared import events
from shared.events import Event


class JudgedDocument(BaseModel):
    """What is judged: a case of the engine, up to `judged_upto`.

    `said` are the ids of what the judge said of it; never said again. `judged_state` is the engine's word.
    `traceparent` is where it began.
    """

    case_id: UUID
    number: str
    pack: str
    judged_state: str = "registered"
    deadlines: list[events.Deadline] = Field(default_factory=list)
    said: set[UUID] = Field(default_factory=set)
    judged_upto: datetime | None = None
    traceparent: str | None = None
    version: int = 0

    @property
    def banks(self) -> list[str]:
        """The banks it is about."""
        raise NotImplementedError

    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        raise NotImplementedError
