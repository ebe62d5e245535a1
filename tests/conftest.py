"""What the tests stand on: a real PostgreSQL and a real broker, and the services on both."""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from tests import bank_clients
from tests.city import City, services_of
from tests.hostile.figures import figures
from tests.kafka import BROKER, emptied

REAL_CASES = Path(__file__).parent.parent.parent / "shared" / "data"


MEMORY = Path("/dev/shm")
ROOM = 6 * 1024**3


def pytest_configure() -> None:
    """Collect garbage less often, and keep the folders of tests in memory where there is room.

    On a disk every commit waits for it.
    """
    gc.set_threshold(20_000, 20, 20)  # as a service does: thousands of tests and classes are no garbage
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the hostile inputs that were tried, and how long banks' clients took."""
    passed = terminalreporter.getreports("passed")
    reasons = {str(report.longrepr[-1]) for report in terminalreporter.getreports("skipped")}
    lacking = sorted(reason for reason in reasons if reason.endswith(bank_clients.NOT_HERE))
    for line in [*figures(passed), *bank_clients.times(passed), *lacking]:
        terminalreporter.write_line(line)


def pytest_collection_finish() -> None:
    """Freeze what collection made: it stays for the whole run, and no garbage collection walks it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="huying-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres(state: Path) -> AsyncIterator[EmbeddedPostgres]:
    """PostgreSQL with a database for every service, for the whole run."""
    async with EmbeddedPostgres(state) as server:
        await server.ensure(SERVICES)
        yield server


@pytest.fixture(scope="session")
async def kafka(state: Path) -> AsyncIterator[Kafka | None]:
    """Apache Kafka, one broker for the whole run, where HUYING_TEST_BROKER is `apache`."""
    if BROKER != "apache":
        yield None
        return
    cluster = Kafka(state)
    await cluster.start()
    yield cluster
    await cluster.stop()


@pytest.fixture
async def broker(tmp_path: Path, kafka: Kafka | None) -> AsyncIterator[EmbeddedBroker | Kafka]:
    """An empty broker: Apache Kafka, or the embedded one, of the test's own."""
    if kafka is not None:
        yield await emptied(kafka)
        return
    async with EmbeddedBroker(tmp_path) as server:
        yield server


@pytest.fixture
async def city(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka
) -> AsyncIterator[City]:
    """The services a test marks, on empty databases and an empty broker, with a clock the test drives."""
    async with City(postgres, broker, services=services_of(request)) as city:
        yield city


@pytest.fixture
def real_cases() -> Path:
    """The folder of recorded real cases; a test that needs it skips where it is absent."""
    if not REAL_CASES.is_dir():
        pytest.skip(f"NOT RUN: the recorded real cases are not at {REAL_CASES}")
    return REAL_CASES
