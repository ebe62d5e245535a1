"""One city a module, on the embedded broker or on Apache Kafka; and the figures of the battery."""

from collections.abc import AsyncIterator

import pytest

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.banks import directory
from tests.city import ALL, City
from tests.hostile.pilots import BANK
from tests.kafka import emptied


@pytest.fixture(scope="module")
async def broker(
    kafka: Kafka | None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EmbeddedBroker | Kafka]:
    """A broker of the module's own, empty at first."""
    if kafka is not None:
        yield await emptied(kafka)
        return
    async with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """All services, on Monday 2026-11-09 at 09:00, with three units and a bank on Kafka."""
    async with City(postgres, broker, services=ALL, log_level="CRITICAL") as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await directory(city, **{BANK: ["kafka"]})
        yield city
