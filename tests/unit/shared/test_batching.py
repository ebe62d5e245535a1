"""How long the next batch waits: briefly while few items come, longer under load and after a long batch."""

import asyncio

import pytest

from shared.messaging.batching import Pace
from tests.jumping import jumping


async def rested(items: int, *, round_s: float = 0.0) -> float:
    """Seconds from the beginning of a second round, soon after the first, until the next may begin."""
    loop, pace = asyncio.get_running_loop(), Pace(0.05, 0.2)
    pace.begin()
    await pace.rest(0)
    pace.begin()
    began = loop.time()
    await asyncio.sleep(round_s)
    await pace.rest(items)
    return loop.time() - began


def test_little_waits_briefly() -> None:
    assert jumping(rested(1)) == pytest.approx(0.05)


def test_much_waits_longer() -> None:
    assert jumping(rested(10)) == pytest.approx(0.2)


def test_the_time_of_the_round_itself_counts() -> None:
    assert jumping(rested(10, round_s=0.05)) == pytest.approx(0.2)
    assert jumping(rested(1, round_s=0.25)) == pytest.approx(0.25)


def test_under_load_a_long_round_is_followed_by_as_long_a_rest_within_the_gap() -> None:
    assert jumping(rested(10, round_s=0.15)) == pytest.approx(0.3)
    assert jumping(rested(10, round_s=0.5)) == pytest.approx(0.7)


async def test_the_first_round_waits_briefly_however_much_it_brought() -> None:
    loop, pace = asyncio.get_running_loop(), Pace(0.05, 5.0)
    pace.begin()
    began = loop.time()
    await pace.rest(1_000)
    assert loop.time() - began < 1
