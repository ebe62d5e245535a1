"""Cards, redispatches and lifts, and what people did to them."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Event, KeptWords
from shared.rules.terms import LiftReason, PackWord
from shared.rules.time.limits import Limit


class CardIssued(Event):
    """A card (黄牌提醒) was issued to the unit of an overdue leg."""

    type = "card.issued.v1"
    source = "escalation"

    card_id: UUID
    card: str
    leg_id: UUID
    unit: str
    round: int
    deadline: PackWord
    due_at: AwareDatetime
    clause: str


class AppealRedispatched(Event):
    """A leg was dispatched again; `round` starts at `occurred_at`."""

    type = "appeal.redispatched.v1"
    source = "escalation"

    leg_id: UUID
    unit: str
    round: int
    reason: Literal["overdue", "reopened"]


class AppealLifted(Event):
    """The appeal goes to a leader (提级办理); where the pack names levels, to the next `level`.

    `acts` is the leader who acts, where that is somebody else than `leader`: who holds the post, a deputy, or
    who stands above. It is left out otherwise.
    """

    type = "appeal.lifted.v1"
    source = "escalation"

    reason: LiftReason
    leader: str | None
    unit: str | None
    clause: str
    level: PackWord | None = None
    acts: str | None = Field(default=None, exclude_if=lambda leader: leader is None)


class LeaderNamed(Event):
    """The office named another leader or post for the lifted appeal. `acts` is who holds that post."""

    type = "appeal.leader_named.v1"
    source = "escalation"

    leader: str
    acts: str | None = None
    reason: KeptWords = ""


class AppealGathered(Event):
    """The office gathered what a lift waited for (汇总梳理): the appeal is lifted now."""

    type = "appeal.gathered.v1"
    source = "escalation"

    summary: KeptWords = ""


class AppealInstructed(Event):
    """The leader ordered something (批示); `limit`, where given, replaces the lifted handling limit."""

    type = "appeal.instructed.v1"
    source = "escalation"

    leader: str
    instruction: KeptWords = ""
    task_force: tuple[str, ...] = ()
    limit: Limit | None = None


class AppealSignedOff(Event):
    """The leader signed the lifted handling off."""

    type = "appeal.signed_off.v1"
    source = "escalation"

    leader: str


class CardEvent(Event):
    """Something happened to a card."""

    card_id: UUID
    unit: str


class CardServed(CardEvent):
    """The card was handed to the unit."""

    type = "card.served.v1"
    source = "escalation"


class CardAcknowledged(CardEvent):
    """The unit acknowledged the card."""

    type = "card.acknowledged.v1"
    source = "escalation"


class CardAppealed(CardEvent):
    """The unit contests the card."""

    type = "card.appealed.v1"
    source = "escalation"

    reason: KeptWords = ""


class CardWithdrawn(CardEvent):
    """The office took the card back."""

    type = "card.withdrawn.v1"
    source = "escalation"

    reason: KeptWords = ""


class CardUpheld(CardEvent):
    """The office heard the unit, and the card stands."""

    type = "card.upheld.v1"
    source = "escalation"

    reason: KeptWords = ""


class CardCleared(CardEvent):
    """What the card was for is done: its leg was completed."""

    type = "card.cleared.v1"
    source = "escalation"
