"""An appeal as dispatch keeps it: its legs, what their units did, and what was decided. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from shared import events
from shared.appeals.document import APPEAL, LEG, AppealRecord, require_state
from shared.events import Event, Mark, OwnLimit, PackWord, Rank, Rating, Role, Verdict
from shared.rules.time.limits import Limit
from shared.service.errors import Conflict, NotFound


class AppealState(StrEnum):
    """The state of an appeal at dispatch. From `REFERRED` on no unit works on it."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    APPROVED = "approved"  # the time to decide passed, and what was asked for counts as approved


class LegState(StrEnum):
    """The state of a leg."""

    OPEN = "open"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"  # an objection was upheld, or the unit was relieved of it


WORKING = (LegState.OPEN, LegState.PAUSED)
_STATE_ZH = {
    AppealState.RECEIVED: "已登记",
    AppealState.ASSIGNED: "办理中",
    AppealState.REFERRED: "已引导",
    AppealState.WITHDRAWN: "已撤回",
    AppealState.CLOSED: "已销号",
    AppealState.APPROVED: "超时默认通过",
}
_LEG_ZH = {
    LegState.OPEN: "办理中",
    LegState.PAUSED: "已暂停",
    LegState.COMPLETED: "已办结",
    LegState.ENDED: "已退回或已改派",
}


class Unit(BaseModel):
    """An office that handles appeals (承办单位). `leader` is the code of the leader in charge."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    kind: str
    parent: str | None = None
    head: str | None = None
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None


class JudgedDeadline(BaseModel):
    """A deadline of a leg as it was last judged."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    deadline: PackWord
    started_at: datetime
    due_at: datetime | None
    verdict: Verdict


class ExtensionRequest(BaseModel):
    """A longer limit that the unit asked for and nobody has decided yet."""

    deadline: PackWord
    limit: Limit
    ground: PackWord | None = None
    reason: str


class ApprovedExtension(BaseModel):
    """A longer limit that was approved, for the deadline that started at `started_at`."""

    deadline: PackWord
    limit: Limit
    round: int
    started_at: datetime | None
    approver: str
    rank: Rank | None


class PauseRequest(BaseModel):
    """A pause that the unit asked for and nobody has decided yet."""

    reason: str
    ground: PackWord | None = None
    requested_at: datetime


class PauseSpan(BaseModel):
    """One pause of the leg; the judge ends it at its cap, without `ended_at`."""

    started_at: datetime
    ground: PackWord | None = None
    ended_at: datetime | None = None


class Relief(BaseModel):
    """The office took the leg from its unit (改派). `successor` is the leg that goes on, if one does.

    `approver` and `rank`: whose word it took, where the appeal had been reassigned before.
    """

    reason: str
    by: str
    relieved_at: datetime
    successor: UUID | None = None
    approver: str | None = None
    rank: Rank | None = None


class Promise(BaseModel):
    """A day by which the unit promised to be done (说到做到), in the round in which it did."""

    planned_on: date
    round: int
    promised_at: datetime
    approver: str | None = None
    rank: Rank | None = None


class ReachedStage(BaseModel):
    """A stage (环节) of the pack's procedure that was reached, with the dates and sums it set.

    `paid`: what was paid with it. `in_full`: nothing is owed any more. `confirmed_by`: whose word it was.
    `number`: of the unit's report that was confirmed.
    """

    stage: PackWord
    reached_at: datetime
    dates: tuple[datetime, ...] = ()
    sums: tuple[Decimal, ...] = ()
    paid: Decimal | None = None
    in_full: bool = False
    confirmed_by: str | None = None
    number: int | None = None


class ProposedStage(BaseModel):
    """A stage that the unit says was reached; it counts once the creditor or the office confirmed it."""

    number: int
    stage: PackWord
    proposed_at: datetime
    dates: tuple[datetime, ...] = ()
    sums: tuple[Decimal, ...] = ()
    paid: Decimal | None = None
    in_full: bool = False


class ObjectionDecision(BaseModel):
    """How the last objection was decided, and by whom."""

    upheld: bool
    reason: str
    by: str
    decided_at: datetime


