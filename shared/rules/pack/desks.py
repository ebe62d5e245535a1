"""What a pack says of people's acts: stages, extensions, pauses, reopening, merging, referral, closure."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.rules.pack.parts import InDays, LimitOrSetting, Rule, Strict, Title
from shared.rules.terms import PackWord, Rank, Rating


class By(StrEnum):
    """Who says that a stage was reached."""

    UNIT = "unit"
    OFFICE = "office"


class Stage(Rule):
    """A stage (环节) of a procedure. With `dates` reaching it brings moments, e.g. of instalments."""

    stage: PackWord
    title: Title
    by: By = By.UNIT
    dates: bool = False


class ApprovalRank(Strict):
    """The rank that approves a limit up to so long."""

    up_to: LimitOrSetting
    rank: Rank


class Extension(Rule):
    """Deadlines that may be extended, and the longest limit they may get, counted from their start.

    `times`: how often at most. `ranks`, the shortest limit first; a limit beyond them all needs the last.
    `interim_reply`: the enterprise must have been told how handling stands before it is asked for.
    """

    deadlines: tuple[PackWord, ...]
    cap: LimitOrSetting
    times: Annotated[int, Field(ge=1)] | None = None
    ranks: tuple[ApprovalRank, ...] = ()
    interim_reply: bool = False


class PauseGround(Strict):
    """A ground on which time may stop (暂停原因), for how long at most, and who approves."""

    ground: PackWord
    title: Title
    cap: InDays
    rank: Rank = Rank.OFFICE


class Pauses(Rule):
    """A pause ends by itself after the cap of its ground; `cap` where none is named."""

    cap: InDays
    grounds: tuple[PauseGround, ...] = ()

    @model_validator(mode="after")
    def without_repeats(self) -> Self:
        """ValueError for a ground that stands twice."""
        names = [ground.ground for ground in self.grounds]
        if len(set(names)) < len(names):
            raise ValueError("a ground stands twice: give each its own name")
        return self


class Reopening(Rule):
    """When a completed appeal may be reopened: after which ratings, how soon, how often.

    `within` counts from the completion of the last leg. `finding`: it must have been found reasonable.
    """

    ratings: frozenset[Rating] = frozenset({Rating.NOT_SATISFIED})
    within: LimitOrSetting | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    finding: bool = False


class Shared(StrEnum):
    """What is done once for all appeals that are merged."""

    REPLY = "reply"
    COMPLETION = "completion"


class Merging(Rule):
    """Repeats of one problem may be merged (并单); what the handled one gets of `shares`, all get."""

    shares: frozenset[Shared] = Field(min_length=1)


class Destination(Strict):
    """Where a matter may belong instead."""

    to: PackWord
    title: Title


class Referral(Rule):
    """The destinations to which an enterprise may be guided (引导)."""

    destinations: tuple[Destination, ...] = Field(min_length=1)


class Need(StrEnum):
    """What must be there before the office closes, beside every leg completed.

    `heard`: the enterprise rated, or a follow-up was made.
    """

    SIGNED_OFF = "signed_off"
    HEARD = "heard"
    FINDING = "finding"


class Closure(Rule):
    """What the office needs for closure (销号); a case that was referred needs none of it."""

    needs: frozenset[Need]
