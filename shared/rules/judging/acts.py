"""The acts a case is judged by: what happened to it and when, without anything that nobody judges by.

A service makes acts of its events. An act is told apart from others by its `id`; of two acts of one type at
one moment, the one with the smaller id takes effect first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.rules.terms import Kind, Mark, Rank, Role
from shared.rules.time.limits import Limit


@dataclass(frozen=True, slots=True)
class Act:
    """What every act bears."""

    id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Opened(Act):
    """The case was registered. `withholds`: no unit learns who asks, so the office speaks with them."""

    kind: Kind
    withholds: bool | None = None


@dataclass(frozen=True, slots=True)
class Answered(Act):
    """What was asked was answered while it was registered."""


@dataclass(frozen=True, slots=True)
class Corrected(Act):
    """What was registered is corrected; None: as it was. What has passed or runs already stays as it is."""

    kind: Kind | None = None
    withholds: bool | None = None


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit that one case brings: its length, or the moment it ends."""

    limit: Limit | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssignedLeg:
    """One unit's share of a case, as it was assigned. `limits` are its own, by deadline."""

    leg_id: UUID
    unit: str
    role: Role
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None
    limits: Mapping[str, OwnLimit] = field(default_factory=dict)
    unit_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned(Act):
    """The case was dispatched; round 1 of each leg starts. A leg that is known already changes nothing."""

    legs: tuple[AssignedLeg, ...]
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class LegAct(Act):
    """What every act of a leg bears."""

    leg_id: UUID


@dataclass(frozen=True, slots=True)
class Contacted(LegAct):
    """The unit reached whoever asked."""


@dataclass(frozen=True, slots=True)
class Responded(LegAct):
    """The unit said how handling stands. `passed_on`: it said so of the case that is handled for both."""

    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Reached(LegAct):
    """A stage of the pack's procedure was reached. `dates` are the moments it brings.

    `sums` are due at `dates`; without dates it is the sum that is owed. `paid` was paid with this stage;
    `in_full`: nothing is owed any more, by the word of the creditor or the office. `number`: of what the unit
    had said of it, and is confirmed by this.
    """

    stage: str
    dates: tuple[datetime, ...] = ()
    sums: tuple[Decimal, ...] = ()
    paid: Decimal | None = None
    in_full: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class StageProposed(LegAct):
    """The unit says that a stage was reached, which counts once it is confirmed; its `number` on the leg."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class StageDeclined(LegAct):
    """What the unit said of a stage under this number is not confirmed."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Objected(LegAct):
    """The unit says the case is not its own."""


@dataclass(frozen=True, slots=True)
class ObjectionDecided(LegAct):
    """The office decided an objection; upheld, the leg ends."""

    upheld: bool


@dataclass(frozen=True, slots=True)
class Relieved(LegAct):
    """The office took the leg from its unit: it ends. `successor` is the leg that goes on, if one does."""

    successor: UUID | None = None


@dataclass(frozen=True, slots=True)
class Marked(Act):
    """The case was found to be of these marks after its dispatch."""

    marks: frozenset[Mark]


@dataclass(frozen=True, slots=True)
class ExtensionAsked(LegAct):
    """The unit asked for a longer limit."""


@dataclass(frozen=True, slots=True)
class ExtensionDenied(LegAct):
    """The longer limit was not approved."""


@dataclass(frozen=True, slots=True)
class Extended(LegAct):
    """`limit` replaces the limit of a deadline, counted from the same start."""

    deadline: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class PauseRequested(LegAct):
    """The unit asked that time stop counting for its leg."""


@dataclass(frozen=True, slots=True)
class PauseDenied(LegAct):
    """The pause that the unit asked for was not approved."""


@dataclass(frozen=True, slots=True)
class Paused(LegAct):
    """Time stops counting for the leg. `ground` is one of those the pack names.

    `runs_on` are deadlines, given as a moment, that this pause does not move.
    """

    ground: str | None = None
    runs_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resumed(LegAct):
    """Time counts again for the leg."""


@dataclass(frozen=True, slots=True)
class Refused(LegAct):
    """The unit said no."""


@dataclass(frozen=True, slots=True)
class LiftRequested(LegAct):
    """The unit's head asked that the case be lifted."""


@dataclass(frozen=True, slots=True)
class Completed(LegAct):
    """The unit says it is done. `passed_on`: it said so of the case that is handled for both."""

    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Promised(LegAct):
    """The unit promised a day. `rank` is by whose word it lies beyond the pack's cap."""

    planned_on: date
    rank: Rank | None = None


@dataclass(frozen=True, slots=True)
class Found(Act):
    """The case was found reasonable, or not."""


@dataclass(frozen=True, slots=True)
class Referred(Act):
    """The case belongs elsewhere: it ends, or, where the pack has it followed, its clocks do."""


@dataclass(frozen=True, slots=True)
class ReferralReceived(Act):
    """The body that the case was referred to has it: the case ends."""


@dataclass(frozen=True, slots=True)
class ReferralReturned(Act):
    """The case that was referred comes back: what was not completed starts its next round."""


@dataclass(frozen=True, slots=True)
class Gathered(Act):
    """The office gathered what a lift waited for."""


@dataclass(frozen=True, slots=True)
class Instructed(Act):
    """The leader ordered something; `limit`, where given, replaces the one for lifted handling."""

    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class SignedOff(Act):
    """The leader signed the lifted handling off."""


@dataclass(frozen=True, slots=True)
class CardWithdrawn(Act):
    """A card was taken back and no longer counts."""

    card_id: UUID


@dataclass(frozen=True, slots=True)
class Rated(Act):
    """Whoever asked rated the handling."""


@dataclass(frozen=True, slots=True)
class FollowedUp(Act):
    """Whoever asked was called after completion. `reached`: the call was answered."""

    reached: bool


@dataclass(frozen=True, slots=True)
class Complained(Act):
    """Whoever asked complained to the office."""


@dataclass(frozen=True, slots=True)
class ComplaintDecided(Act):
    """The office answered the complaint."""


@dataclass(frozen=True, slots=True)
class Reopened(Act):
    """The completed legs start their next round."""


@dataclass(frozen=True, slots=True)
class Withdrawn(Act):
    """Whoever asked took the case back: it ends."""


@dataclass(frozen=True, slots=True)
class Closed(Act):
    """The office closed the case: it ends."""
