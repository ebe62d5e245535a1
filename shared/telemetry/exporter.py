"""Exports spans by OTLP over HTTP: a bounded queue, and a thread that empties it.

Nothing waits for it. A span that finds the queue full is dropped and counted. Spans of traces that are not
sampled are held for a while, by trace, in case a later span keeps the trace.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence

import requests
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, TraceFlags

from shared.telemetry.context import SAMPLED, SpanContext, new_span_id
from shared.telemetry.logs import log
from shared.telemetry.metrics import Counter, Rows
from shared.telemetry.spans import Kind, Span

MOST = 16_384
"""How many spans may wait in the queue."""
BATCH = 512
EVERY_S = 1.0
HELD_TRACES, HELD_SPANS = 2_048, 16
"""How many traces that are not sampled are held, the newest, and how many of the last spans of each."""
KEPT_TRACES = 8_192
TIMEOUT_S, LAST_S = 5.0, 2.0
SPANS = Counter("huying_telemetry_spans", "Spans of this process", ("outcome",))
_SCOPE = InstrumentationScope("huying")
_INSTANCE = new_span_id()


class OtlpExporter:
    """Exports the spans of traces that are sampled or kept."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exported = self.dropped = self.failed = 0
        self._exporter = exporter
        self._queue: deque[Span] = deque()
        self._held: dict[str, deque[Span]] = {}
        self._kept: dict[str, None] = {}
        self._full = threading.Event()
        self._ends = False
        self._works = True
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    @classmethod
    def to(cls, endpoint: str) -> "OtlpExporter":
        """An exporter to the OTLP receiver at this base address."""
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # `_export` counts and logs failures
        session = requests.Session()
        session.trust_env = False
        address = f"{endpoint.rstrip('/')}/v1/traces"
        exporter = OTLPSpanExporter(
            endpoint=address, timeout=TIMEOUT_S, compression=Compression.Gzip, session=session
        )
        return cls(exporter)

    def take(self, span: Span) -> None:
        """Queue an ended span of a trace that is sampled or kept; hold any other."""
        if span.flags & SAMPLED or span.trace in self._kept:
            self._put(span)
            return
        held = self._held.get(span.trace)
        if held is None:
            if len(self._held) >= HELD_TRACES:
                del self._held[next(iter(self._held))]
            held = self._held[span.trace] = deque(maxlen=HELD_SPANS)
        held.append(span)

    def keep(self, trace: str) -> None:
        """Export the spans of a trace that are held, and those that still end."""
        for span in self._held.pop(trace, ()):
            self._put(span)
        if len(self._kept) >= KEPT_TRACES:
            del self._kept[next(iter(self._kept))]
        self._kept[trace] = None

    def _put(self, span: Span) -> None:
        if len(self._queue) >= MOST:
            self.dropped += 1
            return
        self._queue.append(span)
        if len(self._queue) == BATCH:
            self._full.set()

    def _run(self) -> None:
        while not self._ends or self._queue:
            self._full.wait(0 if self._ends else EVERY_S)
            self._full.clear()
            while spans := [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]:
                self._export(spans)

    def _export(self, spans: Sequence[Span]) -> None:
        works = self._exporter.export([readable(span) for span in spans]) is SpanExportResult.SUCCESS
        if works:
            self.exported += len(spans)
        else:
            self.failed += len(spans)
        if works is not self._works:
            self._works = works
            log("telemetry").warning(
                "spans are taken again" if works else "spans are not taken: is HUYING_OTLP_ENDPOINT right?"
            )

    def counted(self) -> Rows:
        """How many spans were exported, found the queue full, and were refused by the receiver."""
        yield ("exported",), self.exported
        yield ("dropped",), self.dropped
        yield ("failed",), self.failed

    async def close(self) -> None:
        """Export what waits, for at most two seconds."""
        self._ends = True
        self._full.set()
        await asyncio.to_thread(self._thread.join, LAST_S)
        await asyncio.to_thread(self._exporter.shutdown)


def readable(span: Span) -> ReadableSpan:
    """The span in the form that the SDK's exporters take."""
    parent = span.parent
    links = [Link(_otel_context(context)) for context in span.links]
    status = Status(StatusCode.ERROR) if span.error is not None else Status(StatusCode.UNSET)
    return ReadableSpan(
        span.name,
        context=_otel_context(span.context()),
        parent=None if parent is None else _otel_context(parent),
        resource=_resource(span.tracer.service),
        attributes=span.attributes,
        links=links,
        kind=_KINDS[span.kind],
        instrumentation_scope=_SCOPE,
        status=status,
        start_time=span.began_ns,
        end_time=span.ended_ns,
    )


_KINDS = {kind: SpanKind(kind.value) for kind in Kind}
_resources: dict[str, Resource] = {}


def _resource(service: str) -> Resource:
    if service not in _resources:
        attributes = {
            "service.name": service,
            "service.namespace": "huying",
            "service.instance.id": _INSTANCE,
        }
        _resources[service] = Resource(attributes)
    return _resources[service]


def _otel_context(context: SpanContext) -> otel.SpanContext:
    trace, span, flags = int(context.trace, 16), int(context.span, 16), TraceFlags(context.flags)
    return otel.SpanContext(trace, span, is_remote=True, trace_flags=flags)
