"""Where a task stands: since when, and when it no longer does."""

from typing import NamedTuple

import pytest

from shared.database.connection import Database
from shared.service.errors import Unavailable
from shared.service.standing import Place, Stand, Standing
from shared.telemetry.metrics import Metrics

AWAY = Database("postgresql://127.0.0.1:1/nobody")


class Tasks(NamedTuple):
    """Two tasks that may stand nowhere for long, and their metrics."""

    all: Standing
    relay: Stand[int]
    consumer: Stand[int]
    metrics: Metrics


@pytest.fixture
def tasks() -> Tasks:
    metrics = Metrics("intake")
    standing = Standing(AWAY, metrics, limit_s=-1)
    relay = standing.stand("relay", lambda row: Place("outbox", None, row))
    consumer = standing.stand("consumer", lambda offset: Place("notify.events", 3, offset))
    return Tasks(standing, relay, consumer, metrics)


def ages(tasks: Tasks) -> dict[tuple[str, ...], float]:
    (family,) = [family for family in tasks.metrics.collect() if family.name == "huying_standing_seconds"]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


async def test_who_stands_longest_is_named_with_place_and_time(tasks: Tasks) -> None:
    tasks.consumer.at([17, 99])
    tasks.relay.at([7, 99])
    tasks.relay.since_ns = 0
    with pytest.raises(Unavailable, match=r"^relay has stood at outbox row 7 since 1970-01-01 00:00:00 UTC$"):
        tasks.all.check()
    tasks.relay.passed()
    with pytest.raises(
        Unavailable, match=r"^consumer has stood at notify.events/3 offset 17 since 2"
    ) as raised:
        tasks.all.check()
    assert raised.value.zh.startswith("任务 consumer 自 2")
    assert ages(tasks).keys() == {("intake", "consumer", "notify.events", "3")}


async def test_who_got_past_its_place_or_has_not_tried_any_stands_nowhere(tasks: Tasks) -> None:
    tasks.all.check()
    tasks.consumer.at([])
    tasks.relay.at([7, 99])
    tasks.relay.passed()
    tasks.all.check()
    assert ages(tasks) == {}


async def test_what_is_tried_again_has_stood_since_the_first_try_and_the_next_has_not(tasks: Tasks) -> None:
    tasks.relay.at([7, 99])
    tasks.relay.since_ns -= 10 * 10**9
    tasks.relay.at([7, 99])
    assert ages(tasks)["intake", "relay", "outbox", ""] >= 10
    tasks.relay.at([8, 99])
    assert ages(tasks)["intake", "relay", "outbox", ""] < 10


async def test_there_is_a_while_at_each_place() -> None:
    standing = Standing(AWAY, Metrics("intake"), limit_s=300.0)
    standing.stand("relay", lambda row: Place("outbox", None, row)).at([7, 99])
    standing.check()


async def test_a_try_that_fails_while_the_database_is_away_does_not_count(tasks: Tasks) -> None:
    tasks.consumer.at([17, 99])
    await tasks.consumer.failed(ValueError())
    with pytest.raises(Unavailable, match=r"\(ValueError\)$"):
        tasks.all.check()
    await tasks.consumer.failed(TimeoutError())
    tasks.all.check()


async def test_a_session_that_comes_to_its_place_again_stands_there_and_one_that_does_not_does_not(
    tasks: Tasks,
) -> None:
    tasks.relay.at([7, 99])
    tasks.relay.session_ended()
    tasks.relay.at([7, 99])
    tasks.relay.session_ended()
    with pytest.raises(Unavailable):
        tasks.all.check()
    tasks.relay.session_ended()
    tasks.all.check()
