"""What an enterprise does about its appeal, as intake keeps it: additions, urgings, requests, codes. Pure."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel

from shared.encryption.fields import PERSONAL
from shared.rules.terms import Rating, RatingReason


class Addition(BaseModel):
    """Facts that were added (补充). `by`: the account that wrote them down; None: the enterprise."""

    text: Annotated[str, PERSONAL]
    added_at: datetime
    by: str | None = None


class Urging(BaseModel):
    """Haste was asked for (催办)."""

    urged_at: datetime
    by: Literal["enterprise", "office"]


class ReopeningDecision(BaseModel):
    """What the office decided on a request, and why."""

    granted: bool
    reason: Annotated[str, PERSONAL]
    decided_at: datetime


class ReopeningRequest(BaseModel):
    """The enterprise asked that its appeal be handled again; it waits as long as there is no decision."""

    reason: Annotated[str, PERSONAL]
    requested_at: datetime
    decision: ReopeningDecision | None = None


class RenewedCode(BaseModel):
    """A receipt code that was sent and not used yet, by its hash."""

    hash: str
    made_at: datetime


class UnitRated(BaseModel):
    """How the enterprise rated one unit's part."""

    unit: str
    rating: Rating
    solved: bool | None = None
    reasons: tuple[RatingReason, ...] = ()
