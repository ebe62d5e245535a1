"""What is to be said of a case, in order, each thing under an id made from what it says."""

from datetime import datetime
from hashlib import sha1
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.events import Event
from shared.rules.judging.state import Deadline

SAID = UUID("6f0c3f0e-5b1c-5d0e-9d53-2f6f6d1f7a11")  # namespace of the ids of all that is said
UUID_FREE = ~(0xF000 << 64 | 0xC000 << 48)  # RFC 9562: all but the bits of version and variant
UUID_VERSION_5 = 5 << 76 | 0x8000 << 48
M = TypeVar("M", bound=BaseModel)


class Said:
    """Collects what is to be said of the case that `first` is of."""

    def __init__(self, first: Event) -> None:
        self.appeal_id = first.appeal_id
        self.registration_number = first.registration_number
        self._seed = b""
        self._said: list[tuple[type[Event], datetime, str, dict[str, Any]]] = []

    def add(self, what: type[Event], at: datetime, told_apart: str, fields: dict[str, Any]) -> None:
        """Say `what`, told apart from others of its type; `fields` are those that not every event has."""
        self._said.append((what, at, told_apart, fields))

    def of(
        self, what: type[Event], deadline: Deadline, at: datetime, told_apart: str = "", **fields: Any
    ) -> None:
        """Say `what`, a DeadlineEvent, of a deadline."""
        fields["title"] = deadline.title
        self.add(what, at, f"{deadline.key} {told_apart}", about(deadline) | fields)

    def events(self) -> list[Event]:
        """All of it. Made when asked for: a simulation never asks."""
        always = {"appeal_id": self.appeal_id, "registration_number": self.registration_number}
        return [
            construct(
                what, {**fields, **always, "id": self.id(f"{what.type} {told_apart}"), "occurred_at": at}
            )
            for what, at, told_apart, fields in self._said
        ]

    def id(self, told_apart: str) -> UUID:
        """`uuid5(SAID, "<appeal id> <told_apart>")`, in less than half the time."""
        if not self._seed:
            self._seed = SAID.bytes + f"{self.appeal_id} ".encode()
        digest = sha1(self._seed + told_apart.encode(), usedforsecurity=False).digest()
        return UUID(int=int.from_bytes(digest[:16]) & UUID_FREE | UUID_VERSION_5)


def about(deadline: Deadline) -> dict[str, Any]:
    """Which deadline is meant."""
    return {
        "leg_id": deadline.leg_id,
        "unit": deadline.unit,
        "round": deadline.round,
        "deadline": deadline.kind,
        "due_at": deadline.due_at,
    }


def construct(what: type[M], values: dict[str, Any]) -> M:
    """`what.model_construct(**values)` with every field given, in a tenth of the time."""
    made = what.__new__(what)
    put = object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", set(values))
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made
