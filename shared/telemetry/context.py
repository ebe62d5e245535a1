"""What follows a case through the system: the W3C trace context, and logs as JSON lines.

`traceparent` comes with the HTTP request (or is made there), is stored with every outbox row, travels as a
Kafka header and is current again while a handler runs. What is current is a span
(`shared/telemetry/spans.py`), or the bare context of one made elsewhere.
"""

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

if TYPE_CHECKING:
    from shared.telemetry.spans import Span

SAMPLED = 1
_ids = RandomIdGenerator()
_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
"""W3C Trace Context, 3.2."""
_current: "ContextVar[str | Span | None]" = ContextVar("traceparent", default=None)


class SpanContext(NamedTuple):
    """A place in a trace, in hex as on the wire."""

    trace: str
    span: str
    flags: int

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.span}-{self.flags:02x}"


def new_span_id() -> str:
    """The id of a span."""
    return f"{_ids.generate_span_id():016x}"


def new_trace_id() -> str:
    """The id of a trace."""
    return f"{_ids.generate_trace_id():032x}"


def new_traceparent() -> str:
    """The start of a new trace that has no span: not sampled."""
    return f"00-{new_trace_id()}-{new_span_id()}-00"


def parse_traceparent(incoming: str | None) -> SpanContext | None:
    """What a `traceparent` says; None where it is none or not valid."""
    if incoming is None:
        return None
    found = _TRACEPARENT.fullmatch(incoming.strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    return SpanContext(found["trace"], found["span"], int(found["flags"], 16))


def continued(incoming: str | None) -> str:
    """A span of this process below `incoming`, or of a new trace where that is none or not valid."""
    found = parse_traceparent(incoming)
    return new_traceparent() if found is None else str(found._replace(span=new_span_id()))


def current_span() -> "str | Span | None":
    """What is being done now, its span or its trace context; None where nothing is followed."""
    return _current.get()


def current() -> "str | Span":
    """The same; where nothing is followed, the start of a trace."""
    return _current.get() or new_traceparent()


def traceparent() -> str:
    """The trace context of what is being done now."""
    return str(current())


def use_span(value: "str | Span | None") -> None:
    """Make `value` the trace context of what comes next in this task."""
    _current.set(value)
