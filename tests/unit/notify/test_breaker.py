"""When a delivery channel that fails is paused, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.deliveries.breaker import Breaker

AT = datetime(2026, 11, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "pause_s"),
    [
        (1, None),
        (2, None),
        (3, 30),
        (4, 60),
        (7, 480),  # 30 s, doubled four times
        (8, 600),  # ten minutes at most
        (100, 600),
    ],
)
def test_a_channel_is_paused_after_three_failures_and_longer_after_each(
    failures: int, pause_s: int | None
) -> None:
    breaker = Breaker()
    for _ in range(failures):
        breaker.failed(AT)
    assert breaker.until == (None if pause_s is None else AT + timedelta(seconds=pause_s))


def test_a_provider_that_asks_to_wait_pauses_its_channel_at_once() -> None:
    breaker = Breaker()
    breaker.failed(AT, wait=timedelta(hours=1))
    assert breaker.is_open(AT + timedelta(minutes=59))
    assert not breaker.is_open(AT + timedelta(hours=1))


def test_a_channel_that_works_again_starts_from_nothing() -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed(AT)
    breaker.succeeded()
    assert not breaker.is_open(AT)
    breaker.failed(AT)
    assert not breaker.is_open(AT)
