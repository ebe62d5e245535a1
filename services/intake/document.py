"""An appeal as intake keeps it: what was registered, and its state after the events heard of it. Pure.

The state follows from when things occurred, so that the order in which topics are read does not matter.
"""

from bisect import insort
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.intake.attachments.document import Attachment, RemovedAttachment
from services.intake.own_acts import Addition, RenewedCode, ReopeningRequest, Urging
from services.intake.ratings import Finding, FollowUpCall, OfficeComplaint, Rated, ReferralObjection
from services.intake.registered import ContactRecord, RegisteredFields
from shared import events
from shared.appeals.answers import StatedReason
from shared.appeals.document import APPEAL, AppealRecord, require_state
from shared.encryption.fields import PERSONAL
from shared.events import CATALOGUE
from shared.rules.judging.state import CaseState

ENDED = (CaseState.APPROVED, CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.REFERRED)
MOST_FORMERLY = 100
"""Changes of the persons of one appeal that are kept, the newest."""
_RANK = {type_: rank for rank, type_ in enumerate(CATALOGUE)}


class TimelineEntry(BaseModel):
    """One line of the timeline. When it is shown, the pack's name for `word` and `moments` are added."""

    model_config = ConfigDict(frozen=True)

    occurred_at: datetime
    type: str
    unit: str | None = None
    zh: str
    en: str
    word: str | None = None
    moments: tuple[datetime, ...] = ()


class EnterpriseRecord(BaseModel):
    """Who asks, as it was taken down. What an earlier version accepted stays readable: nothing is checked."""

    name: str
    credit_code: str | None = None
    contact_name: Annotated[str | None, PERSONAL] = None
    phone: Annotated[str | None, PERSONAL] = None
    email: Annotated[str | None, PERSONAL] = None
    language: Literal["zh-CN", "en"] | None = None


class FormerPersons(BaseModel):
    """Who asked, and who else could be asked, before that was changed."""

    enterprise: EnterpriseRecord | None
    contacts: tuple[ContactRecord, ...] = ()


class LedBy(BaseModel):
    """To whom the appeal was lifted, or whom the office named since: a leader or a post; None: the mayor."""

    model_config = ConfigDict(frozen=True)

    leader: str | None
    since: datetime


class LegDocument(BaseModel):
    """One leg as it stands. `again_at` is when its round started, from the second on."""

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


class MergeRecord(BaseModel):
    """The lead, with which the appeal is handled (并单), and why."""

    lead: UUID
    lead_number: str
    reason: Annotated[str, PERSONAL]
    merged_at: datetime


class EndedMerge(MergeRecord):
    """A merge that ended, and why."""

    parted_at: datetime
    parted_for: Annotated[str, PERSONAL]


class KnownStudy(BaseModel):
    """A joint study (会商) of dispatch, by its number: whom it invited, and whether it still goes on."""

    model_config = ConfigDict(frozen=True)

    number: int
    units: tuple[str, ...]
    is_open: bool


