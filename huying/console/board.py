"""What the first page and the page of progress show, from figures, alerts and spans."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from huying.console.alerts import Alerts
from huying.console.figures import FIGURES, Figures, Series

FAILING_SHARE = 0.05
"""Of the spans of the last five minutes, or of the last requests: so many errors make a service red."""
LATELY = 12
"""Samples that a rate on the first page is taken over: a minute."""
BY_NAME = {figure.name: figure for figure in FIGURES}
HEAT_S = (5, 30, 120, 300)
"""Seconds from which a cell is the next warmer."""


@dataclass(frozen=True, slots=True)
class Box:
    """A service on the map, or somebody outside."""

    code: str
    name: str
    ours: bool
    state: str
    reason: str = ""
    requests: float | None = None
    events: float | None = None
    failed_requests: float | None = None
    spans: int = 0
    errors: int = 0
    slowest_ns: int = 0


def boxes(
    figures: Figures, alerts: Alerts, spans: Mapping[str, Mapping[str, Any]], name: Callable[[str], str]
) -> list[Box]:
    """Every service that is scraped or spoke lately."""
    rates = {key: _lately(figures, key) for key in ("requests", "errors", "consumed", "relayed")}
    silent = figures.ring[-1].silent if figures.ring else {}
    found = []
    for code in dict.fromkeys([*figures.urls, *spans]):
        told = spans.get(code, {"spans": 0, "failed": 0, "slowest_ns": 0})
        requests, failed = rates["requests"].get(code), rates["errors"].get(code)
        events = (rates["consumed"].get(code) or 0) + (rates["relayed"].get(code) or 0)
        found.append(
            Box(
                code,
                name(code),
                ours=True,
                state=_state(code, figures, alerts, told, (failed or 0) / (requests or 1)),
                reason=silent.get(code, ""),
                requests=requests,
                events=None if code in silent else events,
                failed_requests=failed if requests is None else failed or 0.0,
                spans=told["spans"],
                errors=told["failed"],
                slowest_ns=told["slowest_ns"],
            )
        )
    return found


def _lately(figures: Figures, name: str) -> dict[str, float]:
    """The mean rate of the last minute, by service."""
    samples = list(figures.ring)[-LATELY:]
    found = {}
    for label, values in figures.lines(BY_NAME[name], samples).items():
        known = [value for value in values if value is not None]
        if known and values[-1] is not None:
            found[label] = sum(known) / len(known)
    return found


def _state(
    code: str, figures: Figures, alerts: Alerts, told: Mapping[str, Any], failed_requests: float
) -> str:
    if not figures.ring:
        return "unknown"
    if code in figures.ring[-1].silent:
        return "down"
    share = told["failed"] / told["spans"] if told["spans"] else 0.0
    firing = alerts.firing(code)
    if max(share, failed_requests) >= FAILING_SHARE or any(
        one.condition.severity == "critical" for one in firing
    ):
        return "failing"
    return "warning" if firing or told["failed"] else "ok"


@dataclass(frozen=True, slots=True)
class Cell:
    """One partition: what is written, and how warm, 0 to 4."""

    lines: list[str]
    heat: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One reader of one topic."""

    service: str
    topic: str
    cells: list[Cell | None]


@dataclass(frozen=True, slots=True)
class Heat:
    """A picture of partitions: columns are partitions (or a bank's own)."""

    columns: list[str]
    rows: list[HeatRow]


def lag(figures: Figures, length: Callable[[float], str]) -> Heat:
    """Messages behind, and for how long, of every reader and partition."""
    ages = _by_place(figures.series("huying_consumer_lag_seconds"))
    counts = _by_place(figures.series("huying_consumer_lag_messages"))
    cells = {
        place: Cell([f"{counts.get(place, 0):g}", length(ages.get(place, 0))], heat(ages.get(place, 0)))
        for place in {*ages, *counts}
    }
    return _heat(cells)


def ages(figures: Figures, metric: str, length: Callable[[float], str], usual: float) -> Heat:
    """A length of time for every reader and partition; `usual` seconds of it are no warmth."""
    found = _by_place(figures.series(metric))
    return _heat({place: Cell([length(age)], heat(age - usual)) for place, age in found.items()})


def heat(seconds: float) -> int:
    """How warm so many seconds are."""
    return sum(seconds >= step for step in HEAT_S)


def _by_place(series: Sequence[Series]) -> dict[tuple[str, str, str], float]:
    return {
        (
            one.labels.get("service", ""),
            one.labels.get("topic", ""),
            one.labels.get("partition", ""),
        ): one.value
        for one in series
    }


def _heat(cells: Mapping[tuple[str, str, str], Cell]) -> Heat:
    columns = sorted(
        {partition for _, _, partition in cells}, key=lambda text: (not text.isdecimal(), len(text), text)
    )
    rows = [
        HeatRow(service, topic, [cells.get((service, topic, column)) for column in columns])
        for service, topic in sorted({place[:2] for place in cells})
    ]
    return Heat(columns, rows)
