"""Which spans are kept, which are held, and which are dropped."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared import events
from shared.judging.telemetry import KEPT_EVENTS
from shared.telemetry import exporter, spans
from shared.telemetry.context import SAMPLED, new_trace_id, use_span
from shared.telemetry.exporter import OtlpExporter
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import KEPT, Kind, Span, Tracer, transaction_spans

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
    use_span(None)
    yield Held()
    use_span(None)


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
    exporting = OtlpExporter(taken)
    Tracer("intake", 0.0, exporting).begin("quiet", Kind.SERVER).end()
    Tracer("intake", 1.0, exporting).begin("loud", Kind.SERVER).end()
    await exporting.close()
    assert taken.names() == ["loud"]
    assert dict(exporting.counted()) == {("exported",): 1, ("dropped",): 0, ("failed",): 0}


async def test_an_error_keeps_its_trace_with_what_was_held_of_it(taken: Held) -> None:
    taken.may.set()
    exporting = OtlpExporter(taken)
    tracer = Tracer("intake", 0.0, exporting)
    first, other = tracer.begin("first", Kind.SERVER), tracer.begin("other", Kind.SERVER)
    second = tracer.begin("second", Kind.CLIENT, first)
    later = tracer.begin("later", Kind.CLIENT, first)
    first.end()
    other.end()
    second.end("TimeoutError")
    later.end()
    await exporting.close()
    assert taken.names() == ["first", "second", "later"]
    failed = taken.spans[1]
    assert failed.attributes == {"error.type": "TimeoutError", "huying.kept": "error"}
    assert not failed.status.is_ok


def test_a_lift_is_kept_and_says_so_to_all_who_hear_of_it() -> None:
    span = Tracer("escalation", 0.0, kept=KEPT_EVENTS).begin("judge", Kind.INTERNAL)
    assert str(span).endswith("-00")
    use_span(span)
    context = spans.note_event(lifted())
    assert str(context).endswith("-01")
    assert span.attributes["huying.kept"] == "lift"
    use_span(None)


def test_a_span_about_several_cases_names_the_first_and_how_many() -> None:
    span = Tracer("intake").begin("POST", Kind.SERVER)
    for number in ("A-20261109-1", "A-20261109-2", "A-20261109-3", "A-20261109-2", "A-20261109-1"):
        span.name_case(number[-1], number)
    assert span.attributes == {span.tracer.case: "1", spans.NUMBER: "A-20261109-1", spans.CASES: 3}


def test_what_is_found_by_its_id_is_what_is_being_done_about() -> None:
    span, case = Tracer("intake").begin("POST", Kind.SERVER), uuid4()
    spans.name_case(case, "A-20261109-1")
    use_span(span)
    spans.name_case(case, "A-20261109-1")
    use_span(None)
    assert span.attributes == {span.tracer.case: str(case), spans.NUMBER: "A-20261109-1"}


@pytest.mark.parametrize(("number", "kept"), [(1, True), (2, False)])
def test_spans_fail_with_the_transaction_that_they_share(number: int, kept: bool) -> None:
    tracer = Tracer("financing", 0.0)
    begun = [tracer.begin("process banks.abc.replies", Kind.CONSUMER) for _ in range(number)]

    def transact() -> None:
        with transaction_spans() as spans:
            spans += begun
            raise TimeoutError

    with pytest.raises(TimeoutError):
        transact()
    assert {span.error for span in begun} == {"TimeoutError"}
    assert {KEPT in span.attributes for span in begun} == {kept}
    assert len({span.began_ns for span in begun}) == 1


def test_a_span_keeps_its_own_error_in_a_transaction_that_holds() -> None:
    with transaction_spans() as spans:
        spans += [Tracer("financing").begin(name, Kind.CONSUMER) for name in ("good", "bad")]
        spans[1].error = "parked"
    assert [(span.error, span.attributes.get(KEPT)) for span in spans] == [
        (None, None),
        ("parked", "error"),
    ]


def test_a_call_where_nothing_is_followed_begins_a_trace_that_is_sampled_by_the_ratio() -> None:
    use_span(None)
    telemetry = Telemetry(Tracer("notify", 1.0), Metrics("notify"))
    with spans.call_span("GET", {}, telemetry, "intake") as span:
        pass
    assert (span.parent, span.flags) == (None, SAMPLED)


async def test_a_full_queue_drops_and_counts_and_waits_for_nobody(taken: Held) -> None:
    exporting = OtlpExporter(taken)
    tracer = Tracer("intake", 1.0, exporting)
    for _ in range(exporter.MOST + exporter.BATCH + 10):
        tracer.begin("one", Kind.SERVER).end()
    assert 10 <= exporting.dropped <= exporter.BATCH + 10
    taken.may.set()
    await exporting.close()
    assert exporting.exported + exporting.dropped == exporter.MOST + exporter.BATCH + 10


def test_the_ratio_decides_by_the_trace_id_alike_in_every_service() -> None:
    intake, notify = Tracer("intake", 0.1), Tracer("notify", 0.1)
    traces = [new_trace_id() for _ in range(5_000)]
    sampled = [trace for trace in traces if intake.sampled(trace)]
    assert [trace for trace in traces if notify.sampled(trace)] == sampled
    assert 380 < len(sampled) < 620
    assert not any(Tracer("a", 0.0).sampled(trace) for trace in traces)
    assert all(Tracer("a", 1.0).sampled(trace) for trace in traces)


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_the_flags_of_the_caller_decide_where_there_is_one(flags: str) -> None:
    above = f"00-{'a' * 32}-{'b' * 16}-{flags}"
    span = Tracer("intake", 0.5).begin("POST", Kind.SERVER, above)
    assert str(span) == f"00-{'a' * 32}-{span.id}-{flags}"


def test_what_is_held_does_not_grow_without_bound() -> None:
    exporting = OtlpExporter(Held())
    tracer = Tracer("intake", 0.0, exporting)
    first: Span | None = None
    for _ in range(exporter.HELD_TRACES + 5):
        span = tracer.begin("one", Kind.SERVER)
        first = first or span
        for _ in range(exporter.HELD_SPANS + 5):
            tracer.begin("two", Kind.CLIENT, span).end()
    assert len(exporting._held) == exporter.HELD_TRACES
    assert first is not None
    assert first.trace not in exporting._held
    assert {len(spans) for spans in exporting._held.values()} == {exporter.HELD_SPANS}
