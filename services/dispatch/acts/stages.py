"""The stages (环节) of a procedure: what a unit says of them, and who confirms it."""

from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import LegAct, Marked
from shared.events import PackWord
from shared.named import Named
from shared.web.bodies import Line, Moment, Text
from shared.web.sums import Sum

MOST_DATES = 60


class WordOf(Named):
    """Whose word confirms or declines what a unit said."""

    CREDITOR = "creditor", "债权人"
    OFFICE = "office", "营商环境办"


class Reach(LegAct, Marked):
    """A stage (环节) of the procedure was reached. `amounts` are those due at `dates`, in their order.

    `amount` is what was paid, or what is owed. `in_full`: nothing is owed any more; from a unit this counts
    once the creditor or the office confirmed it. `confirmed`: a date whose limit is over at once is meant.
    """

    act: Literal["reach"] = "reach"
    stage: PackWord
    dates: Annotated[tuple[Moment, ...], Field(max_length=MOST_DATES)] = ()
    text: Text
    amount: Sum | None = None
    amounts: Annotated[tuple[Sum, ...], Field(max_length=MOST_DATES)] = ()
    in_full: bool = False
    confirmed: bool = False


class DecideStage(LegAct):
    """The creditor or the office confirms what the unit said of a stage, or does not. `number`: which of it.

    `by` is whose word it is; `who` gave it, where the office records the creditor's.
    """

    act: Literal["decide_stage"] = "decide_stage"
    number: Annotated[int, Field(ge=1)]
    confirmed: bool
    by: WordOf
    who: Line | None = None
    reason: Line | None = None
