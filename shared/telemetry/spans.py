"""Spans, made by hand where they tell something: a request, a message, a judgement, a transaction, a call.

Whether a trace is sampled is decided by its id where it begins, and travels in the trace flags. A span that
turns out to matter, such as one with an error, keeps its whole trace from then on (decision 0021). Attributes
hold no personal data: ids, numbers, codes and the names of errors only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from shared.service.clock import epoch_ns
from shared.telemetry.context import (
    SAMPLED,
    SpanContext,
    current,
    current_span,
    new_span_id,
    new_trace_id,
    parse_traceparent,
    use_span,
)

if TYPE_CHECKING:
    from uuid import UUID

    from shared.events import Event
    from shared.telemetry.metrics import Telemetry

NUMBER, CASES, KEPT = "huying.registration_number", "huying.cases", "huying.kept"
"""Attributes: the number of a case, how many cases a span is about, why its trace is kept."""
_ALL = 1 << 64
Value = str | int | float | bool | Sequence[str]


class Kind(IntEnum):
    """A span's part in a call. The numbers are those of the SDK's `SpanKind`."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Exporter(Protocol):
    """Where ended spans go. Neither method waits."""

    def take(self, span: "Span") -> None:
        """Export or hold an ended span."""

    def keep(self, trace: str) -> None:
        """Export the spans of this trace that are held, and those that still end."""


class Span:
    """A span, from `Tracer.begin` to `end`. As text it is its `traceparent`."""

    __slots__ = (
        "attributes",
        "began_ns",
        "ended_ns",
        "error",
        "flags",
        "id",
        "kind",
        "links",
        "name",
        "others",
        "parent",
        "trace",
        "tracer",
    )

    def __init__(self, tracer: "Tracer", name: str, kind: Kind, parent: SpanContext | None) -> None:
        self.tracer = tracer
        self.name = name
        self.kind = kind
        self.parent = parent
        self.trace = new_trace_id() if parent is None else parent.trace
        self.flags = tracer.sampled(self.trace) if parent is None else parent.flags
        self.id = new_span_id()
        self.began_ns = self.ended_ns = epoch_ns()
        self.attributes: dict[str, Value] = {}
        self.links: Sequence[SpanContext] = ()
        self.others: set[str] | None = None
        self.error: str | None = None

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.id}-{self.flags:02x}"

    def context(self) -> SpanContext:
        """The context in which spans below this one are made."""
        return SpanContext(self.trace, self.id, self.flags)

    def name_case(self, case: str, number: str | None) -> None:
        """Name the case the span is about. Of several cases it names the first, and counts all."""
        attributes = self.attributes
        if attributes.setdefault(self.tracer.case, case) == case:
            if number is not None:
                attributes[NUMBER] = number
        else:
            self.others = self.others or set()
            self.others.add(case)
            attributes[CASES] = len(self.others) + 1

    def case(self) -> dict[str, Value]:
        """The attributes that name the case, for a span below."""
        names = (NUMBER, self.tracer.case)
        return {name: self.attributes[name] for name in names if name in self.attributes}

    def keep(self, reason: str) -> None:
        """Sample this trace from now on, in every process it reaches, and export what is held of it here."""
        self.flags |= SAMPLED
        self.attributes[KEPT] = reason
        if self.tracer.exporter is not None:
            self.tracer.exporter.keep(self.trace)

    def end(self, error: str | None = None, *, keep: bool = True, at_ns: int | None = None) -> None:
        """End the span. With the name of an `error` it failed, and keeps its trace unless `keep` is False."""
        self.ended_ns = epoch_ns() if at_ns is None else at_ns
        self.error = error
        if error is not None:
            self.attributes["error.type"] = error
            if keep:
                self.keep("error")
        if self.tracer.exporter is not None:
            self.tracer.exporter.take(self)


