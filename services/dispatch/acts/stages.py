"""The stages (环节) of a procedure: what a unit says of them, and who confirms it."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import LegAct, Marked
from shared.events import PackWord
from shared.web.bodies import Line, Moment, Text

Amount = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=2)]
"""In yuan."""
MOST_DATES = 60


class Reach(LegAct, Marked):
    """A stage (环节) of the procedure was reached. `amounts` are those due at `dates`, in their order.

    `amount` is what was paid, or what is owed. `in_full`: nothing is owed any more; from a unit this counts
    once the creditor or the office confirmed it. `confirmed`: a date whose limit is over at once is meant.
    """

    act: Literal["reach"] = "reach"
    stage: PackWord
    dates: Annotated[tuple[Moment, ...], Field(max_length=MOST_DATES)] = ()
    text: Text
    amount: Amount | None = None
    amounts: Annotated[tuple[Amount, ...], Field(max_length=MOST_DATES)] = ()
    in_full: bool = False
    confirmed: bool = False


class DecideStage(LegAct):
    """The creditor or the office confirms what the unit said of a stage, or does not. `number`: which of it.

    `by` is whose word it is; `who` gave it, where the office records the creditor's.
    """

    act: Literal["decide_stage"] = "decide_stage"
    number: Annotated[int, Field(ge=1)]
    confirmed: bool
    by: Literal["creditor", "office"]
    who: Line | None = None
    reason: Line | None = None
