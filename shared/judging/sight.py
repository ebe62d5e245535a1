"""Whose eyes a case is for: what a pack keeps confidential, and who reads it.

A case of a pack with `confidential` is in no list and no answer for others. Discipline inspection reads the
cases whose pack names it, and no other ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from shared.roles import AccountRole
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.pack.pack_files import PACKS


def seen(file: str) -> str:
    """The condition in SQL for a document in the column `file` that a reader may see; with `Sight.values`."""
    return seen_pack(f"{file}->>'pack'")


def seen_pack(ref: str) -> str:
    """The condition in SQL for a case that a reader may see, by the column with the reference of its pack."""
    pack = f"split_part({ref}, '.', 1)"
    return f"""
        (cast(:only as text[]) is null or coalesce({pack} = any(cast(:only as text[])), false))
        and not coalesce({pack} = any(cast(:hidden as text[])), false)
    """


SEEN = seen("file")
"""The condition for the rows of a table with one document in each row."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The packs, as `id@version`, whose cases a role may see: `only` these if given, and none of `hidden`."""

    only: frozenset[str] | None
    hidden: frozenset[str]

    def shows(self, ref: str | None) -> bool:
        """Whether the reader may see a case under the pack `ref`."""
        name = (ref or "").partition(".")[0]
        return name not in self.hidden and (self.only is None or name in self.only)

    @property
    def is_whole(self) -> bool:
        """Whether the reader may see every case."""
        return self.only is None and not self.hidden

    @property
    def values(self) -> dict[str, list[str] | None]:
        """The values of `SEEN`."""
        return {
            "only": None if self.only is None else sorted(self.only),
            "hidden": sorted(self.hidden),
        }


def sight(role: AccountRole | None, own: Iterable[Pack]) -> Sight:
    """What `role` sees, by the packs that are shipped and the city's `own`.

    A service that asks another reads on nobody's behalf: it sees every case.
    """
    if role is AccountRole.SERVICE:
        return Sight(None, frozenset())
    kept = {**_shipped(), **{_name(rules): _readers(rules) for rules in own}}
    named = frozenset(name for name, readers in kept.items() if role in readers)
    hidden = frozenset(name for name, readers in kept.items() if readers) - named
    return Sight(named if role is AccountRole.DISCIPLINE_INSPECTION else None, hidden)


@cache
def _shipped() -> dict[str, frozenset[str]]:
    """By pack, who alone reads its cases. Only files that speak of it are read."""
    speaking = [path for path in PACKS.glob("*.yaml") if b"confidential" in path.read_bytes()]
    return {_name(rules): _readers(rules) for rules in map(pack_files.read, speaking)}


def _name(rules: Pack) -> str:
    return f"{rules.id}@{rules.version}"


def _readers(rules: Pack) -> frozenset[str]:
    return frozenset(rules.confidential.readers) if rules.confidential else frozenset()
