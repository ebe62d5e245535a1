"""A trace is continued where its context is one, and begun anew where it is none."""

import pytest

from shared.telemetry import continued

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


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
