"""What moves the deadlines of a leg: longer limits, stages of the procedure, pauses."""

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.events.base import KeptWords, Words
from shared.events.dispatch import LegEvent
from shared.rules.terms import PackWord, Rank
from shared.rules.time.limits import Limit


class ExtensionRequested(LegEvent):
    """The unit asked for a longer limit. `ground` is one of the pack's, where it names some."""

    type = "extension.requested.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    ground: PackWord | None = Field(default=None, exclude_if=lambda ground: ground is None)
    reason: KeptWords = ""


class AppealExtended(LegEvent):
    """A longer limit was approved: `limit` replaces the old one, counted from the round's start."""

    type = "appeal.extended.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    approver: KeptWords = ""
    rank: Rank | None = None


Yuan = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]
"""A sum of money, in yuan."""
ReportNumber = Annotated[int, Field(ge=1)]
"""Of what a unit says of a stage, counted on its leg."""


class StageEvent(LegEvent):
    """Something about a stage of the pack's procedure. `dates` are moments it brings, e.g. of instalments.

    `sums` are due at `dates`, in their order; without dates there is one, the sum that is owed. `paid` is
    what was paid with this stage, `in_full` says that nothing is owed any more. What a stage does not have is
    left out, so that stages of earlier versions are written down as they were.
    """

    stage: PackWord
    dates: tuple[AwareDatetime, ...] = ()
    sums: tuple[Yuan, ...] = Field(default=(), exclude_if=lambda sums: not sums)
    paid: Yuan | None = Field(default=None, exclude_if=lambda paid: paid is None)
    in_full: bool = Field(default=False, exclude_if=lambda in_full: not in_full)


class StageReached(StageEvent):
    """A stage of the pack's procedure was reached.

    `confirmed_by`: whose word made it count, the creditor's or the office's, where the pack asks for one.
    `number`: of what the unit had said of it, where that is confirmed by this.
    """

    type = "stage.reached.v1"
    source = "dispatch"

    confirmed_by: str | None = Field(default=None, exclude_if=lambda by: by is None)
    number: ReportNumber | None = Field(default=None, exclude_if=lambda number: number is None)


class StageProposed(StageEvent):
    """The unit says that a stage was reached. It counts when the creditor or the office has confirmed it.

    `number` tells it from others of its leg: by it a decision names what it is about.
    """

    type = "stage.proposed.v1"
    source = "dispatch"

    number: ReportNumber | None = None


class StageDeclined(LegEvent):
    """The creditor or the office did not confirm what the unit said of a stage: nothing changes."""

    type = "stage.declined.v1"
    source = "dispatch"

    stage: PackWord
    declined_by: Words
    reason: KeptWords = ""
    number: ReportNumber | None = None


class ExtensionDenied(LegEvent):
    """The longer limit was not approved; the old one stands."""

    type = "extension.denied.v1"
    source = "dispatch"

    deadline: PackWord
    reason: KeptWords = ""


class PauseRequested(LegEvent):
    """The unit asked that time stop counting for its leg. It runs on until the office approves."""

    type = "pause.requested.v1"
    source = "dispatch"

    reason: KeptWords = ""
    ground: PackWord | None = None


class PauseDenied(LegEvent):
    """The pause was not approved; time runs on."""

    type = "pause.denied.v1"
    source = "dispatch"

    reason: KeptWords = ""


class AppealPaused(LegEvent):
    """Time stopped counting for the leg. `ground` is one of those the pack names.

    `runs_on` are the deadlines, given as a moment, that the pause does not move. Where there are none it is
    left out, so that pauses of earlier versions are written down as they were.
    """

    type = "appeal.paused.v1"
    source = "dispatch"

    reason: KeptWords = ""
    approver: KeptWords = ""
    ground: PackWord | None = None
    runs_on: tuple[PackWord, ...] = Field(default=(), exclude_if=lambda deadlines: not deadlines)


class AppealResumed(LegEvent):
    """Time counts again for the leg."""

    type = "appeal.resumed.v1"
    source = "dispatch"
