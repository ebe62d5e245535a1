"""One city a module: the tests of a module share it and do not disturb each other."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, services_of
from tests.gateway import SECRET, Gateway
from tests.receiver import Receiver, receiving

SETUP = "sms: {{url: '{url}', key_id: huying, secret: '{secret}', sign: 呼应}}"


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the module's own, empty at first."""
    async with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture(scope="module")
async def city(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> AsyncIterator[City]:
    """The services a module marks, on Monday 2026-11-09 at 09:00, with three units, and with clues beside
    appeals.
    """
    services = services_of(request)
    async with City(postgres, broker, services=services, procedures=("xx-city-2022-clues",)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await city.drained()
        yield city


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver of spans."""
    with receiving() as span_receiver:
        yield span_receiver


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[Gateway]:
    """An SMS gateway."""
    async with Gateway().serving() as served:
        yield served


@pytest.fixture(scope="module")
def channels(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that sets up the gateway."""
    file: Path = tmp_path_factory.mktemp("notify") / "channels.yaml"
    file.write_text(SETUP.format(url=gateway.url, secret=SECRET), "utf-8")
    return file
