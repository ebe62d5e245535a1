"""What a pack says of the office's own clocks and of what units promise: raising, promises, approval."""

from typing import Self

from pydantic import Field, model_validator

from shared.rules.pack.parts import LimitOrSetting, Rule
from shared.rules.terms import PackWord, RaisedTo, Rank


class Raising(Rule):
    """What the office misses goes up (上报), each step `limit` after the last, until it is met."""

    to: tuple[RaisedTo, ...] = Field(min_length=1)
    limit: LimitOrSetting

    @model_validator(mode="after")
    def without_repeats(self) -> Self:
        """ValueError for somebody who stands twice."""
        if len(set(self.to)) < len(self.to):
            raise ValueError("somebody stands twice in `to`: keep one")
        return self


class Promises(Rule):
    """A planned day is a promise (说到做到) with a deadline of its own, and no completion.

    `cap` counts from dispatch; a later day needs `rank`, without which the promise ends with the cap.
    """

    cap: LimitOrSetting
    rank: Rank = Rank.LEADER


class Approval(Rule):
    """Silent approval (超时默认). `each_leg`: a department's silence speaks for its own part alone.

    `granted` and `denied` are the stages by which it speaks: with either its work is done.
    """

    each_leg: bool = False
    granted: PackWord = "granted"
    denied: PackWord = "denied"

    @property
    def decides(self) -> dict[str, str]:
        """What each stage decides of a department's part; nothing where silence speaks for the whole."""
        return {self.granted: "granted", self.denied: "denied"} if self.each_leg else {}
