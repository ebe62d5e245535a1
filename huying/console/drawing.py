"""Charts and the service map as coordinates, of which templates make SVG."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from huying.console.rendering import LEAST, colour
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
    """Lines, and the marks of the value axis (height, value) and of the time axis (left, moment)."""

    lines: list[Line]
    marks: list[tuple[float, float]]
    times: list[tuple[float, datetime]]
    more: int


def chart(values: Mapping[str, Sequence[float | None]], times: Sequence[datetime]) -> Chart:
    """The chart of these values by label; of more than eight lines the highest eight."""
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
    """Sort key: numbers by size, so 3d before 30d; words after them."""
    match = re.match(r"\d+", label)
    return (int(match[0]) if match else sys.maxsize, label)


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
class Point:
    """A point of the map, such as the middle of a box."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve from box to box, and where its label stands."""

    start: str
    end: str
    path: str
    label: Point | None
    count: int
    failed: int
    width: float


@dataclass(frozen=True, slots=True)
class Map:
    """Where every box stands, and the arrows."""

    width: int
    height: int
    places: Mapping[str, Point]
    arrows: list[Arrow]


BOX_WIDTH, BOX_HEIGHT = 150, 92
SHORT = 45
"""Arrows up to this length have no label."""
WIDE = {
    "intake": Point(90, 190),
    "dispatch": Point(370, 64),
    "escalation": Point(370, 316),
    "notify": Point(640, 190),
    "financing": Point(640, 340),
    "desks": Point(90, 340),
}
NARROW = {
    "intake": Point(85, 60),
    "dispatch": Point(275, 120),
    "notify": Point(85, 250),
    "escalation": Point(275, 310),
    "financing": Point(85, 420),
    "desks": Point(275, 430),
}


def service_map(
    services: Sequence[str],
    others: Sequence[str],
    edges: Sequence[tuple[str, str, int, int]],
    *,
    narrow: bool,
) -> Map:
    """The map: known services at fixed points, others (banks, gateways) in rows below or beside them."""
    known = NARROW if narrow else WIDE
    places = {name: known[name] for name in services if name in known}
    rest = [*(name for name in services if name not in known), *others]
    for index, name in enumerate(rest):
        places[name] = _beside(index, narrow=narrow)
    lowest = max((place.y for place in places.values()), default=0)
    arrows = [_arrow(*edge, places) for edge in edges if edge[0] in places and edge[1] in places]
    return Map(360 if narrow else 1000, int(lowest) + BOX_HEIGHT // 2 + 14, places, arrows)


def _beside(index: int, *, narrow: bool) -> Point:
    if narrow:
        return Point(85 + 190 * (index % 2), 550 + 110 * (index // 2))
    return Point(905, 64 + 110 * index)


def _arrow(start: str, end: str, count: int, failed: int, places: Mapping[str, Point]) -> Arrow:
    a, b = _edges_of(places[start], places[end])
    dx, dy = b.x - a.x, b.y - a.y
    length = math.hypot(dx, dy) or 1
    bend = min(26.0, length / 5)
    middle = Point((a.x + b.x) / 2 - dy / length * bend, (a.y + b.y) / 2 + dx / length * bend)
    label = _on_curve(a, middle, b, 0.38) if length > SHORT else None
    path = f"M{a.x:.0f},{a.y:.0f} Q{middle.x:.0f},{middle.y:.0f} {b.x:.0f},{b.y:.0f}"
    return Arrow(start, end, path, label, count, failed, min(1.2 + math.log10(1 + count), 5))


def _on_curve(a: Point, middle: Point, b: Point, part: float) -> Point:
    """A point of the curve; not its middle, where the arrow back would have its label too."""
    first, second, third = (1 - part) ** 2, 2 * part * (1 - part), part**2
    return Point(first * a.x + second * middle.x + third * b.x, first * a.y + second * middle.y + third * b.y)


def _edges_of(a: Point, b: Point) -> tuple[Point, Point]:
    """Where the straight line between two boxes leaves the first and meets the second."""
    dx, dy = b.x - a.x, b.y - a.y
    part = min(
        (BOX_WIDTH / 2 + 4) / abs(dx) if dx else math.inf, (BOX_HEIGHT / 2 + 4) / abs(dy) if dy else math.inf
    )
    part = min(part, 0.45)
    return Point(a.x + dx * part, a.y + dy * part), Point(b.x - dx * part, b.y - dy * part)
