"""A leg of an appeal as dispatch keeps it: what its unit did, asked for and promised. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel

from shared import events
from shared.appeals.document import LEG, require_state
from shared.encryption.fields import PERSONAL
from shared.events import OwnLimit, PackWord, Rank, Role
from shared.rules.time.limits import Limit
from shared.states import LegState
from shared.web.sums import ShownSum

WORKING = (LegState.OPEN, LegState.PAUSED)


class ExtensionRequest(BaseModel):
    """A longer limit that the unit asked for and nobody has decided yet."""

    deadline: PackWord
    limit: Limit
    ground: PackWord | None = None
    reason: Annotated[str, PERSONAL]


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

    reason: Annotated[str, PERSONAL]
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

    reason: Annotated[str, PERSONAL]
    by: Annotated[str, PERSONAL]
    relieved_at: datetime
    successor: UUID | None = None
    approver: Annotated[str | None, PERSONAL] = None
    rank: Rank | None = None


class Promise(BaseModel):
    """A day by which the unit promised to be done (说到做到), in the round in which it did."""

    planned_on: date
    round: int
    promised_at: datetime
    approver: Annotated[str | None, PERSONAL] = None
    rank: Rank | None = None


class ReachedStage(BaseModel):
    """A stage (环节) of the pack's procedure that was reached, with the dates and sums it set.

    `paid`: what was paid with it. `in_full`: nothing is owed any more. `confirmed_by`: whose word it was.
    `number`: of the unit's report that was confirmed.
    """

    stage: PackWord
    reached_at: datetime
    dates: tuple[datetime, ...] = ()
    sums: tuple[ShownSum, ...] = ()
    paid: ShownSum | None = None
    in_full: bool = False
    confirmed_by: Annotated[str | None, PERSONAL] = None
    number: int | None = None


class ProposedStage(BaseModel):
    """A stage that the unit says was reached; it counts once the creditor or the office confirmed it."""

    number: int
    stage: PackWord
    proposed_at: datetime
    dates: tuple[datetime, ...] = ()
    sums: tuple[ShownSum, ...] = ()
    paid: ShownSum | None = None
    in_full: bool = False


class ObjectionDecision(BaseModel):
    """How the last objection was decided, and by whom."""

    upheld: bool
    reason: Annotated[str, PERSONAL]
    by: Annotated[str, PERSONAL]
    decided_at: datetime


class LegDocument(BaseModel):
    """One leg as it stands. `responded_at`: the time of the first reply. `replied_at`: of the last.

    `given_moments` are the deadlines whose limit was given as a moment at dispatch. `proposed` are stages
    that wait for somebody's word, `proposals` how many there were. `decision`: of its part of an approval.
    `urged`: how often the office urged the unit, `urged_at` when last.
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
    objection: Annotated[str | None, PERSONAL] = None
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
    urged: int = 0
    urged_at: datetime | None = None

    def require(self, *states: LegState) -> None:
        """Raise `Conflict` unless the leg is in one of `states`."""
        require_state(LEG, self.state, states)

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


def leg_id(appeal_id: UUID, index: int) -> UUID:
    """The id of an appeal's leg, counted from 0 in the order of dispatch."""
    return uuid5(appeal_id, f"leg {index}")


def own_limits(limits: Mapping[str, OwnLimit]) -> dict[str, OwnLimit]:
    """A leg's own limits, by deadline, as events carry them."""
    return {kind: OwnLimit(limit=own.limit, due_at=own.due_at) for kind, own in limits.items()}
