"""What an enterprise said of how its appeal was handled, what was found and answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel

from services.intake.own_acts import UnitRated
from shared.encryption.fields import PERSONAL
from shared.rules.terms import Rating, RatingReason


class Rated(BaseModel):
    """How the enterprise rated one handling (好差评). `by` recorded it in a call; None: it rated itself.

    `solved`: whether its problem is, by its own word. `units`: what it says of each unit's part.
    """

    rating: Rating
    comment: Annotated[str | None, PERSONAL]
    rated_at: datetime
    by: str | None = None
    solved: bool | None = None
    reasons: tuple[RatingReason, ...] = ()
    units: tuple[UnitRated, ...] = ()


class FollowUpCall(BaseModel):
    """A call to the enterprise after completion (回访), and who made it."""

    reached: bool
    by: str
    made_at: datetime
    called_at: datetime | None = None
    comment: Annotated[str | None, PERSONAL] = None


class Finding(BaseModel):
    """The last finding of reasonableness (合理性认定)."""

    reasonable: bool
    reason: Annotated[str, PERSONAL]
    found_at: datetime


class ComplaintAnswer(BaseModel):
    """How the office answered a complaint. `justified`: the enterprise was right."""

    justified: bool
    reason: Annotated[str, PERSONAL]
    answered_at: datetime


class OfficeComplaint(BaseModel):
    """A complaint to the office (向营商环境办投诉); it waits as long as there is no answer."""

    about: Literal["reply", "handling"]
    text: Annotated[str, PERSONAL]
    complained_at: datetime
    answer: ComplaintAnswer | None = None


class ReferralObjection(BaseModel):
    """Why the enterprise objected to being guided elsewhere."""

    reason: Annotated[str, PERSONAL]
    objected_at: datetime