class Tracer:
    """Makes one service's spans, and samples `ratio` of the traces that begin here.

    `case` is the attribute that holds the id of a case. Events of the types in `kept` keep their trace, each
    with the reason named there.
    """

    def __init__(
        self,
        service: str,
        ratio: float = 0.0,
        exporter: Exporter | None = None,
        case: str = "huying.case_id",
        kept: Mapping[str, str] | None = None,
    ) -> None:
        self.service = service
        self.exporter = exporter
        self.case = case
        self.kept = kept or {}
        self._bound = round(ratio * _ALL)

    def sampled(self, trace: str) -> int:
        """The flags of a trace that begins here. Every process decides alike for the same trace id."""
        return SAMPLED if int(trace[16:], 16) < self._bound else 0

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: Span | str | None = None,
        attributes: Mapping[str, Value] | None = None,
    ) -> Span:
        """A span below `parent`; in a new trace where `parent` is None or no valid `traceparent`."""
        above = parent.context() if isinstance(parent, Span) else parse_traceparent(parent)
        span = Span(self, name, kind, above)
        if attributes:
            span.attributes.update(attributes)
        return span

    def begin_linked(self, name: str, began_in: str | None) -> Span:
        """A span for what a timer does: in a new trace, linked to the context `began_in`."""
        span, origin = Span(self, name, Kind.INTERNAL, None), parse_traceparent(began_in)
        span.links = () if origin is None else (origin,)
        return span


_NO_TRACER = Tracer("")
_sharers: ContextVar[list[Span] | None] = ContextVar("sharers", default=None)


def name_case(case: "UUID", number: str) -> None:
    """Name the case that the current span is about."""
    span = current_span()
    if isinstance(span, Span):
        span.name_case(str(case), number)


def note_event(event: "Event") -> Span | str:
    """Name the event's case in the current span, and keep the trace where the event asks for it.

    Returns the span, or the context where there is no span: what the outbox stores with the event.
    """
    context = current()
    if isinstance(context, Span):
        context.name_case(str(event.key), event.registration_number)
        if (reason := context.tracer.kept.get(event.type)) is not None:
            context.keep(reason)
    return context


@contextmanager
def shared_by(spans: Iterable[Span | str]) -> Iterator[list[Span]]:
    """The transactions within are recorded below each of these spans. Spans may be added to the list."""
    sharers = [span for span in spans if isinstance(span, Span)]
    token = _sharers.set(sharers)
    try:
        yield sharers
    finally:
        _sharers.reset(token)


@contextmanager
def transaction_spans() -> Iterator[list[Span]]:
    """The spans of what one transaction does: those added to the list get its times, and fail with it.

    A failure of a transaction with several spans keeps no trace: it is the fault of one of them at most, and
    each is tried again.
    """
    began_ns, failure = epoch_ns(), None
    with shared_by(()) as spans:
        try:
            yield spans
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            use_span(None)
            for span in spans:
                span.began_ns = began_ns
                span.end(span.error or failure, keep=failure is None or len(spans) == 1)


def record_transaction(database: str, began_ns: int, error: str | None) -> None:
    """Record a transaction that has ended: a span below each sampled span that it was made for."""
    spans = _sharers.get()
    if spans is None:
        span = current_span()
        spans = [span] if isinstance(span, Span) else []
    for above in spans:
        if above.flags & SAMPLED and above.tracer.exporter is not None:
            _transaction(above, database, len(spans), began_ns).end(error, keep=False)


def _transaction(above: Span, database: str, shared_by: int, began_ns: int) -> Span:
    span = above.tracer.begin("transaction", Kind.CLIENT, above)
    span.began_ns = began_ns
    span.attributes = {
        **above.case(),
        "db.system.name": "postgresql",
        "db.namespace": database,
        "db.operation.name": "transaction",
    }
    if shared_by > 1:
        span.attributes["db.operation.batch.size"] = shared_by
    return span


@contextmanager
def call_span(
    name: str, attributes: Mapping[str, Value], telemetry: "Telemetry | None" = None, peer: str = ""
) -> Iterator[Span]:
    """A span for a call to another system, below the current one. What is raised within becomes its error.

    With `telemetry` the call to `peer` is measured, and has a span even where there is no current one.
    """
    context = current_span()
    above = context if isinstance(context, Span) else None
    tracer = telemetry.tracer if telemetry else above.tracer if above else _NO_TRACER
    span = tracer.begin(name, Kind.CLIENT, context, attributes)
    if above is not None:
        span.attributes |= above.case()
    use_span(span)
    try:
        yield span
    except BaseException as error:
        span.error = span.error or type(error).__name__
        raise
    finally:
        use_span(context)
        span.end(span.error)
        if telemetry is not None:
            telemetry.metrics.observe_call(peer, span)
