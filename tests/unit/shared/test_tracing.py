"""Which spans are kept, which are held, and which are dropped."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared import events, outlet, telemetry, tracing
from shared.outlet import Outlet
from shared.tracing import Kind, Span, Tracer

AT = datetime(2026, 11, 9, tzinfo=UTC)


class Held(SpanExporter):
    """Takes what it is given, once it may."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.may = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.may.wait(10)
        self.spans += spans
        return SpanExportResult.SUCCESS

    def names(self) -> list[str]:
        return [span.name for span in self.spans]


@pytest.fixture
def taken() -> Iterator[Held]:
    telemetry.follow(None)
    yield Held()
    telemetry.follow(None)


def lifted() -> events.Event:
    return events.AppealLifted(
        occurred_at=AT,
        appeal_id=uuid4(),
        registration_number="BZ-20261109-00001",
        leader=None,
        reason=events.LiftReason.COUNT,
        unit="roads",
        clause="BZ 3",
    )


async def test_what_is_not_sampled_stays_here(taken: Held) -> None:
    taken.may.set()
    out = Outlet(taken)
    Tracer("intake", 0.0, out).begin("quiet", Kind.SERVER).end()
    Tracer("intake", 1.0, out).begin("loud", Kind.SERVER).end()
    await out.close()
    assert taken.names() == ["loud"]
    assert dict(out.counted()) == {("exported",): 1, ("dropped",): 0, ("failed",): 0}


async def test_an_error_keeps_its_trace_with_what_was_held_of_it(taken: Held) -> None:
    taken.may.set()
    out = Outlet(taken)
    tracer = Tracer("intake", 0.0, out)
    first, other = tracer.begin("first", Kind.SERVER), tracer.begin("other", Kind.SERVER)
    second = tracer.begin("second", Kind.CLIENT, first)
    later = tracer.begin("later", Kind.CLIENT, first)
    first.end()
    other.end()
    second.end("TimeoutError")
    later.end()
    await out.close()
    assert taken.names() == ["first", "second", "later"]
    failed = taken.spans[1]
    assert failed.attributes == {"error.type": "TimeoutError", "huying.kept": "error"}
    assert not failed.status.is_ok


def test_a_lift_is_kept_and_says_so_to_all_who_hear_of_it() -> None:
    span = Tracer("escalation", 0.0).begin("judge", Kind.INTERNAL)
    assert str(span).endswith("-00")
    telemetry.follow(span)
    said = tracing.said(lifted())
    assert str(said).endswith("-01")
    assert span.attributes["huying.kept"] == "lift"
    telemetry.follow(None)


def test_a_span_about_several_cases_names_the_first_and_how_many() -> None:
    span = Tracer("intake").begin("POST", Kind.SERVER)
    for number in ("A-20261109-1", "A-20261109-2", "A-20261109-3"):
        span.about(number[-1], number)
    span.about("1", "A-20261109-1")
    assert span.attributes == {tracing.CASE: "1", tracing.NUMBER: "A-20261109-1", tracing.CASES: 3}


async def test_a_full_queue_drops_and_counts_and_waits_for_nobody(taken: Held) -> None:
    out = Outlet(taken)
    tracer = Tracer("intake", 1.0, out)
    for _ in range(outlet.MOST + outlet.BATCH + 10):
        tracer.begin("one", Kind.SERVER).end()
    assert 10 <= out.dropped <= outlet.BATCH + 10
    taken.may.set()
    await out.close()
    assert out.exported + out.dropped == outlet.MOST + outlet.BATCH + 10


def test_the_ratio_decides_by_the_trace_id_alike_in_every_service() -> None:
    one, other = Tracer("intake", 0.1), Tracer("notify", 0.1)
    traces = [telemetry.new_trace_id() for _ in range(5_000)]
    sampled = [trace for trace in traces if one.sampled(trace)]
    assert [trace for trace in traces if other.sampled(trace)] == sampled
    assert 380 < len(sampled) < 620
    assert not any(Tracer("a", 0.0).sampled(trace) for trace in traces)
    assert all(Tracer("a", 1.0).sampled(trace) for trace in traces)


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_the_flags_of_the_caller_decide_where_there_is_one(flags: str) -> None:
    above = f"00-{'a' * 32}-{'b' * 16}-{flags}"
    span = Tracer("intake", 0.5).begin("POST", Kind.SERVER, above)
    assert str(span) == f"00-{'a' * 32}-{span.id}-{flags}"


def test_what_is_held_does_not_grow_without_bound() -> None:
    out = Outlet(Held())
    tracer = Tracer("intake", 0.0, out)
    first: Span | None = None
    for _ in range(outlet.HELD_TRACES + 5):
        span = tracer.begin("one", Kind.SERVER)
        first = first or span
        for _ in range(outlet.HELD_SPANS + 5):
            tracer.begin("two", Kind.CLIENT, span).end()
    assert len(out._held) == outlet.HELD_TRACES
    assert first is not None
    assert first.trace not in out._held
    assert {len(spans) for spans in out._held.values()} == {outlet.HELD_SPANS}
