"""The W3C trace context that follows a case through the system.

`traceparent` comes with the HTTP request or is made there, is stored with every outbox row, travels as a
Kafka header, and is current again while a handler runs. The current context is a span
(`shared/telemetry/spans.py`) or the bare `traceparent` of a span made elsewhere.
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
    """The ids of a trace and a span, in hex as on the wire, with the trace flags."""

    trace: str
    span: str
    flags: int

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.span}-{self.flags:02x}"


def new_span_id() -> str:
    """A new span id, in hex."""
    return f"{_ids.generate_span_id():016x}"


def new_trace_id() -> str:
    """A new trace id, in hex."""
    return f"{_ids.generate_trace_id():032x}"


def new_traceparent() -> str:
    """The `traceparent` of a new trace that has no span and is not sampled."""
    return f"00-{new_trace_id()}-{new_span_id()}-00"


def parse_traceparent(incoming: str | None) -> SpanContext | None:
    """Read a `traceparent`; None where it is missing or not valid."""
    if incoming is None:
        return None
    match = _TRACEPARENT.fullmatch(incoming.strip())
    if match is None or match["version"] == "ff" or (match["version"] == "00" and match["more"]):
        return None
    return SpanContext(match["trace"], match["span"], int(match["flags"], 16))


def current_span() -> "str | Span | None":
    """The current span or `traceparent`; None where there is none."""
    return _current.get()


def current() -> "str | Span":
    """The current span or `traceparent`; a new `traceparent` where there is none."""
    return _current.get() or new_traceparent()


def traceparent() -> str:
    """The current `traceparent`."""
    return str(current())


def use_span(value: "str | Span | None") -> None:
    """Make `value` the current span or `traceparent` of this task."""
    _current.set(value)
