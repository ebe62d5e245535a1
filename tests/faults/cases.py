"""A case as the load knows it, and the group of appeals that are handled together (并单)."""

import random
from dataclasses import dataclass, field
from typing import Any, Optional

MOST_FOLLOWERS = 3


@dataclass(eq=False)
class LoadCase:
    """One appeal or loan request as the load knows it.

    `over`: the enterprise withdrew it. `waits`: dispatch has yet to hear of a change in the group it leads.
    """

    name: str
    chance: random.Random
    pack: str
    id: str
    number: str
    code: str
    legs: list[dict[str, Any]] = field(default_factory=list)
    completed: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    marks: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """By service, the version of the appeal that the office has seen."""
    proposals: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """By leg and number, what a unit said of a stage and nobody has confirmed."""
    lead: Optional["LoadCase"] = None
    followers: list["LoadCase"] = field(default_factory=list)
    over: bool = False
    reopened: bool = False
    waits: bool = False

    def head(self) -> "LoadCase":
        """The case with which it is handled."""
        return self.lead or self

    def working(self) -> list[int]:
        """The legs on which their units still work."""
        return [leg for leg in range(len(self.legs)) if leg not in self.completed | self.ended]

    def shared_leg(self, unit: str) -> int | None:
        """The leg to which an act of this unit on the lead is passed on."""
        legs = [] if self.over else self.working()
        return next((leg for leg in legs if self.legs[leg]["unit"] == unit), None)

    def may_follow(self) -> bool:
        """Whether it may be merged. Dispatch may not know yet of a reopening, and then passes nothing on."""
        return not (self.lead or self.followers or self.over or self.reopened)

    def may_lead(self, other: "LoadCase") -> bool:
        """Whether another appeal may be merged into it."""
        fits = self is not other and self.pack == other.pack and len(self.followers) < MOST_FOLLOWERS
        return fits and not (self.lead or self.over or self.waits)

    def joins(self, lead: "LoadCase") -> bool:
        """Whether dispatch must give it the units of its lead: it has none, and the lead has."""
        led = any(leg["role"] == "lead" for leg in lead.live_legs())
        return led and not (lead.over or self.over or self.live_legs())

    def live_legs(self) -> list[dict[str, Any]]:
        """The legs that no upheld objection ended."""
        return [leg for number, leg in enumerate(self.legs) if number not in self.ended]
