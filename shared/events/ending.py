"""The enterprise's last word, and the end of an appeal: rating, merging, reopening, withdrawal, closure."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event, KeptWords
from shared.rules.terms import Rank, Rating, RatingReason


class UnitRating(BaseModel):
    """The enterprise's verdict on one unit's part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    rating: Rating
    solved: bool | None = None
    reasons: tuple[RatingReason, ...] = ()


class AppealRated(Event):
    """The enterprise's verdict (好差评). `solved`: whether its problem is, by its own word.

    `units`: what it says of each unit's part. What it does not say is left out.
    """

    type = "appeal.rated.v1"
    source = "intake"

    rating: Rating
    solved: bool | None = Field(default=None, exclude_if=lambda solved: solved is None)
    reasons: tuple[RatingReason, ...] = Field(default=(), exclude_if=lambda reasons: not reasons)
    units: tuple[UnitRating, ...] = Field(default=(), exclude_if=lambda units: not units)


class FollowUpMade(Event):
    """Somebody independent called the enterprise after completion (回访). `reached`: it answered."""

    type = "follow_up.made.v1"
    source = "intake"

    reached: bool


class AppealComplained(Event):
    """The enterprise complained to the office about a reply or about handling (向营商环境办投诉)."""

    type = "appeal.complained.v1"
    source = "intake"

    leg_id: UUID | None = None


class AppealComplaintDecided(Event):
    """The office answered a complaint that the enterprise made to it."""

    type = "appeal.complaint_decided.v1"
    source = "dispatch"

    justified: bool
    reason: KeptWords = ""


class ReferralObjected(Event):
    """The enterprise objects to being guided elsewhere: the office decides whether it takes it back."""

    type = "referral.objected.v1"
    source = "intake"


class MergeEvent(Event):
    """Something between an appeal and `lead`, the one that is handled for both."""

    lead: UUID
    lead_number: str


class AppealMerged(MergeEvent):
    """A repeat of a problem: handled with `lead` (并单), with number, clocks and rating of its own."""

    type = "appeal.merged.v1"
    source = "intake"


class AppealUnmerged(MergeEvent):
    """It is handled by itself again."""

    type = "appeal.unmerged.v1"
    source = "intake"


class AppealReopened(Event):
    """Not satisfied, and with reason: the completed legs start their next round."""

    type = "appeal.reopened.v1"
    source = "intake"

    reason: KeptWords = ""


class AppealWithdrawn(Event):
    """The enterprise took its appeal back."""

    type = "appeal.withdrawn.v1"
    source = "intake"

    reason: KeptWords = ""


class AppealClosed(Event):
    """The office struck the appeal off the ledger (销号).

    `against_word`: it is reasonable, and the enterprise rated it not satisfied. `rank` is that of a closure
    that needs a higher word, and `reason` was in events of earlier versions. What a closure does not have is
    left out.
    """

    type = "appeal.closed.v1"
    source = "dispatch"

    against_word: bool = Field(default=False, exclude_if=lambda against: not against)
    rank: Rank | None = Field(default=None, exclude_if=lambda rank: rank is None)
    reason: KeptWords | None = Field(default=None, exclude_if=lambda reason: reason is None)
