"""What may be done to an appeal at intake: the bodies of its routes and of its import.

Names, phones and texts stay in this service; events carry the enterprise's name, the title and short
reasons alone.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events import Channel, Kind, Rating
from shared.web.text import Body, PastTime

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
SourceId = Annotated[str, Field(min_length=1, max_length=200)]
CreditCode = Annotated[str, Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$")]
"""Unified social credit code (统一社会信用代码), GB 32100—2015; the check character is not checked."""
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{5,17}[0-9]$")]


class Enterprise(Body):
    """Who asks, and whom a unit contacts."""

    name: Name
    credit_code: CreditCode | None = None
    contact_name: Name | None = None
    phone: Phone | None = None


class Act(Body):
    """One thing done to one appeal."""


class Register(Act):
    """An appeal comes in."""

    channel: Channel
    kind: Kind
    title: Name
    text: Text
    locality: Code | None = None
    enterprise: Enterprise | None = None


class Withdraw(Act):
    """The enterprise takes its appeal back."""

    reason: Line


class Rate(Act):
    """The enterprise's verdict (好差评)."""

    rating: Rating
    comment: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None


class Reopen(Act):
    """The office starts the next round after a rating of not satisfied."""

    reason: Line


class Past(Body):
    """Something of the past with its own time. `source_id` is the appeal's id where it comes from."""

    source_id: SourceId
    occurred_at: PastTime


class PastAppeal(Past, Register):
    """A past appeal; `pack` names the rules it was under, this city's where it is left out."""

    act: Literal["register"] = "register"
    pack: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}(@[0-9]{1,9})?$")] | None = None


class PastWithdrawal(Past, Withdraw):
    act: Literal["withdraw"] = "withdraw"


class PastRating(Past, Rate):
    act: Literal["rate"] = "rate"


class PastReopening(Past, Reopen):
    act: Literal["reopen"] = "reopen"


AnyPast = Annotated[
    PastAppeal | PastWithdrawal | PastRating | PastReopening,
    Field(discriminator="act"),
]


class Import(Body):
    """Past appeals and what followed, in the order in which it happened, from one source."""

    source: Code
    items: Annotated[list[AnyPast], Field(min_length=1, max_length=20_000)]
