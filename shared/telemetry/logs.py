"""Logs as JSON lines, with the id of the current trace."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import structlog

from shared.telemetry.context import current_span


def _trace(_logger: Any, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if (context := current_span()) is not None:
        entry["trace_id"] = str(context)[3:35]
    return entry


class _WithoutValues(logging.Formatter):
    """What libraries log, as JSON lines too: a line break that a caller sent begins no entry of its own.

    Of an exception it logs where it was raised and its name. Its message may hold personal data.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "logger": record.name,
            "event": super().format(record),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        return json.dumps(entry, ensure_ascii=False)

    def formatException(self, ei: Any) -> str:
        kind, _, frames = ei
        return "".join([*traceback.format_tb(frames), kind.__name__ if kind else ""])


def configure_logs(level: str = "INFO") -> None:
    """Log JSON lines to standard error. Never give a log call personal data."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutValues("%(message)s"))
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
