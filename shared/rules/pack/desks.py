"""What a pack says of people's acts: stages, extensions, pauses, reopening, merging, referral, closure."""

from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from shared.rules.pack.parts import InDays, LimitOrSetting, Rule, Strict, Title
from shared.rules.terms import PackWord, Rank, Rating


class By(StrEnum):
    """Who says that a stage was reached.

    `both`: the unit says it, and it counts once the creditor or the office confirmed.
    """

    UNIT = "unit"
    OFFICE = "office"
    BOTH = "both"


class Stage(Rule):
    """A stage (环节) of a procedure. With `dates` reaching it brings moments, e.g. of instalments.

    `dated`: it brings the day on which it came about, from which what it starts counts. `sums`: with an
    amount each; without dates it is the sum that is owed. `pays`: reaching it brings a sum, and what was paid
    so far meets the amounts, the earliest first. With `returns` the unit gives the case back undone by
    reaching it, as a bank does that declines. `after_completion`: a completed leg reaches it too, as long as
    the case is not closed.
    """

    stage: PackWord
    title: Title
    by: By = By.UNIT
    dated: bool = False
    dates: bool = False
    sums: bool = False
    pays: bool = False
    returns: bool = False
    after_completion: bool = False


class Completion(Rule):
    """A unit's word that it is done counts only `after` its leg reached these stages."""

    after: tuple[PackWord, ...] = Field(min_length=1)


class ApprovalRank(Strict):
    """The rank that approves a limit up to so long."""

    up_to: LimitOrSetting
    rank: Rank


class Ground(Strict):
    """A ground on which something may be asked for."""

    ground: PackWord
    title: Title


G = TypeVar("G", bound=Ground)


def _each_once(grounds: tuple[G, ...]) -> tuple[G, ...]:
    if len({ground.ground for ground in grounds}) < len(grounds):
        raise ValueError("a ground stands twice: give each its own name")
    return grounds


Grounds = Annotated[tuple[G, ...], AfterValidator(_each_once)]


class Extension(Rule):
    """Deadlines that may be extended, and the longest limit they may get, counted from their start.

    `times`: how often at most. `ranks`, the shortest limit first; a limit beyond them all needs the last.
    `interim_reply`: the enterprise must have been told how handling stands before it is asked for. `grounds`:
    it is asked for on one of them.
    """

    deadlines: tuple[PackWord, ...]
    cap: LimitOrSetting
    times: Annotated[int, Field(ge=1)] | None = None
    ranks: tuple[ApprovalRank, ...] = ()
    interim_reply: bool = False
    grounds: Grounds[Ground] = ()


class PauseGround(Ground):
    """A ground on which time may stop (暂停原因), for how long at most, and who approves."""

    cap: InDays
    rank: Rank = Rank.OFFICE


class Pauses(Rule):
    """A pause ends by itself after the cap of its ground; `cap` where none is named.

    `told`: the judgement says that it ended so. `units_only`: the office's own deadlines run on.
    """

    cap: InDays
    told: bool = False
    units_only: bool = False
    grounds: Grounds[PauseGround] = ()


class Reader(StrEnum):
    """Who may read cases that a pack keeps confidential."""

    OFFICE = "office"
    DISCIPLINE_INSPECTION = "discipline_inspection"


class Confidential(Rule):
    """The cases are read by `readers` alone (保密), beside whoever brought one, with its receipt code."""

    readers: frozenset[Reader] = Field(min_length=1)


class Reopening(Rule):
    """When a completed appeal may be reopened: after which ratings, how soon, how often.

    `within` counts from the completion of the last leg. `finding`: it must have been found reasonable.
    `after_closure`: also when the office has closed it.
    """

    ratings: frozenset[Rating] = frozenset({Rating.NOT_SATISFIED})
    within: LimitOrSetting | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    finding: bool = False
    after_closure: bool = False

    def allows(self, rating: Rating) -> bool:
        """Whether this rating allows it. The lowest grade does wherever "not satisfied" does."""
        lowest = rating is Rating.VERY_DISSATISFIED and Rating.NOT_SATISFIED in self.ratings
        return lowest or rating in self.ratings


class Shared(StrEnum):
    """What is done once for all appeals that are merged."""

    REPLY = "reply"
    COMPLETION = "completion"


class Merging(Rule):
    """Repeats of one problem may be merged (并单); what the handled one gets of `shares`, all get.

    `each_contacted`: what is shared is no contact; each enterprise is contacted by itself, in its own limit.
    """

    shares: frozenset[Shared] = Field(min_length=1)
    each_contacted: bool = False


class Destination(Strict):
    """Where a matter may belong instead."""

    to: PackWord
    title: Title


class GuidedBy(StrEnum):
    """Who may guide an enterprise elsewhere."""

    OFFICE = "office"
    LEAD_UNIT = "lead_unit"


class Referral(Rule):
    """The destinations to which an enterprise may be guided (引导), and by whom.

    `followed`: the case ends only when it was received there.
    """

    destinations: tuple[Destination, ...] = Field(min_length=1)
    by: tuple[GuidedBy, ...] = (GuidedBy.OFFICE,)
    followed: bool = False


class Need(StrEnum):
    """What must be there before the office closes, beside every leg completed.

    `heard`: the enterprise rated, or a follow-up was made.
    """

    SIGNED_OFF = "signed_off"
    HEARD = "heard"
    FINDING = "finding"


class AgainstWord(Rule):
    """Closing a reasonable appeal that was rated not satisfied: the rank that must say so, with a reason."""

    rank: Rank


class Otherwise(Strict):
    """Whose word it takes where the enterprise's understanding was not obtained."""

    rank: Rank


class BeforeDispatch(Rule):
    """Closing an unfounded or explained appeal that no unit has: with the enterprise's `understanding`."""

    understanding: bool
    otherwise: Otherwise | None = None

    @model_validator(mode="after")
    def understood(self) -> Self:
        """ValueError for a closure that nobody would have to understand."""
        if not self.understanding:
            raise ValueError("the enterprise's understanding is what it needs: say `understanding: true`")
        return self


class Closure(Rule):
    """What the office needs for closure (销号); a case that was referred needs none of it.

    `after`: a leg that reached the first of two stages has to have reached the second as well.
    """

    needs: frozenset[Need]
    after: dict[PackWord, PackWord] = Field(default_factory=dict)
    against_word: AgainstWord | None = None
    before_dispatch: BeforeDispatch | None = None
