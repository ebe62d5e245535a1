"""What follows a case through the system: the W3C trace context, and logs as JSON lines.

No back end yet. `traceparent` comes with the HTTP request (or is made there), is stored with every
outbox row, travels as a Kafka header and is current again while a handler runs.
"""

import logging
import re
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

_ids = RandomIdGenerator()
_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
"""W3C Trace Context, 3.2."""
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """The start of a new trace, sampled."""
    return f"00-{_ids.generate_trace_id():032x}-{_ids.generate_span_id():016x}-01"


def continued(incoming: str | None) -> str:
    """A span of this process below `incoming`, or of a new trace where that is none or not valid."""
    if incoming is None:
        return new_traceparent()
    found = _TRACEPARENT.fullmatch(incoming.strip())
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return new_traceparent()
    return f"00-{found['trace']}-{_ids.generate_span_id():016x}-{found['flags']}"


def traceparent() -> str:
    """The trace context of what is being done now."""
    return _current.get() or new_traceparent()


def follow(value: str | None) -> None:
    """Make `value` the trace context of what comes next in this task."""
    _current.set(value)


def _trace(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if (current := _current.get()) is not None:
        entry["trace_id"] = current[3:35]
    return entry


def configure_logs(level: str = "INFO") -> None:
    """JSON lines on standard error, with the trace id. Never give a log call personal data."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
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
