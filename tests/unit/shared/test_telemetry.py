"""A trace is continued where its context is one, and begun anew where it is none."""

import json
import logging
import sys

import pytest
from pydantic import BaseModel, ValidationError

from shared.service.errors import NotFound, redacted
from shared.telemetry.logs import _WithoutValues
from shared.telemetry.spans import Kind, Tracer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def continued(incoming: str) -> str:
    """The context of a request that came with this one."""
    return str(Tracer("intake").begin("POST", Kind.SERVER, incoming))


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_a_trace_goes_on_in_a_new_span_with_its_flags(flags: str) -> None:
    version, trace, span, kept = continued(f"00-{TRACE}-00f067aa0ba902b7-{flags}").split("-")
    assert (version, trace, kept) == ("00", TRACE, flags)
    assert span != "00f067aa0ba902b7"


def test_a_later_version_may_say_more() -> None:
    assert continued(f"01-{TRACE}-00f067aa0ba902b7-01-more").split("-")[1] == TRACE


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "hello",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01-more",
        f"00-{TRACE}-00f067aa0ba902b7",
    ],
)
def test_what_is_no_context_begins_a_trace(wrong: str) -> None:
    assert TRACE not in continued(wrong)
    assert len(continued(wrong)) == 55


class Person(BaseModel):
    phone: int


def test_what_failed_is_told_without_the_values_it_failed_on() -> None:
    with pytest.raises(ValidationError) as wrong:
        Person.model_validate({"phone": "13977771234x"})
    assert redacted(wrong.value) == "phone: int_parsing"
    with pytest.raises(ValueError, match="13977771234x") as failed:
        int("13977771234x")
    assert redacted(failed.value).startswith("ValueError at test_telemetry.py:")
    assert "1397777" not in redacted(failed.value)
    assert redacted(NotFound("没有", "no such appeal")) == "NotFound: no such appeal"


def test_a_trace_of_an_exception_in_the_log_says_where_and_not_what() -> None:
    secret = "1397777" + "1234x"
    try:
        int(secret)
    except ValueError:
        record = logging.LogRecord("uvicorn", logging.ERROR, "", 0, "failed", None, sys.exc_info())
    redacted = json.loads(_WithoutValues("%(message)s").format(record))["event"]
    assert "test_telemetry.py" in redacted
    assert redacted.endswith("ValueError")
    assert "1397777" not in redacted


def test_what_a_library_logs_is_one_line_with_its_time_whatever_a_caller_sent() -> None:
    sent = 'GET /x\n{"event": "signed in", "level": "info"}\r\n\u2028'
    record = logging.LogRecord("uvicorn", logging.WARNING, "", 0, "bad request: %s", (sent,), None)
    record.created = 0.0
    line = _WithoutValues("%(message)s").format(record)
    assert len(line.encode().splitlines()) == 1
    assert json.loads(line) == {
        "logger": "uvicorn",
        "event": f"bad request: {sent}",
        "level": "warning",
        "timestamp": "1970-01-01T00:00:00+00:00",
    }
