"""Spans: our own objects, beside the SDK's tracer with our span processor. Both export to nowhere.

One turn makes the spans of a request: a span below the caller's context with attributes and a case, the
context as a header, and a span of the transaction. Spans that are not sampled are held by trace, as in
production. So the SDK must record them too.
"""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from shared.cases import CASE
from shared.telemetry.exporter import HELD_SPANS, HELD_TRACES, OtlpExporter
from shared.telemetry.spans import NUMBER, Kind, Tracer
from tests.bench.measure import Figure, in_turns

RATIOS = (0.1, 1.0)
TARGET = "≥ 110 %"
CASE_ID, CASE_NUMBER = "6f1f5a1e-6ea5-4f7c-9a0e-1f2a3b4c5d6e", "BZ-20261109-00001"
REQUEST = {
    "http.request.method": "POST",
    "http.route": "/dispatch/appeals/{appeal_id}/replies",
    "http.response.status_code": 200,
    "url.scheme": "http",
}
TRANSACTION = {
    "db.system.name": "postgresql",
    "db.namespace": "dispatch",
    "db.operation.name": "transaction",
}


class Nowhere(SpanExporter):
    """Accepts all spans and drops them."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class ByTraceId(Sampler):
    """Records all spans. Samples a ratio of the traces that begin here, by their id."""

    def __init__(self, ratio: float) -> None:
        self._bound = round(ratio * (1 << 64))

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        above = otel.get_current_span(parent_context).get_span_context()
        sampled = above.trace_flags.sampled if above.is_valid else trace_id % (1 << 64) < self._bound
        return SamplingResult(Decision.RECORD_AND_SAMPLE if sampled else Decision.RECORD_ONLY)

    def get_description(self) -> str:
        return "by trace id"


class Holding(SpanProcessor):
    """Queues sampled spans. Holds the others by trace, in case the trace is kept later."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = BatchSpanProcessor(exporter, max_queue_size=16_384)
        self._held: dict[int, deque[ReadableSpan]] = {}

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        assert context is not None
        if context.trace_flags.sampled:
            self._exporter.on_end(span)
            return
        if (held := self._held.get(context.trace_id)) is None:
            if len(self._held) >= HELD_TRACES:
                del self._held[next(iter(self._held))]
            held = self._held[context.trace_id] = deque(maxlen=HELD_SPANS)
        held.append(span)

    def shutdown(self) -> None:
        self._exporter.shutdown()


async def ours(ratio: float, number: int) -> float:
    """Our rate: spans of requests for each second of processor time, including the exporting thread."""
    exporter = OtlpExporter(Nowhere())
    tracer = Tracer("dispatch", ratio, exporter, CASE)
    began = time.process_time()
    for turn in range(number):
        span = tracer.begin("POST", Kind.SERVER, _header(ratio, turn))
        span.name_case(CASE_ID, CASE_NUMBER)
        str(span)
        if span.flags & 1:
            below = tracer.begin("transaction", Kind.CLIENT, span, TRANSACTION)
            below.attributes |= span.case()
            below.end()
        span.name = "POST /dispatch/appeals/{appeal_id}/replies"
        span.attributes |= REQUEST
        span.end()
    await exporter.close()
    return number / (time.process_time() - began)


async def sdk(ratio: float, number: int) -> float:
    """The SDK's rate of the same."""
    resource = Resource({"service.name": "dispatch"})
    processor = Holding(Nowhere())
    provider = TracerProvider(ByTraceId(ratio), resource, shutdown_on_exit=False, span_limits=SpanLimits())
    provider.add_span_processor(processor)
    tracer, propagator = provider.get_tracer("huying"), TraceContextTextMapPropagator()
    began = time.process_time()
    for turn in range(number):
        above = propagator.extract({"traceparent": _header(ratio, turn)})
        span = tracer.start_span("POST", above, SpanKind.SERVER)
        span.set_attributes({CASE: CASE_ID, NUMBER: CASE_NUMBER})
        now = otel.set_span_in_context(span)
        propagator.inject({}, now)
        if span.get_span_context().trace_flags.sampled:
            attributes = {**TRANSACTION, CASE: CASE_ID, NUMBER: CASE_NUMBER}
            tracer.start_span("transaction", now, SpanKind.CLIENT, attributes).end()
        span.update_name("POST /dispatch/appeals/{appeal_id}/replies")
        span.set_attributes(REQUEST)
        span.end()
    provider.shutdown()
    return number / (time.process_time() - began)


def _header(ratio: float, turn: int) -> str:
    """A caller's trace context. Each turn has its own trace, sampled by the ratio."""
    flags = TraceFlags.SAMPLED if turn % 10 < ratio * 10 else TraceFlags.DEFAULT
    context = SpanContext(0xA000_0000_0000_0000 + turn, 0xB000 + turn, is_remote=True)
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags:02x}"


async def spans(*, quick: bool) -> list[Figure]:
    """Spans of requests for each second of processor time, at the default ratio and at 100 %."""
    rounds, number = (1, 500) if quick else (7, 4_000)
    figures = []
    for ratio in RATIOS:
        rates = await in_turns(rounds, ours=partial(ours, ratio, number), sdk=partial(sdk, ratio, number))
        work = f"spans of a request, {ratio:.0%} sampled"
        figures.append(Figure(work, "requests/s", rates["ours"], "the SDK", rates["sdk"], TARGET))
    return figures