class AppealDocument(RegisteredFields, AppealRecord):
    """One appeal as it stands. `version` counts its changes, `leads` the appeals that are merged into it.

    `rating`: of the handling since the last reopening. `earlier_ratings`: of those before, one a reopening.
    `heard_at`: when the enterprise last rated or was reached, since the last reopening.
    `returned_at`: when the office took back what it had referred. `renewed`: new receipt codes not used yet.
    `formerly`: the persons before each change, whom texts written before may name.
    """

    channel: str
    kind: events.Kind
    title: str
    text: Annotated[str, PERSONAL]
    enterprise: EnterpriseRecord | None
    formerly: list[FormerPersons] = Field(default_factory=list)
    locality: str | None
    pack: str
    received_at: datetime
    source_id: str | None = None
    receipt_hash: str | None = None
    renewed: list[RenewedCode] = Field(default_factory=list)
    state: CaseState = CaseState.REGISTERED
    legs: list[LegDocument] = Field(default_factory=list)
    studies: list[KnownStudy] = Field(default_factory=list)
    deadlines: tuple[events.Deadline, ...] = ()
    timeline: list[TimelineEntry] = Field(default_factory=list)
    lifted_at: datetime | None = None
    led_by: LedBy | None = None
    referred_at: datetime | None = None
    reopened_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    approved_at: datetime | None = None
    received_elsewhere_at: datetime | None = None
    returned_at: datetime | None = None
    finding: Finding | None = None
    rating: Rated | None = None
    earlier_ratings: list[Rated] = Field(default_factory=list)
    follow_ups: list[FollowUpCall] = Field(default_factory=list)
    complaints: list[OfficeComplaint] = Field(default_factory=list)
    referral_objections: list[ReferralObjection] = Field(default_factory=list)
    additions: list[Addition] = Field(default_factory=list)
    urgings: list[Urging] = Field(default_factory=list)
    reopening_requests: list[ReopeningRequest] = Field(default_factory=list)
    reasons: list[StatedReason] = Field(default_factory=list)
    heard_at: datetime | None = None
    merged: MergeRecord | None = None
    earlier_mergings: list[EndedMerge] = Field(default_factory=list)
    leads: int = 0
    attachments: list[Attachment] = Field(default_factory=list)
    removed_attachments: list[RemovedAttachment] = Field(default_factory=list)
    version: int = 1

    def state_reason(self, event: type[events.Event], at: datetime, reason: str) -> None:
        """Keep why something was done: its event does not say so."""
        self.reasons = [*self.reasons, StatedReason(type=event.type, stated_at=at, reason=reason)]

    def keep_persons(self) -> None:
        """Keep who asks and who else may be asked, since one of them is about to be changed."""
        persons = FormerPersons(enterprise=self.enterprise, contacts=self.contacts)
        if persons not in self.formerly:
            self.formerly = [*self.formerly, persons][-MOST_FORMERLY:]

    def leg(self, leg_id: UUID, unit: str) -> LegDocument:
        """The leg; it is added where intake has not heard of it yet."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        leg = LegDocument(leg_id=leg_id, unit=unit)
        self.legs = [*self.legs, leg]
        return leg

    def live_legs(self) -> list[LegDocument]:
        """The legs that no upheld objection ended."""
        return [leg for leg in self.legs if not leg.ended]

    def reading_units(self) -> list[str]:
        """The units that read the appeal: with a live leg, invited to an open study, first asked."""
        units = [leg.unit for leg in self.live_legs()]
        registered = [self.first_asked] if self.first_asked else []
        return list(dict.fromkeys([*units, *self._invited_units(), *registered]))

    def _invited_units(self) -> list[str]:
        """The units of open studies; none once the appeal has ended: its studies are never closed then."""
        if self.state in ENDED:
            return []
        return [unit for study in self.studies if study.is_open for unit in study.units]

    def keep_study(self, study: KnownStudy) -> None:
        """Keep a study as it is known now; one that is closed stays so."""
        known = next((kept for kept in self.studies if kept.number == study.number), study)
        others = [kept for kept in self.studies if kept.number != study.number]
        latest = study if known.is_open else known
        self.studies = sorted([*others, latest], key=lambda kept: kept.number)

    def keep_leader(self, leader: str | None, since: datetime) -> None:
        """Keep who leads the lifted appeal, unless something later is known."""
        if self.led_by is None or self.led_by.since <= since:
            self.led_by = LedBy(leader=leader, since=since)

    def handling_legs(self) -> list[LegDocument]:
        """The live legs whose units handle the appeal; a supervising or first-asked unit watches."""
        return [leg for leg in self.live_legs() if leg.role is None or leg.role.handles]

    def is_completed(self, leg: LegDocument) -> bool:
        """Whether the leg was completed after its round started."""
        starts = (leg.again_at, self.reopened_at)
        completed_at = leg.completed_at
        return completed_at is not None and all(start is None or completed_at > start for start in starts)

    @property
    def reopenings(self) -> int:
        """How often it was reopened."""
        entries = sum(entry.type == events.AppealReopened.type for entry in self.timeline)
        return max(entries, len(self.earlier_ratings))

    def completed_at(self) -> datetime | None:
        """When the last leg was completed; None as long as one is not."""
        legs = self.handling_legs()
        times = [leg.completed_at for leg in legs if self.is_completed(leg)]
        return max(filter(None, times)) if times and len(times) == len(legs) else None

    def require(self, *states: CaseState) -> None:
        """Raise `Conflict` unless the appeal is in one of `states`."""
        require_state(APPEAL, self.state, states)

    def add_entry(self, entry: TimelineEntry) -> None:
        """Put `entry` into the timeline, in order of time, unless it is there already."""
        if entry not in self.timeline:
            timeline = [*self.timeline]
            insort(timeline, entry, key=_timeline_order)
            self.timeline = timeline

    def update_state(self) -> None:
        """Count a change, and derive the state anew."""
        self.version += 1
        self.state = self._derived_state()

    def _derived_state(self) -> CaseState:
        live = self.handling_legs()
        reached = (
            (CaseState.APPROVED, self.approved_at),  # the judge approves only what nothing else ended before
            (CaseState.CLOSED, _since(self.closed_at, self.reopened_at)),
            (CaseState.WITHDRAWN, self.withdrawn_at),
            (CaseState.REFERRED, _since(self.referred_at, self.reopened_at, self.returned_at)),
            (CaseState.COMPLETED, self.completed_at()),
            (CaseState.LIFTED, self.lifted_at),
            (CaseState.DISPATCHED, live),
        )
        return next((state for state, holds in reached if holds), CaseState.REGISTERED)


def _since(moment: datetime | None, *ended: datetime | None) -> bool:
    """Whether what began at `moment` still holds: nothing that ends it came after."""
    return moment is not None and all(end is None or end < moment for end in ended)


def _timeline_order(entry: TimelineEntry) -> tuple[datetime, int]:
    return entry.occurred_at, _RANK[entry.type]
