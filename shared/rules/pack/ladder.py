"""The ladder of a pack: what happens when, and to which leader or level a case is lifted."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.rules.pack.parts import LimitOrSetting, Rule, Strict, Title
from shared.rules.pack.rounds import EVERY_ROUND, Rounds
from shared.rules.terms import Kind, LiftReason, Mark, PackWord, UnitKind


class Consequence(StrEnum):
    """What a step of the ladder does."""

    REMIND = "remind"
    CARD = "card"
    REDISPATCH = "redispatch"
    LIFT = "lift"
    SUPERVISE = "supervise"
    APPROVE = "approve"
    HAND_OVER = "hand_over"
    PUBLISH = "publish"
    RAISE = "raise"


OF_A_UNIT = frozenset({Consequence.CARD, Consequence.REDISPATCH})
"""What can follow only from a unit's own deadline."""
IN_CHARGE = "in_charge"
"""The leader in charge of the leg's unit."""
ACKNOWLEDGED = (Consequence.CARD, Consequence.LIFT)
"""What its recipient has to acknowledge."""
LeaderCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]


class When(Strict):
    """What brings a step about: exactly one of an overdue deadline, a mark, a refusal, a request.

    `kinds`, `units` and `level` narrow it: to kinds of appeal, to kinds of unit whose deadline passed, and
    to a case that stands lifted at that level.
    """

    overdue: tuple[PackWord, ...] = ()
    rounds: Rounds = EVERY_ROUND
    marks: frozenset[Mark] = frozenset()
    refused: bool = False
    requested: bool = False
    kinds: frozenset[Kind] = frozenset()
    units: frozenset[UnitKind] = frozenset()
    level: PackWord | None = None

    @model_validator(mode="after")
    def one_cause(self) -> Self:
        """ValueError for none or several causes, or for rounds where there are none."""
        if [bool(self.overdue), bool(self.marks), self.refused, self.requested].count(True) != 1:
            raise ValueError("give exactly one of overdue, marks, refused and requested")
        if self.rounds != EVERY_ROUND and not self.overdue:
            raise ValueError("`rounds` goes with overdue deadlines of a leg only: leave it out")
        if self.units and not self.overdue:
            raise ValueError("`units` goes with overdue deadlines of a leg only: leave it out")
        return self


class Step(Rule):
    """One step of the ladder: when, and what is done.

    `gather`: how long at most its lift waits for what the office gathers (汇总梳理).
    """

    step: PackWord
    when: When
    do: tuple[Consequence, ...] = Field(min_length=1)
    card: PackWord | None = None
    reason: LiftReason | None = None
    leader: LeaderCode | None = None
    to: PackWord | None = None
    gather: LimitOrSetting | None = None

    @model_validator(mode="after")
    def complete(self) -> Self:
        """ValueError for an act that lacks what it needs, or that its cause does not allow."""
        if (Consequence.CARD in self.do) != (self.card is not None):
            raise ValueError("`card` names the card of the act card: give both or neither")
        if (Consequence.HAND_OVER in self.do) != (self.to is not None):
            raise ValueError("`to` names the body of the act hand_over: give both or neither")
        if (Consequence.LIFT in self.do) != (self.reason is not None):
            raise ValueError("`reason` belongs to the act lift: give both or neither")
        if self.leader is not None and Consequence.LIFT not in self.do:
            raise ValueError("`leader` belongs to the act lift: leave it out")
        if self.gather is not None and Consequence.LIFT not in self.do:
            raise ValueError("`gather` belongs to the act lift: leave it out")
        if not self.when.overdue and self.do != (Consequence.LIFT,):
            raise ValueError("marks, refusals and requests can only lift")
        return self


class Level(Strict):
    """A level (层级) and who leads there: a leader's code, or `in_charge`."""

    level: PackWord
    title: Title
    leader: LeaderCode


class Levels(Rule):
    """The levels a case is lifted through, one at a time, the lowest first."""

    steps: tuple[Level, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def without_repeats(self) -> Self:
        """ValueError for a level that stands twice."""
        names = [level.level for level in self.steps]
        if len(set(names)) < len(names):
            raise ValueError("a level stands twice: give each its own name")
        return self


class NeverLifted(Rule):
    """Marks of matters that stay where they are."""

    marks: frozenset[Mark] = Field(min_length=1)


class Acknowledgement(Rule):
    """Within what time of a card or a lift the unit or leader acknowledges it, before a higher one is told.

    Nothing is judged by it: it is for messages (`services/notify`).
    """

    limit: LimitOrSetting
