"""Services of two versions side by side, while a city upgrades one after the other, judge as one would."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncEngine

from huying.local.accounts import accounts
from huying.local.cluster import NOTIFY, LocalCluster
from huying.local.embedded import free_port
from huying.replay.replay import DrivenServices, replayed
from huying.simulate import profiles
from huying.simulate.simulate import simulate
from services import SERVICES, migrations
from shared.database.migrations import migrate, migration_engine
from shared.roles import AccountRole
from shared.rules.pack import pack_files
from tests.old_house import house_at
from tests.scenarios.test_replay import differences, invent

OLD = "029c2436d95d084c0f94c51044b3b5400f92d0d8"
"""Before the hash chain, acknowledgements and profiles: one to three migrations of each service ago."""
PACK = pack_files.load("bozhou-2024@1")
"""The old services know no later version."""
OF_APPEALS = ("intake", "dispatch", "escalation")
NEW = {"desks"}
"""Services that the old version does not have."""
PEOPLE = [("importer", AccountRole.IMPORTER, None), ("office", AccountRole.OFFICE, None)]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house as it stood."""
    return house_at(OLD, tmp_path_factory.mktemp("old"))


@asynccontextmanager
async def _old_fleet(old: Path, services: Sequence[str]) -> AsyncIterator[LocalCluster]:
    with tempfile.TemporaryDirectory(prefix="huying-", ignore_cleanup_errors=True) as folder:
        state = Path(folder)
        await asyncio.to_thread(state.chmod, 0o755)  # PostgreSQL may run under another account
        cluster = LocalCluster(state, PEOPLE, clock="driven", pack=PACK.id, zone=PACK.zone, log_level="ERROR")
        try:
            await cluster.start()
            accounts(state, PEOPLE)  # the old version has no account of a service
            for service in services:
                process = await cluster.add(service, service, free_port())
                if service not in NEW:
                    process.environment["PYTHONPATH"] = str(old)
                await process.start()
            watching = asyncio.create_task(cluster.supervise())
            try:
                yield cluster
            finally:
                watching.cancel()
        finally:
            await cluster.stop()


async def _upgrade(cluster: LocalCluster, steps: Sequence[Sequence[str]], progress: Progress) -> None:
    """Migrate all databases below the old services, then replace these by new ones, step by step."""
    for number, names in enumerate(((), *steps), 1):
        while not progress.tasks or (
            progress.tasks[0].completed < progress.tasks[0].total * number / (len(steps) + 2)
        ):
            await asyncio.sleep(0.02)
        if not names:
            accounts(cluster.state, [*PEOPLE, (NOTIFY, AccountRole.SERVICE, None)])
            await _migrate(cluster, cluster.processes)
        for name in names:
            del cluster.processes[name].environment["PYTHONPATH"]
        await asyncio.gather(*(cluster.processes[name].kill() for name in names))


async def _migrate(cluster: LocalCluster, services: Iterable[str]) -> None:
    for service in set(services) - NEW:
        engine = migration_engine(cluster.postgres.dsn(service, service))
        before = await _version(engine)
        await migrate(engine, migrations(service))
        assert before < await _version(engine), f"{service} ran no older version"
        await engine.dispose()


async def _version(engine: AsyncEngine) -> str:
    async with engine.connect() as conn:
        return str((await conn.execute(sa.text("select version_num from alembic_version"))).scalar_one())


@pytest.mark.parametrize(
    ("services", "first"),
    [
        pytest.param(OF_APPEALS, "escalation", id="those an appeal needs"),
        pytest.param(SERVICES, "escalation", id="escalation first", marks=pytest.mark.slow),
        pytest.param(SERVICES, "dispatch", id="dispatch first", marks=pytest.mark.slow),
    ],
)
async def test_old_and_new_services_judge_together(
    tmp_path: Path, old: Path, services: Sequence[str], first: str
) -> None:
    file = invent(tmp_path / "appeals.csv", 150)
    simulate(file, "appeals-zh", [PACK.ref], tmp_path / "simulated")
    rest = [name for name in services if name not in {first, *NEW}]
    async with _old_fleet(old, services) as cluster:
        driven = DrivenServices({name: cluster.url(name) for name in services}, cluster.keys["importer"])
        with Progress(disable=True) as progress:
            upgrading = asyncio.create_task(_upgrade(cluster, [[first], rest], progress))
            how = profiles.load("appeals-zh")
            folder = tmp_path / "replayed"
            await replayed(file, how, PACK, folder, driven, progress, step=50, patience_s=120)
            await asyncio.wait_for(upgrading, 10)
    assert differences(tmp_path / "simulated", tmp_path / "replayed") == []
