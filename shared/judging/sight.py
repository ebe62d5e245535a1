"""Whose eyes a case is for: what a pack keeps confidential, and who reads it.

A case of a pack with `confidential` is in no list and no answer for others. Discipline inspection reads the
cases whose pack names it, and no other ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from shared.appeals.document import no_such_appeal
from shared.roles import AccountRole
from shared.rules.pack import pack
from shared.rules.pack.pack import PACKS, Pack

SEEN = """
    (cast(:only as text[]) is null or {pack} = any(cast(:only as text[])))
    and not coalesce({pack} = any(cast(:hidden as text[])), false)
""".format(pack="split_part(file->>'pack', '.', 1)")
"""The condition in SQL for a row whose document in `file` a reader may see; with `Sight.values`."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The packs, as `id@version`, whose cases a role may see: `only` these if given, and none of `hidden`."""

    only: frozenset[str] | None
    hidden: frozenset[str]

    def require(self, ref: str | None) -> None:
        """Raise `NotFound` for a case under the pack `ref` that the reader may not see."""
        name = (ref or "").partition(".")[0]
        if name in self.hidden or (self.only is not None and name not in self.only):
            raise no_such_appeal()

    @property
    def values(self) -> dict[str, list[str] | None]:
        """The values of `SEEN`."""
        return {
            "only": None if self.only is None else sorted(self.only),
            "hidden": sorted(self.hidden),
        }


def sight(role: AccountRole | None, own: Iterable[Pack]) -> Sight:
    """What `role` sees, by the packs that are shipped and the city's `own`."""
    kept = {**_shipped(), **{_name(rules): _readers(rules) for rules in own}}
    named = frozenset(name for name, readers in kept.items() if role in readers)
    hidden = frozenset(name for name, readers in kept.items() if readers) - named
    return Sight(named if role is AccountRole.DISCIPLINE_INSPECTION else None, hidden)


@cache
def _shipped() -> dict[str, frozenset[str]]:
    """By pack, who alone reads its cases. Only files that speak of it are read."""
    speaking = [path for path in PACKS.glob("*.yaml") if b"confidential" in path.read_bytes()]
    return {_name(rules): _readers(rules) for rules in map(pack.read, speaking)}


def _name(rules: Pack) -> str:
    return f"{rules.id}@{rules.version}"


def _readers(rules: Pack) -> frozenset[str]:
    return frozenset(rules.confidential.readers) if rules.confidential else frozenset()
