"""The figures of one service, as Prometheus reads them: `docs/telemetry.md` lists them.

Counters and histograms are told where something happens. Gauges are read when somebody scrapes: from memory,
or asked of the database, each at most every 15 seconds however often it is scraped.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import prometheus_client as prometheus
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import TextClause

from shared.database.connection import Database
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.clock import epoch_ns
from shared.telemetry.context import SAMPLED
from shared.telemetry.spans import Span, Tracer

prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
ASK_EVERY_S = 15.0
PATIENCE_S = 5.0
Rows = Iterable[tuple[tuple[str, ...], float]]
"""Values by the labels beside `service`."""
_FAST = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


@dataclass(frozen=True)
class Gauge:
    """A gauge that is read when it is scraped."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counter:
    """A counter. Prometheus shows its name with `_total`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


SAID = Counter("huying_events_said", "Events committed", ("type",))
RELAYED = Counter("huying_events_relayed", "Events the broker took", ("topic",))
CONSUMED = Counter("huying_events_consumed", "Events handled", ("topic", "type"))
PARKED = Counter("huying_parked", "Messages parked", ("topic",))


@dataclass(frozen=True)
class GaugeQuery:
    """A gauge that the database is asked for: rows of its labels, in order, and `value`.

    `:now` in the statement is the service's time. With `since` the figure is for how many seconds the value
    has been the same, 0 where it is none.
    """

    gauge: Gauge
    query: TextClause
    every_s: float = ASK_EVERY_S
    since: bool = False


@dataclass
class _Answer:
    asked_ns: int = 0
    rows: list[tuple[tuple[str, ...], float]] = field(default_factory=list)
    seen: dict[tuple[str, ...], tuple[Any, int]] = field(default_factory=dict)


class Metrics(Collector):
    """One service's figures, in a registry of its own."""

    def __init__(
        self,
        service: str,
        asked: Iterable[GaugeQuery] = (),
        counters: Iterable[Counter] = (),
        counted_events: Mapping[str, Counter] | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        self._service = service
        self._reads: list[tuple[Gauge, Callable[[], Rows]]] = []
        self._counts: list[tuple[Counter, Callable[[], Rows]]] = []
        self._answers = {one: _Answer() for one in asked}
        self._asking = asyncio.Lock()
        ProcessCollector(registry=self.registry)
        self._requests = self._histogram(
            "huying_http_request_duration_seconds", "Requests answered", _FAST, "method", "route", "status"
        )
        self._counters = {
            counter: prometheus.Counter(
                counter.name, counter.help, ["service", *counter.labels], registry=self.registry
            )
            for counter in (SAID, RELAYED, CONSUMED, PARKED, *counters)
        }
        self._counted_events = counted_events or {}
        self._delay = self._histogram(
            "huying_event_delay_seconds", "From a record's time to the commit of its handling", _SLOW, "topic"
        )
        self._calls = self._histogram(
            "huying_calls_duration_seconds", "Calls to others", _FAST, "peer", "outcome"
        )
        self.add_gauge(Gauge("huying_up", "The service answers"), lambda: [((), 1.0)])
        self.add_gauge(
            Gauge("huying_figures_age_seconds", "Age of what the database was asked for"), self._age
        )
        self.registry.register(self)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, ["service", *labels], buckets=buckets, registry=self.registry)

    def add_gauge(self, gauge: Gauge, rows: Callable[[], Rows]) -> None:
        """Read this gauge by calling `rows` at each scrape."""
        self._reads.append((gauge, rows))

    def add_counter(self, counter: Counter, rows: Callable[[], Rows]) -> None:
        """Read this counter, which is kept elsewhere, by calling `rows` at each scrape."""
        self._counts.append((counter, rows))

    def count(self, counter: Counter, *labels: str, by: int = 1) -> None:
        """Increase a counter, or show it from 0 on. KeyError for one that was not handed in."""
        self._counters[counter].labels(self._service, *labels).inc(by)

    def observe_request(self, method: str, route: str, status: int, span: Span) -> None:
        """A request was answered."""
        took_s = (span.ended_ns - span.began_ns) / 1e9
        child = self._requests.labels(self._service, method, route, f"{status // 100}xx")
        child.observe(took_s, _exemplar(span))

    def count_said(self, types: Mapping[str, int]) -> None:
        """Events of these types were committed."""
        for type_, number in types.items():
            self.count(SAID, type_, by=number)
            if (counter := self._counted_events.get(type_)) is not None:
                self.count(counter, by=number)

    def count_relayed(self, topics: Iterable[str]) -> None:
        """The broker took an event for each of these topics."""
        for topic, number in Tally(topics).items():
            self.count(RELAYED, topic, by=number)

    def count_consumed(self, heard: Iterable[tuple[str, str, float]]) -> None:
        """Events were handled: topic, type, and how many seconds after their record's time."""
        found: Tally[tuple[str, str]] = Tally()
        for topic, type_, delay_s in heard:
            found[topic, type_] += 1
            self._delay.labels(self._service, topic).observe(delay_s)
        for (topic, type_), number in found.items():
            self.count(CONSUMED, topic, type_, by=number)

    def count_parked(self, topic: str) -> None:
        """A message was laid aside."""
        self.count(PARKED, topic)

    def observe_call(self, peer: str, span: Span) -> None:
        """A call to `peer` ended."""
        took_s = (span.ended_ns - span.began_ns) / 1e9
        outcome = "ok" if span.error is None else "error"
        self._calls.labels(self._service, peer, outcome).observe(took_s, _exemplar(span))

    async def query_gauges(self, database: Database, now: datetime) -> None:
        """Ask the database what is due to be asked. While it is away the figures stay as they are."""
        async with self._asking:
            due = [one for one, answer in self._answers.items() if _age_s(answer.asked_ns) >= one.every_s]
            try:
                async with asyncio.timeout(PATIENCE_S):
                    for one in due:
                        self._answered(one, await self._rows(database, one, now))
            except DATABASE_ERRORS as error:
                if not is_transient(error):
                    raise

    async def _rows(self, database: Database, one: GaugeQuery, now: datetime) -> list[Any]:
        values = {"now": now} if ":now" in one.query.text else {}
        return (await database.reading().execute(one.query, values)).all()

    def _answered(self, one: GaugeQuery, rows: list[Any]) -> None:
        answer, at_ns = self._answers[one], epoch_ns()
        found = {tuple(str(part) for part in row[:-1]): row[-1] for row in rows if row[-1] is not None}
        if one.since:
            seen = {
                key: answer.seen[key] if answer.seen.get(key, (None,))[0] == value else (value, at_ns)
                for key, value in found.items()
            }
            answer.seen = seen
            found = {key: (at_ns - since) / 1e9 for key, (_, since) in seen.items()} or {(): 0.0}
        answer.rows, answer.asked_ns = [(key, float(value)) for key, value in found.items()], at_ns

    def _age(self) -> Rows:
        ages = [_age_s(answer.asked_ns) for answer in self._answers.values() if answer.asked_ns]
        return [((), max(ages))] if ages else []

    def collect(self) -> Iterator[Metric]:
        """The gauges, as they are now."""
        for gauge, rows in self._reads:
            yield self._family(GaugeMetricFamily, gauge, rows())
        for asked, answer in self._answers.items():
            yield self._family(GaugeMetricFamily, asked.gauge, answer.rows)
        for counter, rows in self._counts:
            yield self._family(CounterMetricFamily, counter, rows())

    def _family(self, kind: Any, metric: Gauge | Counter, rows: Rows) -> Metric:
        family: Metric = kind(metric.name, metric.help, labels=["service", *metric.labels])
        for labels, value in rows:
            family.add_metric([self._service, *labels], value)  # type: ignore[attr-defined]
        return family


class Telemetry(NamedTuple):
    """What one service's work is told to."""

    tracer: Tracer
    metrics: Metrics


def _exemplar(span: Span) -> dict[str, str] | None:
    return {"trace_id": span.trace} if span.flags & SAMPLED and span.tracer.exporter is not None else None


def _age_s(since_ns: int) -> float:
    return (epoch_ns() - since_ns) / 1e9
