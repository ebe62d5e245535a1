"""Past acts on appeals, and the body of an import, which brings them in."""

from typing import Annotated, Literal

from pydantic import Field

from services.intake.acts import FollowUp, Rate, Register, Reopen, Unmerge, Withdraw
from shared.appeals.bodies import PackRef
from shared.web.bodies import Body, Code, Line, PastTime

SourceId = Annotated[str, Field(min_length=1, max_length=200)]


class Past(Body):
    """A past act with its own time. `source_id` is the appeal's id in the system that it comes from."""

    source_id: SourceId
    occurred_at: PastTime


class PastAppeal(Past, Register):
    """A past appeal; `pack` names the rules it was under, this city's where it is left out."""

    act: Literal["register"] = "register"
    pack: PackRef | None = None


class PastWithdrawal(Past, Withdraw):
    act: Literal["withdraw"] = "withdraw"


class PastRating(Past, Rate):
    act: Literal["rate"] = "rate"


class PastReopening(Past, Reopen):
    act: Literal["reopen"] = "reopen"


class PastFollowUp(Past, FollowUp):
    act: Literal["follow_up"] = "follow_up"


class PastMerge(Past):
    """`lead` is the id of the handled appeal where both come from."""

    act: Literal["merge"] = "merge"
    lead: SourceId
    reason: Line


class PastUnmerge(Past, Unmerge):
    act: Literal["unmerge"] = "unmerge"


AnyPast = Annotated[
    PastAppeal | PastWithdrawal | PastRating | PastReopening | PastFollowUp | PastMerge | PastUnmerge,
    Field(discriminator="act"),
]


class Import(Body):
    """Past appeals and what followed, in the order in which it happened, from one source.

    All items come in or none, but with `each` every item by itself, and its own answer. `dry_run`: answer
    what would come of it and change nothing.
    """

    source: Code
    items: Annotated[list[AnyPast], Field(min_length=1, max_length=20_000)]
    each: bool = False
    dry_run: bool = False
