"""The units at work: dispatch, answers, objections, extensions, pauses, completion, referral."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.base import Event
from shared.rules.terms import Mark, PackWord, Rank, Role
from shared.rules.time.limits import Limit


class Outcome(StrEnum):
    """What a unit's completion says (办结)."""

    SOLVED = "solved"
    PLANNED = "planned"
    EXPLAINED = "explained"


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


class AppealAssigned(Event):
    """The office dispatched the appeal to one unit or two; each leg's round 1 starts now."""

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

    how: str


class AppealResponded(LegEvent):
    """The unit told the enterprise how handling stands; progress, not completion."""

    type = "appeal.responded.v1"
    source = "dispatch"


class AppealObjected(LegEvent):
    """The unit says the appeal is not its own. The clock runs on until the office upholds it."""

    type = "appeal.objected.v1"
    source = "dispatch"

    reason: str


class ObjectionDecided(LegEvent):
    """The office decided an objection; upheld, the leg ends."""

    type = "objection.decided.v1"
    source = "dispatch"

    upheld: bool
    reason: str


class ExtensionRequested(LegEvent):
    """The unit asked for a longer limit."""

    type = "extension.requested.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    reason: str


class AppealExtended(LegEvent):
    """A longer limit was approved: `limit` replaces the old one, counted from the round's start."""

    type = "appeal.extended.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    approver: str
    rank: Rank | None = None


class StageReached(LegEvent):
    """A stage of the pack's procedure was reached. `dates` are moments it brings, e.g. of instalments."""

    type = "stage.reached.v1"
    source = "dispatch"

    stage: PackWord
    dates: tuple[AwareDatetime, ...] = ()


class ExtensionDenied(LegEvent):
    """The longer limit was not approved; the old one stands."""

    type = "extension.denied.v1"
    source = "dispatch"

    deadline: PackWord
    reason: str


class AppealPaused(LegEvent):
    """Time stopped counting for the leg. `ground` is one of those the pack names.

    `runs_on` are the deadlines, given as a moment, that the pause does not move. Where there are none it is
    left out, so that pauses of earlier versions are written down as they were.
    """

    type = "appeal.paused.v1"
    source = "dispatch"

    reason: str
    approver: str
    ground: PackWord | None = None
    runs_on: tuple[PackWord, ...] = Field(default=(), exclude_if=lambda deadlines: not deadlines)


class AppealResumed(LegEvent):
    """Time counts again for the leg."""

    type = "appeal.resumed.v1"
    source = "dispatch"


class AppealRefused(LegEvent):
    """The unit said no (说不)."""

    type = "appeal.refused.v1"
    source = "dispatch"

    reason: str


class LiftRequested(LegEvent):
    """The unit's head asked, signed, that a leader take the appeal."""

    type = "lift.requested.v1"
    source = "dispatch"

    reason: str


class AppealCompleted(LegEvent):
    """The unit says it is done (办结)."""

    type = "appeal.completed.v1"
    source = "dispatch"

    outcome: Outcome


class FindingMade(Event):
    """The appeal was found reasonable, or not (合理性认定).

    `understanding`: whether the enterprise accepted the explanation; None where none was needed.
    """

    type = "finding.made.v1"
    source = "dispatch"

    reasonable: bool
    by: str
    reason: str
    understanding: bool | None = None


class AppealReferred(Event):
    """The matter belongs elsewhere and the enterprise was guided there (引导)."""

    type = "appeal.referred.v1"
    source = "dispatch"

    to: str
    reason: str
