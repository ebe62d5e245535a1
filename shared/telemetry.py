"""What follows a case through the system: the W3C trace context, and logs as JSON lines.

`traceparent` comes with the HTTP request (or is made there), is stored with every outbox row, travels as a
Kafka header and is current again while a handler runs. What is current is a span (`shared/tracing.py`), or
the bare context of one made elsewhere.
"""

import logging
import re
import sys
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

if TYPE_CHECKING:
    from shared.tracing import Span

SAMPLED = 1
_ids = RandomIdGenerator()
_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
"""W3C Trace Context, 3.2."""
_current: "ContextVar[str | Span | None]" = ContextVar("traceparent", default=None)


class Place(NamedTuple):
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


def place(incoming: str | None) -> Place | None:
    """What a `traceparent` says; None where it is none or not valid."""
    if incoming is None:
        return None
    found = _TRACEPARENT.fullmatch(incoming.strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    return Place(found["trace"], found["span"], int(found["flags"], 16))


def continued(incoming: str | None) -> str:
    """A span of this process below `incoming`, or of a new trace where that is none or not valid."""
    found = place(incoming)
    return new_traceparent() if found is None else str(found._replace(span=new_span_id()))


def followed() -> "str | Span | None":
    """What is being done now, its span or its trace context; None where nothing is followed."""
    return _current.get()


def current() -> "str | Span":
    """The same; where nothing is followed, the start of a trace."""
    return _current.get() or new_traceparent()


def traceparent() -> str:
    """The trace context of what is being done now."""
    return str(current())


def follow(value: "str | Span | None") -> None:
    """Make `value` the trace context of what comes next in this task."""
    _current.set(value)


def _trace(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if (found := _current.get()) is not None:
        entry["trace_id"] = str(found)[3:35]
    return entry


class _WithoutValues(logging.Formatter):
    """Says of an exception where it was raised and its name; what it says may be somebody's data."""

    def formatException(self, ei: Any) -> str:
        kind, _, frames = ei
        return "".join([*traceback.format_tb(frames), kind.__name__ if kind else ""])


def configure_logs(level: str = "INFO") -> None:
    """JSON lines on standard error, with the trace id. Never give a log call personal data."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutValues("%(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its errors reach us as exceptions
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _trace,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(service: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of a service."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(service=service)
    return logger
