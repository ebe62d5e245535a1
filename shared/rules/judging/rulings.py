"""Rulings: what follows from a case's acts, its pack and the time, under ids made from what they say."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.rules.judging.state import Deadline
from shared.rules.terms import LiftReason, RaisedTo

NAMESPACE = UUID("6f0c3f0e-5b1c-5d0e-9d53-2f6f6d1f7a11")
"""Of the ids of all rulings."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
UUID_FREE = ~(0xF000 << 64 | 0xC000 << 48)  # RFC 9562: all but the bits of version and variant
UUID_VERSION_5 = 5 << 76 | 0x8000 << 48


@dataclass(frozen=True, slots=True)
class Ruling:
    """What every ruling bears.

    Its id is made from `name`. Histories hold ids of long ago, so a name never changes: it is the type of
    the event in which the first release said the ruling.
    """

    name: ClassVar[str]

    id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineRuling(Ruling):
    """What every ruling about a deadline bears.

    `leg_id` is None for a deadline of the whole case, `unit` for the office's own. `title` is the
    deadline's name, zh and en, where the pack gave it one.
    """

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: str
    due_at: datetime
    title: dict[str, str]


@dataclass(frozen=True, slots=True)
class DueSoon(DeadlineRuling):
    """A deadline comes near and is not met."""

    name = "appeal.due_soon.v1"


@dataclass(frozen=True, slots=True)
class Overdue(DeadlineRuling):
    """A deadline passed with nothing that meets it."""

    name = "appeal.overdue.v1"


@dataclass(frozen=True, slots=True)
class DeadlineMoved(DeadlineRuling):
    """A year's holiday notice came out, and an open deadline ends on another day, `due_at`."""

    name = "deadline.moved.v1"

    was_due_at: datetime
    calendar: str


@dataclass(frozen=True, slots=True)
class GroundedRuling(DeadlineRuling):
    """What every consequence of a passed deadline bears: the clause by which it follows."""

    clause: str


@dataclass(frozen=True, slots=True)
class Reminded(GroundedRuling):
    """Whoever let the deadline pass is reminded."""

    name = "appeal.reminded.v1"


@dataclass(frozen=True, slots=True)
class Supervised(GroundedRuling):
    """Whoever let the deadline pass gets a supervision notice."""

    name = "appeal.supervised.v1"


@dataclass(frozen=True, slots=True)
class ApprovalDeemed(GroundedRuling):
    """What was asked for counts as approved, and the case ends; with `each_leg` this leg's part of it."""

    name = "approval.deemed.v1"

    each_leg: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalDecided(Ruling):
    """All that was asked of several units is approved, which ends the case, or a part of it is denied."""

    name = "approval.decided.v1"

    approved: bool
    clause: str


@dataclass(frozen=True, slots=True)
class HandedOver(GroundedRuling):
    """The case goes to another body, `to`."""

    name = "appeal.handed_over.v1"

    to: str


@dataclass(frozen=True, slots=True)
class Raised(GroundedRuling):
    """The office let the deadline pass: it is raised within the office."""

    name = "appeal.raised.v1"

    to: RaisedTo


@dataclass(frozen=True, slots=True)
class PublicationProposed(GroundedRuling):
    """The passed deadline is to be published after review."""

    name = "publication.proposed.v1"

    publication_id: UUID


@dataclass(frozen=True, slots=True)
class CardIssued(Ruling):
    """The unit of an overdue leg gets a card."""

    name = "card.issued.v1"

    card_id: UUID
    card: str
    leg_id: UUID
    unit: str
    round: int
    deadline: str
    due_at: datetime
    clause: str


@dataclass(frozen=True, slots=True)
class CardCleared(Ruling):
    """The leg of a card was completed."""

    name = "card.cleared.v1"

    card_id: UUID
    unit: str


@dataclass(frozen=True, slots=True)
class PauseEnded(Ruling):
    """A pause reached its cap and ended by itself."""

    name = "appeal.pause_ended.v1"

    leg_id: UUID
    unit: str
    round: int
    paused_at: datetime
    clause: str


@dataclass(frozen=True, slots=True)
class Redispatched(Ruling):
    """A leg starts its next `round`."""

    name = "appeal.redispatched.v1"

    leg_id: UUID
    unit: str
    round: int
    reason: Literal["overdue", "reopened"]


@dataclass(frozen=True, slots=True)
class Lifted(Ruling):
    """The case goes to a leader; where the pack names levels, to the next `level`."""

    name = "appeal.lifted.v1"

    reason: LiftReason
    leader: str | None
    unit: str | None
    clause: str
    level: str | None


class Rulings:
    """Collects the rulings of one case. `now` is when the act or timer occurs that is folded.

    A ruling occurs no earlier than what it follows from, also where that counts from the minute shown.
    """

    def __init__(self, case_id: UUID) -> None:
        self.now = BEGINNING
        self._case_id = case_id
        self._seed = b""
        self._collected: list[tuple[type[Ruling], datetime, str, dict[str, Any]]] = []

    def add(self, ruling: type[Ruling], at: datetime, discriminator: str, fields: dict[str, Any]) -> None:
        """Add a ruling. `discriminator` tells it from others of its type, `fields` are those of its own."""
        self._collected.append((ruling, max(at, self.now), discriminator, fields))

    def add_of(
        self,
        ruling: type[DeadlineRuling],
        deadline: Deadline,
        at: datetime,
        discriminator: str = "",
        **fields: Any,
    ) -> None:
        """Add a ruling about `deadline`."""
        fields["title"] = deadline.title
        self.add(ruling, at, f"{deadline.key} {discriminator}", about(deadline) | fields)

    def all(self) -> list[Ruling]:
        """All rulings, in the order they were added. They are made only here: a simulation never asks."""
        return [
            ruling(id=self.id(f"{ruling.name} {discriminator}"), occurred_at=at, **fields)
            for ruling, at, discriminator, fields in self._collected
        ]

    def id(self, discriminator: str) -> UUID:
        """`uuid5(NAMESPACE, "<case id> <discriminator>")`, in less than half the time."""
        if not self._seed:
            self._seed = NAMESPACE.bytes + f"{self._case_id} ".encode()
        digest = sha1(self._seed + discriminator.encode(), usedforsecurity=False).digest()
        return UUID(int=int.from_bytes(digest[:16]) & UUID_FREE | UUID_VERSION_5)


def about(deadline: Deadline) -> dict[str, Any]:
    """The fields that say which deadline is meant."""
    return {
        "leg_id": deadline.leg_id,
        "unit": deadline.unit,
        "round": deadline.round,
        "deadline": deadline.kind,
        "due_at": deadline.due_at,
    }
