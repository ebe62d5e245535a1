"""One city a module: the tests of a module share it and do not disturb each other."""

from collections.abc import AsyncIterator

import pytest

from huying.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the module's own, empty at first."""
    server = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """All services, on Monday 2026-11-09 at 09:00, with three units."""
    async with City(postgres, broker) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city
