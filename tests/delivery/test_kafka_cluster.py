"""Three brokers of Apache Kafka: of one dead nobody takes notice; of two, all waits and nothing is lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedPostgres
from tests.city import City, PastCase

pytestmark = pytest.mark.skipif(
    os.environ.get("HUYING_TEST_BROKER") != "apache", reason="NOT RUN: three brokers need Apache Kafka itself"
)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Kafka]:
    brokers = Kafka(tmp_path, 3)
    await brokers.start()
    yield brokers
    await brokers.stop()


async def test_one_broker_of_three_may_die_and_a_second_only_delays(
    postgres: EmbeddedPostgres, cluster: Kafka
) -> None:
    async with City(postgres, cluster) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await city.import_cases([PastCase(f"a{i}", "2026-11-09 10:00") for i in range(50)])
        await cluster.nodes[0].kill()
        await city.move_to("2026-11-20 09:00")
        await city.drained(120)
        assert len(await city.published("escalation", "card.issued.v1")) == 50
        await city.import_cases([PastCase(f"b{i}", "2026-11-20 10:00") for i in range(50)])
        await cluster.nodes[1].kill()
        city.set_clocks("2026-12-01 09:00")
        await asyncio.sleep(8)
        assert len(await city.published("escalation", "card.issued.v1")) == 50
        await cluster.start()
        await city.drained(180)
        assert len(await city.published("escalation", "card.issued.v1")) == 100
