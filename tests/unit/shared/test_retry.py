"""The loop of a service's work goes on, rests, waits for errors that pass, and raises all others."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from shared.database.retry import keep_running
from tests.jumping import jumping

LOG = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
"""It tells what goes on, whatever level another test has set for the process."""


class Turns:
    """Work whose turns end as written: by a value, or by an error."""

    def __init__(self, *ends: object) -> None:
        self._ends: Iterator[object] = iter(ends)
        self.began_at: list[float] = []

    async def __call__(self) -> object:
        self.began_at.append(asyncio.get_running_loop().time())
        end = next(self._ends, None)
        if end is None:
            raise asyncio.CancelledError
        if isinstance(end, Exception):
            raise end
        return end


async def gaps(turns: Callable[[], Any], **options: Any) -> list[float]:
    """Seconds between the beginnings of the turns."""
    with contextlib.suppress(asyncio.CancelledError):
        await keep_running(turns, LOG, "work", **options)
    return [after - before for before, after in zip(turns.began_at, turns.began_at[1:], strict=False)]


def test_a_turn_that_did_something_is_followed_at_once_and_an_idle_one_after_a_rest() -> None:
    assert jumping(gaps(Turns(5, 0), rest_s=0.05)) == pytest.approx([0, 0.05])


def test_what_passes_by_itself_is_logged_and_tried_again_after_a_pause() -> None:
    with capture_logs() as logs:
        assert jumping(gaps(Turns(ConnectionError("away")), pause_s=0.05)) == pytest.approx([0.05])
    assert [(entry["work"], entry["reason"]) for entry in logs] == [("work", "ConnectionError('away')")]


def test_pauses_of_an_outage_grow_to_five_seconds_and_begin_anew_after_it() -> None:
    away = ConnectionError("away")
    began = jumping(gaps(Turns(*[away] * 6, 1, away)))
    assert began == pytest.approx([1, 1.5, 2.25, 3.375, 5, 5, 0, 1])


def test_an_hour_without_the_broker_is_a_few_lines_and_its_end_is_one() -> None:
    """720 tries of 5 s, each once by one error and once by another."""
    away = [ConnectionError("away"), TimeoutError("away")] * 360
    with capture_logs() as logs:
        jumping(gaps(Turns(*away, 1)))
    lines = [entry["event"] for entry in logs]
    assert 10 < lines.count("waits and tries again") < 30
    assert (logs[-1]["event"], logs[-1]["failures"]) == ("goes on", 720)


async def test_a_defect_ends_the_work() -> None:
    with pytest.raises(ZeroDivisionError):
        await keep_running(Turns(1, ZeroDivisionError()), LOG, "work")


async def test_what_passes_is_for_the_caller_to_say() -> None:
    assert len(await gaps(Turns(ZeroDivisionError()), pause_s=0, may_pass=lambda error: True)) == 1
    with pytest.raises(ConnectionError):
        await keep_running(Turns(ConnectionError()), LOG, "work", may_pass=lambda error: False)
