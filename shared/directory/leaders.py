"""Who acts for a leader or a post on a day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

TOP = "mayor"
"""The post above all others (主要领导)."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A leader of the directory: the post, its days (both count), who stands in, the post above."""

    code: str
    post: str
    holds_from: date | None = None
    holds_until: date | None = None
    deputy: str | None = None
    above: str | None = None

    def serves(self, on: date) -> bool:
        """Whether the leader holds the post on this day."""
        return (self.holds_from is None or self.holds_from <= on) and (
            self.holds_until is None or on <= self.holds_until
        )


class Led(NamedTuple):
    """The `names` of leaders and posts that somebody acts for; with `others`, all names but these."""

    names: set[str] | None
    others: set[str] | None


NOBODY = Led(None, None)
"""For a list that is not of one leader."""


class Leaders:
    """The directory of leaders."""

    def __init__(self, leaders: Iterable[Leader] = ()) -> None:
        by_start = sorted(
            leaders, key=lambda leader: (leader.holds_from or date.min, leader.code), reverse=True
        )
        self._by_code = {leader.code: leader for leader in by_start}
        self._by_post: dict[str, list[Leader]] = {}
        for leader in by_start:
            self._by_post.setdefault(leader.post, []).append(leader)

    @classmethod
    def of_rows(cls, rows: Iterable[Any]) -> "Leaders":
        """The directory as a table holds it."""
        names = ("code", "post", "holds_from", "holds_until", "deputy", "above")
        return cls(Leader(*(getattr(row, name) for name in names)) for row in rows)

    def __bool__(self) -> bool:
        return bool(self._by_code)

    def knows(self, named: str) -> bool:
        """Whether `named` is a leader or a post of the directory. The top is one without any entry."""
        return named == TOP or named in self._by_code or named in self._by_post

    def serving(self, named: str, on: date) -> str | None:
        """Code of the leader `named`, or of who holds the post, on this day; the latest who took it."""
        leader = self._by_code.get(named)
        if leader is not None and leader.serves(on):
            return leader.code
        post = leader.post if leader is not None and named not in self._by_post else named
        return next((holder.code for holder in self._by_post.get(post, ()) if holder.serves(on)), None)

    def acting(self, named: str | None, on: date) -> str | None:
        """Code of who acts for `named` (a leader or a post; None for the top) on this day.

        That is the leader, or who holds the post; else a deputy; else who acts for the post above; at the top
        the mayor, whoever that is. While the directory is empty it is `named` itself.
        """
        if not self:
            return named
        post, passed = named or TOP, set[str]()
        while post not in passed:
            if (code := self.serving(post, on) or self._deputy(post, on)) is not None:
                return code
            passed.add(post)
            above = self._above(post)
            post = TOP if above in passed else above
        return TOP

    def led_by(self, code: str, on: date) -> "Led":
        """Which leaders and posts `code` acts for on this day."""
        names = {*self._by_code, *self._by_post}
        led = {name for name in names if self.acting(name, on) == code} | {code}
        return Led(led, names - led if self and self.acting(TOP, on) == code else None)

    def is_gone(self, code: str, on: date) -> bool:
        """Whether the directory says that this leader holds no post on this day."""
        return (leader := self._by_code.get(code)) is not None and not leader.serves(on)

    def _holders(self, named: str) -> list[Leader]:
        leader = self._by_code.get(named)
        same = self._by_post.get(named) or (self._by_post[leader.post] if leader else [])
        return [leader, *(holder for holder in same if holder is not leader)] if leader else same

    def _deputy(self, named: str, on: date) -> str | None:
        deputies = (self.serving(holder.deputy, on) for holder in self._holders(named) if holder.deputy)
        return next((code for code in deputies if code is not None), None)

    def _above(self, named: str) -> str:
        return next((holder.above for holder in self._holders(named) if holder.above), TOP)
