"""The units at work: dispatch, answers, objections, extensions, pauses, completion, referral."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
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

    how: str


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

    reason: str


class ObjectionDecided(LegEvent):
    """The office decided an objection; upheld, the leg ends."""

    type = "objection.decided.v1"
    source = "dispatch"

    upheld: bool
    reason: str


class LegRelieved(LegEvent):
    """The office took the leg from its unit (改派), and the leg ends. What it missed stays its own.

    `successor` is the leg of the unit that goes on, which `appeal.assigned.v1` of the same moment begins.
    """

    type = "leg.relieved.v1"
    source = "dispatch"

    reason: str
    successor: UUID | None = None


class AppealMarked(Event):
    """The office found the appeal to be of these marks after its dispatch, e.g. inherited (历史遗留)."""

    type = "appeal.marked.v1"
    source = "dispatch"

    marks: frozenset[Mark]
    reason: str


class ExtensionRequested(LegEvent):
    """The unit asked for a longer limit. `ground` is one of the pack's, where it names some."""

    type = "extension.requested.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    ground: PackWord | None = Field(default=None, exclude_if=lambda ground: ground is None)
    reason: str


class AppealExtended(LegEvent):
    """A longer limit was approved: `limit` replaces the old one, counted from the round's start."""

    type = "appeal.extended.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    approver: str
    rank: Rank | None = None


Yuan = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]
"""A sum of money, in yuan."""
ReportNumber = Annotated[int, Field(ge=1)]
"""Of what a unit says of a stage, counted on its leg."""


class StageEvent(LegEvent):
    """Something about a stage of the pack's procedure. `dates` are moments it brings, e.g. of instalments.

    `sums` are due at `dates`, in their order; without dates there is one, the sum that is owed. `paid` is
    what was paid with this stage, `in_full` says that nothing is owed any more. What a stage does not have is
    left out, so that stages of earlier versions are written down as they were.
    """

    stage: PackWord
    dates: tuple[AwareDatetime, ...] = ()
    sums: tuple[Yuan, ...] = Field(default=(), exclude_if=lambda sums: not sums)
    paid: Yuan | None = Field(default=None, exclude_if=lambda paid: paid is None)
    in_full: bool = Field(default=False, exclude_if=lambda in_full: not in_full)


class StageReached(StageEvent):
    """A stage of the pack's procedure was reached.

    `confirmed_by`: whose word made it count, the creditor's or the office's, where the pack asks for one.
    `number`: of what the unit had said of it, where that is confirmed by this.
    """

    type = "stage.reached.v1"
    source = "dispatch"

    confirmed_by: str | None = Field(default=None, exclude_if=lambda by: by is None)
    number: ReportNumber | None = Field(default=None, exclude_if=lambda number: number is None)


class StageProposed(StageEvent):
    """The unit says that a stage was reached. It counts when the creditor or the office has confirmed it.

    `number` tells it from others of its leg: by it a decision names what it is about.
    """

    type = "stage.proposed.v1"
    source = "dispatch"

    number: ReportNumber | None = None


class StageDeclined(LegEvent):
    """The creditor or the office did not confirm what the unit said of a stage: nothing changes."""

    type = "stage.declined.v1"
    source = "dispatch"

    stage: PackWord
    declined_by: str
    reason: str
    number: ReportNumber | None = None


class ExtensionDenied(LegEvent):
    """The longer limit was not approved; the old one stands."""

    type = "extension.denied.v1"
    source = "dispatch"

    deadline: PackWord
    reason: str


class PauseRequested(LegEvent):
    """The unit asked that time stop counting for its leg. It runs on until the office approves."""

    type = "pause.requested.v1"
    source = "dispatch"

    reason: str
    ground: PackWord | None = None


class PauseDenied(LegEvent):
    """The pause was not approved; time runs on."""

    type = "pause.denied.v1"
    source = "dispatch"

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
    """The unit says it is done (办结). `passed_on`: of the appeal that this one is handled with."""

    type = "appeal.completed.v1"
    source = "dispatch"

    outcome: Outcome
    passed_on: bool = Field(default=False, exclude_if=lambda passed_on: not passed_on)


class AppealPromised(LegEvent):
    """The unit promised a day by which it will be done (说到做到): a deadline of its own, no completion.

    `rank` is by whose word the day lies beyond what the pack lets a unit promise by itself.
    """

    type = "appeal.promised.v1"
    source = "dispatch"

    planned_on: date
    rank: Rank | None = None


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


class ReferralReceived(Event):
    """The body that the enterprise was guided to has the matter now: the case ends. `receiver` took it."""

    type = "referral.received.v1"
    source = "dispatch"

    to: str
    receiver: str


class ReferralReturned(Event):
    """The matter comes back: the place did not take it, or the enterprise objected and the office agrees.

    The legs that were not completed start their next round.
    """

    type = "referral.returned.v1"
    source = "dispatch"

    to: str
    reason: str
    objected: bool = False