class LegDocument(BaseModel):
    """One leg as it stands. `responded_at`: the time of the first reply. `replied_at`: of the last.

    `given_moments` are the deadlines whose limit was given as a moment at dispatch. `proposed` are stages
    that wait for somebody's word, `proposals` how many there were. `decision`: of its part of an approval.
    """

    leg_id: UUID
    unit: str
    unit_name: str = ""
    unit_kind: str | None = None
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None
    role: Role
    assigned_at: datetime | None = None
    round: int = 1
    round_at: datetime | None = None
    state: LegState = LegState.OPEN
    contacted_at: datetime | None = None
    responded_at: datetime | None = None
    replied_at: datetime | None = None
    completed_at: datetime | None = None
    refused_at: datetime | None = None
    outcome: events.Outcome | None = None
    objection: str | None = None
    objections: int = 0
    objection_decision: ObjectionDecision | None = None
    extension: ExtensionRequest | None = None
    extended: list[ApprovedExtension] = []
    stages: list[ReachedStage] = []
    proposed: list[ProposedStage] = []
    proposals: int = 0
    decision: Literal["granted", "denied", "deemed"] | None = None
    pauses: int = 0
    pause_spans: list[PauseSpan] = []
    pause_request: PauseRequest | None = None
    relief: Relief | None = None
    promises: list[Promise] = []
    given_moments: tuple[PackWord, ...] = ()

    def require(self, *states: LegState) -> None:
        """Raise `Conflict` unless the leg is in one of `states`."""
        require_state(LEG, self.state, states, _LEG_ZH)

    def promise(self) -> Promise | None:
        """What the unit promised last in this round."""
        return self.promises[-1] if self.promises and self.promises[-1].round == self.round else None

    def drop_waiting(self) -> None:
        """Forget what waits for somebody's word: the unit handles the case no longer, or is done."""
        self.objection = self.extension = self.pause_request = None
        self.proposed = []

    def begin_round(self, number: int, at: datetime) -> None:
        """Start round `number` at `at`. A completion after `at` stands: the unit did it in the new round."""
        if number > self.round:
            self.round, self.round_at, self.extension = number, at, None
        if self.state == LegState.COMPLETED and self.completed_at is not None and self.completed_at <= at:
            self.state, self.completed_at, self.outcome = LegState.OPEN, None, None
            self.decision = None


class Finding(BaseModel):
    """Whether the appeal was found reasonable, and whether the enterprise accepted the explanation."""

    reasonable: bool
    by: str
    reason: str
    understanding: bool | None = None
    found_at: datetime


class ReferralRecord(BaseModel):
    """One time that the enterprise was guided elsewhere (引导), by the unit `by`, else by the office.

    It waits until it was received there, or until the office took the appeal back. `approver` and `rank`:
    whose word it took for a lifted appeal.
    """

    to: str
    reason: str
    referred_at: datetime
    by: str | None = None
    objected_at: datetime | None = None
    received_at: datetime | None = None
    receiver: str | None = None
    returned_at: datetime | None = None
    returned_for: str | None = None
    approver: str | None = None
    rank: Rank | None = None


class ClosureRecord(BaseModel):
    """One closure (销号). `rank`, `approver` and `reason`: whose word it took, where it took a higher one.

    `against_word`: a reasonable appeal that was rated not satisfied.
    """

    closed_at: datetime
    against_word: bool = False
    rank: Rank | None = None
    approver: str | None = None
    reason: str | None = None


