"""The metrics of one service, as Prometheus reads them: `docs/telemetry.md` lists them.

Counters and histograms are updated where something happens. Gauges are read when Prometheus scrapes, from
memory or from the database; each database query runs at most every 15 seconds, however often it is scraped.
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
"""Values by the labels other than `service`."""
_FAST = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


@dataclass(frozen=True)
class Gauge:
    """A gauge. It is read when it is scraped."""

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
    """A gauge that is read from the database: rows of its labels, in order, and `value`.

    `:now` in the statement is the service's time. With `since` the gauge is not the value, but for how many
    seconds the value has been the same; 0 where there is none.
    """

    gauge: Gauge
    query: TextClause
    every_s: float = ASK_EVERY_S
    since: bool = False


@dataclass
class _Result:
    """What a query returned last; `seen` has each value with the moment since which it has been the same."""

    asked_ns: int = 0
    rows: list[tuple[tuple[str, ...], float]] = field(default_factory=list)
    seen: dict[tuple[str, ...], tuple[Any, int]] = field(default_factory=dict)


class Metrics(Collector):
    """One service's metrics, in a registry of their own."""

    def __init__(
        self,
        service: str,
        queries: Iterable[GaugeQuery] = (),
        counters: Iterable[Counter] = (),
        counted_events: Mapping[str, Counter] | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        self._service = service
        self._reads: list[tuple[Gauge, Callable[[], Rows]]] = []
        self._counts: list[tuple[Counter, Callable[[], Rows]]] = []
        self._results = {query: _Result() for query in queries}
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
        """Read this gauge from `rows()` at each scrape."""
        self._reads.append((gauge, rows))

    def add_counter(self, counter: Counter, rows: Callable[[], Rows]) -> None:
        """Read this counter, which is counted elsewhere, from `rows()` at each scrape."""
        self._counts.append((counter, rows))

    def count(self, counter: Counter, *labels: str, by: int = 1) -> None:
        """Increase a counter, or show it from 0 on. KeyError for one that was not handed in."""
        self._counters[counter].labels(self._service, *labels).inc(by)

    def observe_request(self, method: str, route: str, status: int, span: Span) -> None:
        """Measure a request that was answered."""
        took_s = (span.ended_ns - span.began_ns) / 1e9
        child = self._requests.labels(self._service, method, route, f"{status // 100}xx")
        child.observe(took_s, _exemplar(span))

    def count_said(self, types: Mapping[str, int]) -> None:
        """Count committed events by type."""
        for type_, number in types.items():
            self.count(SAID, type_, by=number)
            if (counter := self._counted_events.get(type_)) is not None:
                self.count(counter, by=number)

    def count_relayed(self, topics: Iterable[str]) -> None:
        """Count events that the broker took, one for each of these topics."""
        for topic, number in Tally(topics).items():
            self.count(RELAYED, topic, by=number)

    def count_consumed(self, events: Iterable[tuple[str, str, float]]) -> None:
        """Count handled events: the topic, the type, and the seconds since the time of the record."""
        numbers: Tally[tuple[str, str]] = Tally()
        for topic, type_, delay_s in events:
            numbers[topic, type_] += 1
            self._delay.labels(self._service, topic).observe(delay_s)
        for (topic, type_), number in numbers.items():
            self.count(CONSUMED, topic, type_, by=number)

    def count_parked(self, topic: str) -> None:
        """Count a message that was parked."""
        self.count(PARKED, topic)

    def observe_call(self, peer: str, span: Span) -> None:
        """Measure a call to `peer` that ended."""
        took_s = (span.ended_ns - span.began_ns) / 1e9
        outcome = "ok" if span.error is None else "error"
        self._calls.labels(self._service, peer, outcome).observe(took_s, _exemplar(span))

    async def query_gauges(self, database: Database, now: datetime) -> None:
        """Run the queries that are due. While the database is away the gauges keep their values."""
        async with self._asking:
            due = [
                query for query, result in self._results.items() if _age_s(result.asked_ns) >= query.every_s
            ]
            try:
                async with asyncio.timeout(PATIENCE_S):
                    for query in due:
                        self._keep(query, await self._rows(database, query, now))
            except DATABASE_ERRORS as error:
                if not is_transient(error):
                    raise

    async def _rows(self, database: Database, query: GaugeQuery, now: datetime) -> list[Any]:
        values = {"now": now} if ":now" in query.query.text else {}
        return (await database.reading().execute(query.query, values)).all()

    def _keep(self, query: GaugeQuery, rows: list[Any]) -> None:
        result, at_ns = self._results[query], epoch_ns()
        values = {tuple(map(str, labels)): value for *labels, value in rows if value is not None}
        if query.since:
            result.seen = {
                labels: result.seen[labels]
                if result.seen.get(labels, (None,))[0] == value
                else (value, at_ns)
                for labels, value in values.items()
            }
            values = {labels: (at_ns - since) / 1e9 for labels, (_, since) in result.seen.items()}
            values = values or {(): 0.0}
        result.rows, result.asked_ns = [(labels, float(value)) for labels, value in values.items()], at_ns

    def _age(self) -> Rows:
        ages = [_age_s(result.asked_ns) for result in self._results.values() if result.asked_ns]
        return [((), max(ages))] if ages else []

    def collect(self) -> Iterator[Metric]:
        """The gauges, and the counters that are counted elsewhere, as they are now."""
        for gauge, rows in self._reads:
            yield self._family(GaugeMetricFamily, gauge, rows())
        for query, result in self._results.items():
            yield self._family(GaugeMetricFamily, query.gauge, result.rows)
        for counter, rows in self._counts:
            yield self._family(CounterMetricFamily, counter, rows())

    def _family(self, kind: Any, metric: Gauge | Counter, rows: Rows) -> Metric:
        family: Metric = kind(metric.name, metric.help, labels=["service", *metric.labels])
        for labels, value in rows:
            family.add_metric([self._service, *labels], value)  # type: ignore[attr-defined]
        return family


class Telemetry(NamedTuple):
    """Where one service's work leaves its spans and its metrics."""

    tracer: Tracer
    metrics: Metrics


def _exemplar(span: Span) -> dict[str, str] | None:
    return {"trace_id": span.trace} if span.flags & SAMPLED and span.tracer.exporter is not None else None


def _age_s(since_ns: int) -> float:
    return (epoch_ns() - since_ns) / 1e9
