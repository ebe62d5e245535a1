"""A trace as a waterfall: its spans below each other, each placed by its start and duration."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEEPEST = 10
"""The deepest indented level; deeper spans are shown at it."""
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span; `left` and `width` in percent of the whole trace."""

    span_id: str
    name: str
    service: str
    kind: str
    depth: int
    start_ns: int
    length_ns: int
    left: float
    width: float
    failed: bool
    number: str | None
    orphan: bool


def in_order(spans: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Spans in tree order, with their depth. `spans` are ordered by start.

    A span whose parent is missing is at the top; so is the first span of a cycle of parents.
    """
    by_id = {span["span_id"]: span for span in spans}
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for span in by_id.values():
        parent = span["parent_id"] if span["parent_id"] in by_id else None
        below.setdefault(parent, []).append(span)
    depths: dict[str, int] = {}
    for top in [*below.get(None, ()), *by_id.values()]:
        waiting = [(top, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span["span_id"] not in depths:
                depths[span["span_id"]] = depth
                waiting += [(child, depth + 1) for child in reversed(below.get(span["span_id"], ()))]
    return [(by_id[span_id], depth) for span_id, depth in depths.items()]


def rows(spans: Sequence[Mapping[str, Any]]) -> list[SpanRow]:
    """The rows of a whole trace. `spans` are ordered by start."""
    if not spans:
        return []
    start = spans[0]["start_ns"]
    length = max(max(span["end_ns"] for span in spans) - start, 1)
    span_ids = {span["span_id"] for span in spans}
    return [_row(span, depth, start, length, span_ids) for span, depth in in_order(spans)]


def _row(span: Mapping[str, Any], depth: int, start: int, length: int, span_ids: set[str]) -> SpanRow:
    took = span["end_ns"] - span["start_ns"]
    return SpanRow(
        span["span_id"],
        span["name"],
        span["service"],
        KINDS.get(span["kind"], ""),
        min(depth, DEEPEST),
        span["start_ns"],
        took,
        round(100 * (span["start_ns"] - start) / length, 3),
        round(100 * took / length, 3),
        bool(span["failed"]),
        span["number"],
        span["parent_id"] is not None and span["parent_id"] not in span_ids,
    )
