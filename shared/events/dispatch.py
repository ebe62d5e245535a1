"""To whom an appeal goes: dispatch, the unit's first word, objections, another unit, marks."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.base import Event, KeptWords
from shared.rules.terms import Mark, PackWord, Role
from shared.rules.time.limits import Limit


class OwnLimit(BaseModel):
    """A limit set for one case at dispatch: a length, or the very moment it ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Limit | None = None
    due_at: AwareDatetime | None = None


class Leg(BaseModel):
    """One unit's share of an appeal. `leader` is the leader in charge of the unit, by code."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    unit: str
    unit_name: str = ""
    role: Role
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None
    limits: dict[PackWord, OwnLimit] = {}
    unit_kind: str | None = Field(default=None, exclude_if=lambda kind: kind is None)


class AppealAssigned(Event):
    """The office dispatched the appeal to one unit or several; each leg's round 1 starts now."""

    type = "appeal.assigned.v1"
    source = "dispatch"

    legs: tuple[Leg, ...]
    marks: frozenset[Mark] = frozenset()


class LegEvent(Event):
    """Something happened on one leg."""

    leg_id: UUID
    unit: str


class AppealContacted(LegEvent):
    """The unit reached the enterprise."""

    type = "appeal.contacted.v1"
    source = "dispatch"

    how: KeptWords = ""


class AppealResponded(LegEvent):
    """The unit told the enterprise how handling stands; progress, not completion.

    `passed_on`: it said so of the appeal that this one is handled with.
    """

    type = "appeal.responded.v1"
    source = "dispatch"

    passed_on: bool = Field(default=False, exclude_if=lambda passed_on: not passed_on)


class AppealObjected(LegEvent):
    """The unit says the appeal is not its own. The clock runs on until the office upholds it."""

    type = "appeal.objected.v1"
    source = "dispatch"

    reason: KeptWords = ""


class ObjectionDecided(LegEvent):
    """The office decided an objection; upheld, the leg ends."""

    type = "objection.decided.v1"
    source = "dispatch"

    upheld: bool
    reason: KeptWords = ""


class LegRelieved(LegEvent):
    """The office took the leg from its unit (改派), and the leg ends. What it missed stays its own.

    `successor` is the leg of the unit that goes on, which `appeal.assigned.v1` of the same moment begins.
    """

    type = "leg.relieved.v1"
    source = "dispatch"

    reason: KeptWords = ""
    successor: UUID | None = None


class AppealMarked(Event):
    """The office found the appeal to be of these marks after its dispatch, e.g. inherited (历史遗留)."""

    type = "appeal.marked.v1"
    source = "dispatch"

    marks: frozenset[Mark]
    reason: KeptWords = ""
