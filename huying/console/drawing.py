"""Pictures as numbers that a template makes SVG of: lines over time, and who speaks to whom."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from huying.console.shown import LEAST, colour
from huying.console.words import SERVICES

WIDTH, HEIGHT = 560, 160
LEFT, BOTTOM, TOP = 44, 20, 8
MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: the points of its pieces, and its newest value."""

    label: str
    pieces: list[str]
    newest: float | None
    colour: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines, marks of the value axis (height and value) and of time (left and moment)."""

    lines: list[Line]
    marks: list[tuple[float, float]]
    times: list[tuple[float, datetime]]
    more: int


def chart(values: Mapping[str, Sequence[float | None]], times: Sequence[datetime]) -> Chart:
    """The chart of these values; of more than eight lines the highest."""
    highest = sorted(values, key=lambda label: (-max((v or 0 for v in values[label]), default=0), label))
    shown = sorted(highest[:MOST_LINES], key=_naturally)
    most = max((v for label in shown for v in values[label] if v is not None), default=0)
    top = _round_up(most if most >= LEAST else 0)
    first = times[0].timestamp() if times else 0.0
    length = max(times[-1].timestamp() - first, 1.0) if times else 1.0
    lefts = [LEFT + (WIDTH - LEFT - 6) * (at.timestamp() - first) / length for at in times]
    lines = [
        Line(label, _pieces(values[label], lefts, top), _newest(values[label]), _colour(label, index))
        for index, label in enumerate(shown)
    ]
    marks = [(_height(top * part, top), top * part) for part in (0, 0.5, 1)]
    ends = [(lefts[0], times[0]), (lefts[-1], times[-1])] if len(times) > 1 else []
    return Chart(lines, marks, ends, len(values) - len(shown))


def _colour(label: str, index: int) -> int:
    """A service has its colour in every chart."""
    return colour(label) if label in SERVICES else index


def _naturally(label: str) -> tuple[int, str]:
    """Numbers by their size: 3d before 30d; words after them."""
    found = re.match(r"\d+", label)
    return (int(found[0]) if found else sys.maxsize, label)


def _newest(values: Sequence[float | None]) -> float | None:
    return values[-1] if values else None


def _pieces(values: Sequence[float | None], lefts: Sequence[float], top: float) -> list[str]:
    """A line for each run of values without a gap."""
    runs: list[list[str]] = [[]]
    for left, value in zip(lefts, values, strict=True):
        if value is None or not math.isfinite(value):
            runs.append([])
        else:
            runs[-1].append(f"{left:.1f},{_height(value, top):.1f}")
    return [" ".join(run * 2 if len(run) == 1 else run) for run in runs if run]


def _height(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10 … at or above."""
    if not 0 < value < math.inf:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value * 0.9999)


@dataclass(frozen=True, slots=True)
class Place:
    """The middle of a box of the map."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve from box to box, and where its label stands."""

    start: str
    end: str
    path: str
    label: Place | None
    count: int
    failed: int
    width: float


@dataclass(frozen=True, slots=True)
class Map:
    """Where every box stands, and the arrows."""

    width: int
    height: int
    places: Mapping[str, Place]
    arrows: list[Arrow]


BOX_WIDTH, BOX_HEIGHT = 150, 92
SHORT = 45
"""Arrows up to this length have no label."""
WIDE = {
    "intake": Place(90, 190),
    "dispatch": Place(370, 64),
    "escalation": Place(370, 316),
    "notify": Place(640, 190),
    "financing": Place(640, 340),
}
NARROW = {
    "intake": Place(85, 60),
    "dispatch": Place(275, 120),
    "notify": Place(85, 250),
    "escalation": Place(275, 310),
    "financing": Place(85, 420),
}


def service_map(
    services: Sequence[str],
    others: Sequence[str],
    edges: Sequence[tuple[str, str, int, int]],
    *,
    narrow: bool,
) -> Map:
    """The map: services at their own places, others (banks, gateways, strangers) in rows below or beside."""
    known = NARROW if narrow else WIDE
    places = {name: known[name] for name in services if name in known}
    rest = [*(name for name in services if name not in known), *others]
    for index, name in enumerate(rest):
        places[name] = _beside(index, narrow=narrow)
    lowest = max((place.y for place in places.values()), default=0)
    arrows = [_arrow(*edge, places) for edge in edges if edge[0] in places and edge[1] in places]
    return Map(360 if narrow else 1000, int(lowest) + BOX_HEIGHT // 2 + 14, places, arrows)


def _beside(index: int, *, narrow: bool) -> Place:
    if narrow:
        return Place(85 + 190 * (index % 2), 550 + 110 * (index // 2))
    return Place(905, 64 + 110 * index)


def _arrow(start: str, end: str, count: int, failed: int, places: Mapping[str, Place]) -> Arrow:
    a, b = _edges_of(places[start], places[end])
    dx, dy = b.x - a.x, b.y - a.y
    length = math.hypot(dx, dy) or 1
    bend = min(26.0, length / 5)
    middle = Place((a.x + b.x) / 2 - dy / length * bend, (a.y + b.y) / 2 + dx / length * bend)
    label = _on_curve(a, middle, b, 0.38) if length > SHORT else None
    path = f"M{a.x:.0f},{a.y:.0f} Q{middle.x:.0f},{middle.y:.0f} {b.x:.0f},{b.y:.0f}"
    return Arrow(start, end, path, label, count, failed, min(1.2 + math.log10(1 + count), 5))


def _on_curve(a: Place, middle: Place, b: Place, part: float) -> Place:
    """A point of the curve; not its middle, where the arrow back would have its label too."""
    first, second, third = (1 - part) ** 2, 2 * part * (1 - part), part**2
    return Place(first * a.x + second * middle.x + third * b.x, first * a.y + second * middle.y + third * b.y)


def _edges_of(a: Place, b: Place) -> tuple[Place, Place]:
    """Where the straight line between two boxes leaves the first and meets the second."""
    dx, dy = b.x - a.x, b.y - a.y
    part = min(
        (BOX_WIDTH / 2 + 4) / abs(dx) if dx else math.inf, (BOX_HEIGHT / 2 + 4) / abs(dy) if dy else math.inf
    )
    part = min(part, 0.45)
    return Place(a.x + dx * part, a.y + dy * part), Place(b.x - dx * part, b.y - dy * part)
