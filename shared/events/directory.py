"""The directories: who leads, and which units there are. These events are about no case."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field, StringConstraints

from shared.events.base import Event
from shared.events.intake import left_out

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
_ENTRIES = UUID("5b0f3c52-7a0e-4a51-9a55-0a4c2f4f7d10")


class DirectoryEvent(Event):
    """An entry of a directory as it now stands.

    `appeal_id` is the key of the entry, made of its kind and code: the changes of one entry stay in order.
    """

    code: Code

    @classmethod
    def of(cls, code: str, occurred_at: AwareDatetime, /, **fields: Any) -> Self:
        """The event of the entry `code`."""
        name = f"{cls.type.partition('.')[0]}:{code}"
        key = uuid5(_ENTRIES, name)
        return cls(appeal_id=key, registration_number=name, occurred_at=occurred_at, code=code, **fields)


class LeaderChanged(DirectoryEvent):
    """Who holds which post, from when until when, and who stands in. The name of the leader is left out.

    `deputy` is a leader or a post. `above` is the post above this one.
    """

    type = "leader.changed.v1"
    source = "escalation"

    post: Code
    holds_from: date | None = None
    holds_until: date | None = None
    deputy: Code | None = None
    above: Code | None = None


class UnitChanged(DirectoryEvent):
    """A unit of the directory. `leader` is the post, or the leader, in charge of it.

    `directory_size`: how many units there are, by which whoever keeps them knows that it has all.
    """

    type = "unit.changed.v1"
    source = "dispatch"

    name: str
    kind: Literal["locality", "department", "office"]
    parent: Code | None = None
    leader: Code | None = None
    directory_size: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=left_out)
