"""What desks keeps of a case: of each fact the newest, in whatever order events arrive. Pure.

A fact has a slot, such as `closed` or `leg:<id>:contacted`. Of two events that fill one slot, the one that
occurred later stays. So the facts of a case follow from the set of its events alone.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, PrivateAttr

from shared.events import Event

Fact = dict[str, Any]
"""`at` and `id` of the event, its `type`, and those of its fields that the slot keeps, as JSON has them."""


class CaseFile(BaseModel):
    """The facts of an appeal, or of a loan request. `pack` is there once its registration was heard."""

    appeal_id: UUID
    registration_number: str
    pack: str | None = None
    updated_at: str = ""
    facts: dict[str, Fact] = {}
    _subjects: dict[str, list[str]] = PrivateAttr(default_factory=dict)
    """The ids by kind, as far as the slots were read when there were `_read_slots` of them."""
    _read_slots: int = PrivateAttr(default=0)

    def add(self, slot: str, event: Event, /, rank: int = 0, **values: Any) -> None:
        """Keep what `event` says in `slot`, unless a later event filled it.

        Of two events of one moment the one of higher `rank` stays, else the one with the greater id.
        """
        fact = {"at": written(event.occurred_at), "id": str(event.id), "type": event.type, **values}
        if rank:
            fact["rank"] = rank
        known = self.facts.get(slot)
        if known is None or _order(known) < _order(fact):
            self.facts[slot] = fact

    def touch(self, event: Event) -> None:
        """Note when something last happened in the case."""
        self.updated_at = max(self.updated_at, written(event.occurred_at))

    def get(self, slot: str) -> Fact | None:
        """The fact in a slot; None where nothing filled it."""
        return self.facts.get(slot)

    def at(self, slot: str) -> str:
        """When the fact in a slot occurred; empty where nothing filled it."""
        fact = self.facts.get(slot)
        return "" if fact is None else str(fact["at"])

    def subjects(self, kind: str) -> Sequence[str]:
        """The ids of all legs, cards or whatever `kind` is, in the order of the ids."""
        if self._read_slots != len(self.facts):  # no slot is ever emptied
            self._read_slots, self._subjects = len(self.facts), _ids_by_kind(self.facts)
        return self._subjects.get(kind, ())


def _ids_by_kind(slots: Iterable[str]) -> dict[str, list[str]]:
    ids_of: dict[str, set[str]] = {}
    for slot in slots:
        kind, _, rest = slot.partition(":")
        if rest:
            ids_of.setdefault(kind, set()).add(rest.partition(":")[0])
    return {kind: sorted(ids) for kind, ids in ids_of.items()}


def written(moment: datetime) -> str:
    """A moment as facts have it: texts of one length, which sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read(moment: str | None) -> datetime | None:
    """The moment of a fact."""
    return datetime.fromisoformat(moment) if moment else None


def _order(fact: Fact) -> tuple[str, int, str]:
    return fact["at"], fact.get("rank", 0), fact["id"]
