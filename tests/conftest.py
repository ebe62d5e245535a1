"""What the tests stand on: a real PostgreSQL and a real broker, and the services on both."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from huying.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from tests.city import City

REAL_CASES = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="huying-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres(state: Path) -> AsyncIterator[EmbeddedPostgres]:
    """PostgreSQL with a database for every service, for the whole run."""
    server = EmbeddedPostgres(state)
    await server.start()
    await server.ensure(SERVICES)
    yield server
    await server.stop()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the test's own, empty."""
    server = EmbeddedBroker(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """All services on empty databases and an empty broker, with a clock the test drives."""
    async with City(postgres, broker) as city:
        yield city


@pytest.fixture
def real_cases() -> Path:
    """The folder of recorded real cases; a test that needs it skips where it is absent."""
    if not REAL_CASES.is_dir():
        pytest.skip(f"NOT RUN: the recorded real cases are not at {REAL_CASES}")
    return REAL_CASES
