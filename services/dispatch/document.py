"""An appeal as dispatch keeps it: its legs, and what was found, referred, merged and closed. Pure."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.dispatch.leg import WORKING, LegDocument
from services.dispatch.studies.document import StudyRecord
from shared.appeals.document import APPEAL, AppealRecord, require_state
from shared.encryption.fields import PERSONAL
from shared.events import Event, Kind, Mark, PackWord, Rank, Rating, Verdict
from shared.named import Named
from shared.service.errors import Conflict, NotFound
from shared.states import LegState


class AppealState(Named):
    """The state of an appeal at dispatch. From `REFERRED` on no unit works on it."""

    RECEIVED = "received", "已登记"
    ASSIGNED = "assigned", "办理中"
    REFERRED = "referred", "已引导"
    WITHDRAWN = "withdrawn", "已撤回"
    CLOSED = "closed", "已销号"
    APPROVED = (
        "approved",
        "超时默认通过",
    )  # the time to decide passed, and what was asked for counts as approved


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
    """A deadline of a leg as last judged. `title`: its name in both languages, where a pack names it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    deadline: PackWord
    started_at: datetime
    due_at: datetime | None
    verdict: Verdict
    met_at: datetime | None = None
    title: dict[str, str] = {}


class Finding(BaseModel):
    """Whether the appeal was found reasonable, and whether the enterprise accepted the explanation."""

    reasonable: bool
    by: Annotated[str, PERSONAL]
    reason: Annotated[str, PERSONAL]
    understanding: bool | None = None
    found_at: datetime


class ReferralRecord(BaseModel):
    """One time that the enterprise was guided elsewhere (引导), by the unit `by`, else by the office.

    It waits until it was received there, under their number `reference`, or until the office took the appeal
    back. `approver` and `rank`: whose word it took for a lifted appeal.
    """

    to: str
    reason: Annotated[str, PERSONAL]
    referred_at: datetime
    by: str | None = None
    objected_at: datetime | None = None
    received_at: datetime | None = None
    receiver: Annotated[str | None, PERSONAL] = None
    reference: Annotated[str | None, PERSONAL] = None
    returned_at: datetime | None = None
    returned_for: Annotated[str | None, PERSONAL] = None
    approver: Annotated[str | None, PERSONAL] = None
    rank: Rank | None = None


class ClosureRecord(BaseModel):
    """One closure (销号). `rank`, `approver` and `reason`: whose word it took, where it took a higher one.

    `against_word`: a reasonable appeal that was rated not satisfied.
    """

    closed_at: datetime
    against_word: bool = False
    rank: Rank | None = None
    approver: Annotated[str | None, PERSONAL] = None
    reason: Annotated[str | None, PERSONAL] = None


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


class TransferReceipt(BaseModel):
    """Who took a transferred matter: their name or seat, their number of it, and when they did."""

    receiver: Annotated[str, PERSONAL]
    reference: Annotated[str | None, PERSONAL] = None
    received_at: datetime
    recorded_at: datetime


class TransferRecord(BaseModel):
    """The matter was transferred (转接) to the hotline `to`; the appeal goes on. `number`: from 1."""

    number: int
    to: str
    reason: Annotated[str, PERSONAL]
    transferred_at: datetime
    receipt: TransferReceipt | None = None


class AppealDocument(AppealRecord):
    """One appeal as it stands. `version` counts its changes.

    `rating`: the enterprise's last, since the last reopening. `heard_at`: when the enterprise last rated or
    was reached, since then; `missed_at`: when it was last called and not reached. `merges`: each time
    that it was merged into another appeal. `followed_by`: the appeals that were ever merged into this one.
    `task_force`: the units and leaders that a leader named; the units read the appeal too. `is_withheld`: the
    units do not learn who asks, and the office speaks with the enterprise.
    `notes`: how many staff wrote; their texts are among the acts.
    """

    title: str
    kind: Kind
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
    is_withheld: bool = False
    finding: Finding | None = None
    rating: Rating | None = None
    heard_at: datetime | None = None
    missed_at: datetime | None = None
    complained_at: datetime | None = None
    referrals: list[ReferralRecord] = Field(default_factory=list)
    closures: list[ClosureRecord] = Field(default_factory=list)
    handed_over: list[HandOver] = Field(default_factory=list)
    transfers: list[TransferRecord] = Field(default_factory=list)
    merges: list[MergeRecord] = Field(default_factory=list)
    followed_by: list[UUID] = Field(default_factory=list)
    notes: int = 0
    studies: list[StudyRecord] = Field(default_factory=list)
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

    def readers(self) -> list[str]:
        """The units that read the appeal: with a leg, also an ended one, of the task force, or invited."""
        invited = [invitation.unit for study in self.studies for invitation in study.invited]
        return list(dict.fromkeys((*(leg.unit for leg in self.legs), *self.task_force, *invited)))

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
                f"本单位在该诉求中为{leg.role.zh}，不承办；请由主办或协办单位办理",
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
        require_state(APPEAL, self.state, states)

    def follows(self, lead: UUID, at: datetime) -> bool:
        """Whether the appeal is handled with `lead` at `at`."""
        return any(merge.lead == lead and merge.holds(at) for merge in self.merges)

    def leg_event(
        self, leg: LegDocument, type_: type[Event], occurred_at: datetime, /, **fields: Any
    ) -> Event:
        """An event of one leg."""
        return self.event(type_, occurred_at, leg_id=leg.leg_id, unit=leg.unit, **fields)
