"""Spans, made by hand where they tell something: a request, a message, a judgement, a transaction, a call.

Whether a trace is sampled is decided where it begins, by its id, and travels in its flags. A span that turns
out to matter (an error, a card, a lift) keeps its whole trace from then on: see decision 0021. Attributes
hold no personal data: ids, numbers, codes and the names of errors.
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
    """A span's part in a call, numbered as the SDK does."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Exporter(Protocol):
    """Where ended spans go. None of it waits."""

    def take(self, span: "Span") -> None: ...

    def keep(self, trace: str) -> None: ...


class Span:
    """One thing that is done, from `begin` of a tracer to `end`. As text it is its `traceparent`."""

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
        """Where children hang."""
        return SpanContext(self.trace, self.id, self.flags)

    def name_case(self, case: str, number: str | None) -> None:
        """Name the case. Of several the first is named, and how many there are."""
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

    def keep(self, why: str) -> None:
        """Export this trace's spans from now on, in every process it reaches, and those still held here."""
        self.flags |= SAMPLED
        self.attributes[KEPT] = why
        if self.tracer.exporter is not None:
            self.tracer.exporter.keep(self.trace)

    def end(self, error: str | None = None, *, keep: bool = True, at_ns: int | None = None) -> None:
        """It is done, or failed with an error of that name; failed, it is kept unless `keep` is False."""
        self.ended_ns = epoch_ns() if at_ns is None else at_ns
        self.error = error
        if error is not None:
            self.attributes["error.type"] = error
            if keep:
                self.keep("error")
        if self.tracer.exporter is not None:
            self.tracer.exporter.take(self)


class Tracer:
    """Makes one service's spans. `ratio` of the traces that begin here are sampled.

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
        """The flags of a trace that begins here: the same trace id is decided alike everywhere."""
        return SAMPLED if int(trace[16:], 16) < self._bound else 0

    def begin(
        self,
        name: str,
        kind: Kind,
        parent: Span | str | None = None,
        attributes: Mapping[str, Value] | None = None,
    ) -> Span:
        """A span below `parent`, or of a new trace where that is none or not valid."""
        above = parent.context() if isinstance(parent, Span) else parse_traceparent(parent)
        span = Span(self, name, kind, above)
        if attributes:
            span.attributes.update(attributes)
        return span

    def begin_linked(self, name: str, began_in: str | None) -> Span:
        """What a timer does: a trace of its own, linked to the one in which it all began."""
        span, began = Span(self, name, Kind.INTERNAL, None), parse_traceparent(began_in)
        span.links = () if began is None else (began,)
        return span


_NOBODY = Tracer("")
_sharers: ContextVar[list[Span] | None] = ContextVar("sharers", default=None)


def name_case(case: "UUID", number: str) -> None:
    """What is being done is about this case: said where a case is found by its id."""
    now = current_span()
    if isinstance(now, Span):
        now.name_case(str(case), number)


def note_event(event: "Event") -> Span | str:
    """The span in which `event` is said: it learns of the case, and the event may keep its trace."""
    now = current()
    if isinstance(now, Span):
        now.name_case(str(event.key), event.registration_number)
        if (why := now.tracer.kept.get(event.type)) is not None:
            now.keep(why)
    return now


@contextmanager
def shared_by(spans: Iterable[Span | str]) -> Iterator[list[Span]]:
    """What is done in the transactions within is done for these spans; others may join the list."""
    found = [span for span in spans if isinstance(span, Span)]
    token = _sharers.set(found)
    try:
        yield found
    finally:
        _sharers.reset(token)


@contextmanager
def transaction_spans() -> Iterator[list[Span]]:
    """One transaction: the spans that join the list have its times, and fail with it.

    Where there are several such a failure keeps none: it is not theirs, and they are tried again.
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
    """A transaction that began then has ended: a span below each sampled one that it was made for."""
    spans = _sharers.get()
    if spans is None:
        now = current_span()
        spans = [now] if isinstance(now, Span) else []
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
    """A call out, below what is being done now; what it raises is its error, or what is set as such.

    `telemetry` makes the span where what is being done has none here, and counts the call to `peer`.
    """
    now = current_span()
    above = now if isinstance(now, Span) else None
    tracer = telemetry.tracer if telemetry else above.tracer if above else _NOBODY
    span = tracer.begin(name, Kind.CLIENT, now, attributes)
    if above is not None:
        span.attributes |= above.case()
    use_span(span)
    try:
        yield span
    except BaseException as error:
        span.error = span.error or type(error).__name__
        raise
    finally:
        use_span(now)
        span.end(span.error)
        if telemetry is not None:
            telemetry.metrics.observe_call(peer, span)
