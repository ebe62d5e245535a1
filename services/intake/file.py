"""The document of an appeal: what was registered, and how it stands after what was heard of it.

How an appeal stands follows from when things occurred, so the order in which topics were read changes
nothing.
"""

from bisect import insort
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.intake import acts
from shared import events
from shared.events import CATALOGUE, Channel, Event, Rating
from shared.rules.judging.state import CaseState
from shared.service.errors import Conflict

ENDED = (CaseState.APPROVED, CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.REFERRED)
_RANK = {type_: rank for rank, type_ in enumerate(CATALOGUE)}


class Entry(BaseModel):
    """One line of what happened. To `zh` and `en` come the name the pack gives `word`, and `moments`."""

    model_config = ConfigDict(frozen=True)

    occurred_at: datetime
    type: str
    unit: str | None = None
    zh: str
    en: str
    word: str | None = None
    moments: tuple[datetime, ...] = ()


class LegFile(BaseModel):
    """One leg as it stands. `again_at` is when its round started, if that is not the first."""

    leg_id: UUID
    unit: str
    unit_name: str = ""
    role: events.Role | None = None
    round: int = 1
    again_at: datetime | None = None
    contacted_at: datetime | None = None
    responded_at: datetime | None = None
    completed_at: datetime | None = None
    ended: bool = False


class Rated(BaseModel):
    """What the enterprise said of one handling."""

    rating: Rating
    comment: str | None
    rated_at: datetime


class FollowedUp(BaseModel):
    """A call to the enterprise after completion (回访), and who made it."""

    reached: bool
    by: str
    made_at: datetime
    called_at: datetime | None = None
    comment: str | None = None


class Finding(BaseModel):
    """The last finding of reasonableness (合理性认定)."""

    reasonable: bool
    reason: str
    found_at: datetime


class Merged(BaseModel):
    """The appeal that is handled for both (并单), and why."""

    lead: UUID
    lead_number: str
    reason: str
    merged_at: datetime


class Parted(Merged):
    """A merging that ended, and why."""

    parted_at: datetime
    parted_for: str


class File(BaseModel):
    """One appeal as it stands. `version` counts its changes; `leads` how many are handled with it.

    `rating` is that of the handling since the last reopening, `earlier_ratings` are those before, one a
    reopening; `heard_at` is when the enterprise rated or was reached since then.
    """

    appeal_id: UUID
    registration_number: str
    channel: Channel
    kind: events.Kind
    title: str
    text: str
    enterprise: acts.Enterprise | None
    locality: str | None
    pack: str
    received_at: datetime
    source_id: str | None = None
    receipt_hash: str | None = None
    state: CaseState = CaseState.REGISTERED
    legs: list[LegFile] = []
    deadlines: tuple[events.Deadline, ...] = ()
    timeline: list[Entry] = []
    lifted_at: datetime | None = None
    referred_at: datetime | None = None
    reopened_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    approved_at: datetime | None = None
    finding: Finding | None = None
    rating: Rated | None = None
    earlier_ratings: list[Rated] = []
    follow_ups: list[FollowedUp] = []
    heard_at: datetime | None = None
    merged: Merged | None = None
    earlier_mergings: list[Parted] = []
    leads: int = 0
    version: int = 1

    def leg(self, leg_id: UUID, unit: str) -> LegFile:
        """The leg; one that was not heard of yet is opened."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        leg = LegFile(leg_id=leg_id, unit=unit)
        self.legs = [*self.legs, leg]
        return leg

    def live_legs(self) -> list[LegFile]:
        """The legs that no upheld objection ended."""
        return [leg for leg in self.legs if not leg.ended]

    def is_completed(self, leg: LegFile) -> bool:
        """Whether the leg was completed after its round started."""
        starts = (leg.again_at, self.reopened_at)
        done = leg.completed_at
        return done is not None and all(start is None or done > start for start in starts)

    def completed_at(self) -> datetime | None:
        """When the last leg was completed; None as long as one is not."""
        times = [leg.completed_at for leg in self.live_legs() if self.is_completed(leg)]
        return max(filter(None, times)) if times and len(times) == len(self.live_legs()) else None

    def require(self, *states: CaseState) -> None:
        """Refuse unless the appeal stands in one of `states`."""
        if self.state not in states:
            raise Conflict(
                f"该诉求现为“{STATE_ZH[self.state]}”，不能进行此操作",
                f"the appeal is {self.state}: this cannot happen now",
            )

    def say(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        return type_(
            occurred_at=at, appeal_id=self.appeal_id, registration_number=self.registration_number, **fields
        )

    def add(self, entry: Entry) -> None:
        """Put `entry` into the timeline, in order of time; once, however often it is heard."""
        if entry not in self.timeline:
            timeline = [*self.timeline]
            insort(timeline, entry, key=lambda one: (one.occurred_at, _RANK[one.type]))
            self.timeline = timeline

    def settle(self) -> None:
        """Something changed: count it, and see how the appeal stands."""
        self.version += 1
        self.state = self._standing()

    def _standing(self) -> CaseState:
        live = self.live_legs()
        reached = (
            (CaseState.APPROVED, self.approved_at),  # said of a case that nothing had ended before
            (CaseState.CLOSED, self.closed_at),
            (CaseState.WITHDRAWN, self.withdrawn_at),
            (CaseState.REFERRED, self.referred_at),
            (CaseState.COMPLETED, self.completed_at()),
            (CaseState.LIFTED, self.lifted_at),
            (CaseState.DISPATCHED, live),
        )
        return next((state for state, holds in reached if holds), CaseState.REGISTERED)


STATE_ZH = {
    CaseState.REGISTERED: "已登记",
    CaseState.DISPATCHED: "办理中",
    CaseState.LIFTED: "提级办理",
    CaseState.COMPLETED: "已办结",
    CaseState.REFERRED: "已引导",
    CaseState.WITHDRAWN: "已撤回",
    CaseState.CLOSED: "已销号",
    CaseState.APPROVED: "视为同意",
}
