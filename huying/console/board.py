"""The boxes of the service map and the heat maps of partitions, from metrics, alerts and spans."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from huying.console.alerts import Alerts
from huying.console.scraping import CHARTS, MetricsScraper, Series

FAILING_SHARE = 0.05
"""From this share of failed spans (five minutes) or failed requests a service is red."""
LATELY = 12
"""Samples behind a rate on the map: a minute."""
BY_NAME = {chart.name: chart for chart in CHARTS}
HEAT_S = (5, 30, 120, 300)
"""Lower bounds in seconds of the heat levels 1 to 4."""


@dataclass(frozen=True, slots=True)
class Box:
    """A service on the map, or a peer outside."""

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


def service_boxes(
    scraper: MetricsScraper,
    alerts: Alerts,
    spans: Mapping[str, Mapping[str, Any]],
    name: Callable[[str], str],
) -> list[Box]:
    """Every service that is scraped or has sent spans lately."""
    rates = {key: _lately(scraper, key) for key in ("requests", "errors", "consumed", "relayed")}
    silent = scraper.ring[-1].silent if scraper.ring else {}
    boxes = []
    for code in dict.fromkeys([*scraper.urls, *spans]):
        counts = spans.get(code, {"spans": 0, "failed": 0, "slowest_ns": 0})
        requests, failed = rates["requests"].get(code), rates["errors"].get(code)
        events = (rates["consumed"].get(code) or 0) + (rates["relayed"].get(code) or 0)
        boxes.append(
            Box(
                code,
                name(code),
                ours=True,
                state=_state(code, scraper, alerts, counts, (failed or 0) / (requests or 1)),
                reason=silent.get(code, ""),
                requests=requests,
                events=None if code in silent else events,
                failed_requests=failed if requests is None else failed or 0.0,
                spans=counts["spans"],
                errors=counts["failed"],
                slowest_ns=counts["slowest_ns"],
            )
        )
    return boxes


def _lately(scraper: MetricsScraper, name: str) -> dict[str, float]:
    """The mean rate of the last minute, by service."""
    samples = list(scraper.ring)[-LATELY:]
    rates = {}
    for label, values in scraper.lines(BY_NAME[name], samples).items():
        known = [value for value in values if value is not None]
        if known and values[-1] is not None:
            rates[label] = sum(known) / len(known)
    return rates


def _state(
    code: str, scraper: MetricsScraper, alerts: Alerts, counts: Mapping[str, Any], failed_requests: float
) -> str:
    if not scraper.ring:
        return "unknown"
    if code in scraper.ring[-1].silent:
        return "down"
    share = counts["failed"] / counts["spans"] if counts["spans"] else 0.0
    firing = alerts.firing(code)
    if max(share, failed_requests) >= FAILING_SHARE or any(
        alert.condition.severity == "critical" for alert in firing
    ):
        return "failing"
    return "warning" if firing or counts["failed"] else "ok"


@dataclass(frozen=True, slots=True)
class Cell:
    """One partition: its text, and its heat, 0 to 4."""

    lines: list[str]
    heat: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One reading service of one topic."""

    service: str
    topic: str
    cells: list[Cell | None]


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat map of partitions; `columns` are partitions, or banks."""

    columns: list[str]
    rows: list[HeatRow]


def lag(scraper: MetricsScraper, length: Callable[[float], str]) -> Heat:
    """The lag of every reader and partition, in messages and as a duration."""
    ages = _by_partition(scraper.series("huying_consumer_lag_seconds"))
    counts = _by_partition(scraper.series("huying_consumer_lag_messages"))
    cells = {
        key: Cell([f"{counts.get(key, 0):g}", length(ages.get(key, 0))], heat(ages.get(key, 0)))
        for key in {*ages, *counts}
    }
    return _heat(cells)


def ages(scraper: MetricsScraper, metric: str, length: Callable[[float], str], usual: float) -> Heat:
    """A duration for every reader and partition; up to `usual` seconds have no heat."""
    seconds = _by_partition(scraper.series(metric))
    return _heat({key: Cell([length(age)], heat(age - usual)) for key, age in seconds.items()})


def heat(seconds: float) -> int:
    """The heat of a duration, 0 to 4."""
    return sum(seconds >= step for step in HEAT_S)


def _by_partition(series: Sequence[Series]) -> dict[tuple[str, str, str], float]:
    return {
        (
            item.labels.get("service", ""),
            item.labels.get("topic", ""),
            item.labels.get("partition", ""),
        ): item.value
        for item in series
    }


def _heat(cells: Mapping[tuple[str, str, str], Cell]) -> Heat:
    columns = sorted(
        {partition for _, _, partition in cells}, key=lambda text: (not text.isdecimal(), len(text), text)
    )
    rows = [
        HeatRow(service, topic, [cells.get((service, topic, column)) for column in columns])
        for service, topic in sorted({key[:2] for key in cells})
    ]
    return Heat(columns, rows)