class MergeRecord(BaseModel):
    """One time that the appeal was merged into `lead` (并单); still is, without `unmerged_at`."""

    lead: UUID
    lead_number: str
    merged_at: datetime
    unmerged_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the appeal is handled with `lead` at `at`."""
        return self.merged_at <= at and (self.unmerged_at is None or at < self.unmerged_at)


class HandOver(BaseModel):
    """The matter was handed over to another body as well, e.g. discipline inspection."""

    to: str
    handed_over_at: datetime


class AppealDocument(AppealRecord):
    """One appeal as it stands. `version` counts its changes.

    `rating`: the enterprise's last, since the last reopening. `heard_at`: when the enterprise last rated or
    was reached, since then; `missed_at`: when it was last called and not reached. `merges`: each time
    that it was merged into another appeal. `followed_by`: the appeals that were ever merged into this one.
    `task_force`: the units and leaders that a leader named; the units read the appeal too.
    """

    title: str
    kind: str
    channel: str
    enterprise: str | None
    locality: str | None
    pack: str
    received_at: datetime
    state: AppealState = AppealState.RECEIVED
    marks: frozenset[Mark] = frozenset()
    legs: list[LegDocument] = Field(default_factory=list)
    lifted: bool = False
    level: PackWord | None = None
    signed_off: bool = False
    task_force: tuple[str, ...] = ()
    finding: Finding | None = None
    rating: Rating | None = None
    heard_at: datetime | None = None
    missed_at: datetime | None = None
    complained_at: datetime | None = None
    referrals: list[ReferralRecord] = Field(default_factory=list)
    closures: list[ClosureRecord] = Field(default_factory=list)
    handed_over: list[HandOver] = Field(default_factory=list)
    merges: list[MergeRecord] = Field(default_factory=list)
    followed_by: list[UUID] = Field(default_factory=list)
    version: int = 1

    def leg(self, leg_id: UUID) -> LegDocument:
        """The leg, or `NotFound`."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        raise NotFound("没有这个承办件", "this appeal has no such leg", "leg_id")

    @property
    def referral(self) -> ReferralRecord | None:
        """The referral that holds; None where the appeal is not referred, or was by an earlier version."""
        return self.referrals[-1] if self.referrals and self.referrals[-1].returned_at is None else None

    def live_legs(self) -> list[LegDocument]:
        """The legs that neither an upheld objection nor a reassignment ended."""
        return [leg for leg in self.legs if leg.state != LegState.ENDED]

    def handling_legs(self) -> list[LegDocument]:
        """The live legs whose units handle the appeal; a supervising or first-asked unit watches."""
        return [leg for leg in self.live_legs() if leg.role.handles]

    def working(self, leg_id: UUID, *states: LegState) -> LegDocument:
        """The leg of a unit that handles the appeal, as `at_unit`; `Conflict` where the unit only watches."""
        leg = self.at_unit(leg_id, *states)
        if not leg.role.handles:
            raise Conflict(
                "督办单位和首问单位不承办该诉求，请由主办或协办单位办理",
                f"the part of this unit is {leg.role.value}: it watches, and others handle the appeal",
            )
        return leg

    def at_unit(self, leg_id: UUID, *states: LegState) -> LegDocument:
        """The leg, if the appeal is assigned and the leg is in one of `states`; by default open or paused.

        Raises `Conflict` otherwise.
        """
        self.require(AppealState.ASSIGNED)
        leg = self.leg(leg_id)
        leg.require(*(states or WORKING))
        return leg

    def require(self, *states: AppealState) -> None:
        """Raise `Conflict` unless the appeal is in one of `states`."""
        require_state(APPEAL, self.state, states, _STATE_ZH)

    def follows(self, lead: UUID, at: datetime) -> bool:
        """Whether the appeal is handled with `lead` at `at`."""
        return any(merge.lead == lead and merge.holds(at) for merge in self.merges)

    def leg_event(
        self, leg: LegDocument, type_: type[Event], occurred_at: datetime, /, **fields: Any
    ) -> Event:
        """An event of one leg."""
        return self.event(type_, occurred_at, leg_id=leg.leg_id, unit=leg.unit, **fields)


def leg_id(appeal_id: UUID, index: int) -> UUID:
    """The id of an appeal's leg, counted from 0 in the order of dispatch."""
    return uuid5(appeal_id, f"leg {index}")


def own_limits(limits: Mapping[str, OwnLimit]) -> dict[str, OwnLimit]:
    """A leg's own limits, by deadline, as events carry them."""
    return {kind: OwnLimit(limit=own.limit, due_at=own.due_at) for kind, own in limits.items()}
