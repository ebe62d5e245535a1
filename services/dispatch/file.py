"""An appeal as dispatch keeps it: its legs, what their units did, and what was decided. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from shared import events
from shared.events import Event, Mark, OwnLimit, PackWord, Rank, Role, Verdict
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar
from shared.rules.time.limits import Limit
from shared.service.accounts import Caller
from shared.service.errors import Conflict, NotFound


class State(StrEnum):
    """How an appeal stands with the units. From `REFERRED` on no unit works on it."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    APPROVED = "approved"  # the time to decide passed, and what was asked for counts as approved


class LegState(StrEnum):
    """How a leg stands."""

    OPEN = "open"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"  # an objection was upheld


WORKING = (LegState.OPEN, LegState.PAUSED)
_STATE_ZH = {
    State.RECEIVED: "已登记",
    State.ASSIGNED: "办理中",
    State.REFERRED: "已引导",
    State.WITHDRAWN: "已撤回",
    State.CLOSED: "已销号",
    State.APPROVED: "超时默认通过",
}
_LEG_ZH = {
    LegState.OPEN: "办理中",
    LegState.PAUSED: "已暂停",
    LegState.COMPLETED: "已办结",
    LegState.ENDED: "已退回",
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


class Running(BaseModel):
    """A deadline of a leg as it was last judged."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    deadline: PackWord
    started_at: datetime
    due_at: datetime | None
    verdict: Verdict


class Extension(BaseModel):
    """A longer limit that was asked for and is not decided."""

    deadline: PackWord
    limit: Limit
    reason: str


class Extended(BaseModel):
    """A longer limit that was approved, of the deadline that started then."""

    deadline: PackWord
    limit: Limit
    round: int
    started_at: datetime | None
    approver: str
    rank: Rank | None


class Reached(BaseModel):
    """A stage of the pack's procedure that was reached, with the moments it brought."""

    stage: PackWord
    reached_at: datetime
    dates: tuple[datetime, ...] = ()


class ObjectionDecision(BaseModel):
    """How the last objection was decided, and by whom."""

    upheld: bool
    reason: str
    by: str
    decided_at: datetime


class LegFile(BaseModel):
    """One leg as it stands. `responded_at` is the first reply, `replied_at` the last."""

    leg_id: UUID
    unit: str
    unit_name: str = ""
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None
    role: Role
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
    objection_decision: ObjectionDecision | None = None
    extension: Extension | None = None
    extended: list[Extended] = []
    stages: list[Reached] = []
    pauses: int = 0

    def require(self, *states: LegState) -> None:
        """Refuse unless the leg stands in one of `states`."""
        if self.state not in states:
            raise Conflict(
                f"该承办件现为“{_LEG_ZH[self.state]}”，不能进行此操作",
                f"the leg is {self.state}: this cannot happen now",
            )

    def begin_round(self, number: int, at: datetime) -> None:
        """The judge said that round `number` began at `at`; a completion since then stands."""
        if number > self.round:
            self.round, self.round_at, self.extension = number, at, None
        if self.state == LegState.COMPLETED and self.completed_at is not None and self.completed_at <= at:
            self.state, self.completed_at, self.outcome = LegState.OPEN, None, None


class Finding(BaseModel):
    """Whether the appeal was found reasonable, and whether the enterprise accepted the explanation."""

    reasonable: bool
    by: str
    reason: str
    understanding: bool | None = None
    found_at: datetime


class Merge(BaseModel):
    """While the appeal was, or is, handled with `lead` (并单)."""

    lead: UUID
    lead_number: str
    merged_at: datetime
    unmerged_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is handled with `lead` at `at`."""
        return self.merged_at <= at and (self.unmerged_at is None or at < self.unmerged_at)


class HandedOver(BaseModel):
    """Another body has the matter too."""

    to: str
    handed_over_at: datetime


class File(BaseModel):
    """One appeal as it stands. `version` counts its changes.

    `merges` are those into another appeal, `followed_by` the appeals that were ever merged into this one.
    """

    appeal_id: UUID
    registration_number: str
    title: str
    kind: str
    channel: str
    enterprise: str | None
    locality: str | None
    pack: str
    received_at: datetime
    state: State = State.RECEIVED
    marks: frozenset[Mark] = frozenset()
    legs: list[LegFile] = []
    lifted: bool = False
    level: PackWord | None = None
    signed_off: bool = False
    finding: Finding | None = None
    heard_at: datetime | None = None
    handed_over: list[HandedOver] = []
    merges: list[Merge] = []
    followed_by: list[UUID] = []
    version: int = 1

    def leg(self, leg_id: UUID) -> LegFile:
        """The leg, or `NotFound`."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        raise NotFound("没有这个承办件", "this appeal has no such leg", "leg_id")

    def live_legs(self) -> list[LegFile]:
        """Those that did not end."""
        return [leg for leg in self.legs if leg.state != LegState.ENDED]

    def working(self, leg_id: UUID, *states: LegState) -> LegFile:
        """The leg, if its unit works on it: in one of `states`, or open or paused."""
        self.require(State.ASSIGNED)
        leg = self.leg(leg_id)
        leg.require(*(states or WORKING))
        return leg

    def require(self, *states: State) -> None:
        """Refuse unless the appeal stands in one of `states`."""
        if self.state not in states:
            raise Conflict(
                f"该诉求现为“{_STATE_ZH[self.state]}”，不能进行此操作",
                f"the appeal is {self.state}: this cannot happen now",
            )

    def follows(self, lead: UUID, at: datetime) -> bool:
        """Whether it is handled with `lead` at `at`."""
        return any(merge.lead == lead and merge.holds(at) for merge in self.merges)

    def say(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        return type_(
            occurred_at=at, appeal_id=self.appeal_id, registration_number=self.registration_number, **fields
        )

    def say_of(self, leg: LegFile, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of one leg."""
        return self.say(type_, at, leg_id=leg.leg_id, unit=leg.unit, **fields)


@dataclass(frozen=True, slots=True)
class Given:
    """What an act is held against beside the file.

    `units`: directory entries of the units an assignment names, and of the legs where a head must sign.
    `deadlines`: as last judged. `past`: an import, of which nothing has been judged or heard yet.
    """

    pack: Pack
    calendar: Calendar
    by: Caller
    units: Mapping[str, Unit] = field(default_factory=dict)
    deadlines: tuple[Running, ...] = ()
    past: bool = False


def leg_id(appeal_id: UUID, index: int) -> UUID:
    """The id of an appeal's leg, counted from 0 in the order of dispatch."""
    return uuid5(appeal_id, f"leg {index}")


def own_limits(wish: Mapping[str, OwnLimit]) -> dict[str, OwnLimit]:
    """A leg's own limits as events carry them."""
    return {kind: OwnLimit(limit=own.limit, due_at=own.due_at) for kind, own in wish.items()}
