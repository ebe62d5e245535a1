"""What follows a case through the system: the W3C trace context, and logs as JSON lines.

No back end yet. `traceparent` comes with the HTTP request (or is made there), is stored with every
outbox row, travels as a Kafka header and is current again while a handler runs.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_ids = RandomIdGenerator()
_propagator = TraceContextTextMapPropagator()
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """The start of a new trace, sampled."""
    return f"00-{_ids.generate_trace_id():032x}-{_ids.generate_span_id():016x}-01"


def continued(incoming: str | None) -> str:
    """A span of this process below `incoming`, or of a new trace where that is none or not valid."""
    if incoming is None:
        return new_traceparent()
    context = trace.get_current_span(_propagator.extract({"traceparent": incoming})).get_span_context()
    if not context.is_valid:
        return new_traceparent()
    return f"00-{context.trace_id:032x}-{_ids.generate_span_id():016x}-{int(context.trace_flags):02x}"


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
