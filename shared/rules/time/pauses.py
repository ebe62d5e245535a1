"""Pauses (暂停): time that does not count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count: from `start` to just before `end`, or without end so far. Aware times."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        """ValueError for times without a zone, or an end before the start."""
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError(f"pause from {self.start} to {self.end}: a time has no zone; give aware times")
        if self.end is not None and self.end < self.start:
            raise ValueError(f"pause from {self.start} to {self.end}: it ends before it starts")


def merged_spans(pauses: Iterable[Pause]) -> list[tuple[datetime, datetime | None]]:
    """Pauses in order with none touching another; only the last may be open."""
    merged: list[tuple[datetime, datetime | None]] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start, end = pause.start, pause.end
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            start, before = merged.pop()
            end = None if before is None or end is None else max(before, end)
        merged.append((start, end))
    return merged


def moved_by_pauses(
    given_at: datetime, pauses: Sequence[Pause], *, pauses_at_due: bool = False
) -> datetime | None:
    """When a limit ends that was given as a moment: later by what was paused.

    None while a pause is open, and beyond the year 9999. `pauses_at_due`: also by a pause that begins then.
    """
    for start, end in merged_spans(pauses):
        if start > given_at or (start == given_at and not pauses_at_due):
            break
        if end is None or end - start > LAST_MOMENT - given_at:
            return None
        given_at += end - start
    return given_at
