"""What the documents of loan requests and of complaints have in common: both are judged."""

from abc import abstractmethod
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from shared import events
from shared.events import Event


class JudgedDocument(BaseModel):
    """One case as it is stored. It is judged up to `judged_upto`, under the pack that it names.

    `said`: the ids of the events that its judgements have emitted; none is emitted again. `judged_state`: its
    state as last judged. `traceparent`: the trace of the request that opened it.
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

    @abstractmethod
    def columns(self) -> dict[str, Any]:
        """The columns of its row by which cases are searched."""

    @abstractmethod
    def event(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
