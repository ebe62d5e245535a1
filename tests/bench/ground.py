"""The environment of the measurements: a temporary local cluster, and the bare programs beside it."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from huying.local.cluster import LocalCluster
from huying.local.embedded import free_port
from services import migrations
from shared.database.migrations import migrate, migration_engine
from shared.roles import AccountRole

ROOT = Path(__file__).parent.parent.parent
PEOPLE = [
    ("operator", AccountRole.OPERATOR, None),
    ("office", AccountRole.OFFICE, None),
    ("importer", AccountRole.IMPORTER, None),
    ("ops", AccountRole.OPS, None),
    ("roads", AccountRole.UNIT, "roads"),
    ("east", AccountRole.UNIT, "east"),
    ("unit25", AccountRole.UNIT, "unit25"),
]
APPEAL = {
    "again": True,
    "channel": "hotline",
    "kind": "help",
    "title": "厂区门口道路破损，货车无法进出",
    "text": "我公司位于工业园三号路，门口道路自上月起破损严重，积水深，货车多次陷入，原料与成品无法按时进出，"
    "已影响三份合同的交货。此前向园区反映，答复需要协调市政与交通两个部门，至今没有进展，请尽快派人现场勘查并修复。",
    "locality": "east",
    "enterprise": {"name": "示例制造有限公司", "contact_name": "王工", "phone": "13800000000"},
}


@contextlib.asynccontextmanager
async def ground(**settings: object) -> AsyncIterator[LocalCluster]:
    """PostgreSQL and a broker as `huying up` starts them, on the wall clock, without services."""
    with tempfile.TemporaryDirectory(prefix="huying-bench-", ignore_cleanup_errors=True) as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)  # PostgreSQL may run under another account
        cluster = LocalCluster(Path(folder), PEOPLE, clock="wall", log_level="WARNING", **settings)
        try:
            await cluster.start()
            yield cluster
        finally:
            await cluster.stop()


async def bare_database(cluster: LocalCluster, service: str) -> str:
    """Create a database with the tables of `service` on the same server. Returns its SQLAlchemy URL."""
    name = f"bare_{service}"
    await cluster.postgres.ensure([name])
    url = cluster.postgres.dsn(name, name)
    engine = migration_engine(url)
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()
    return url


@contextlib.asynccontextmanager
async def bare_endpoint(cluster: LocalCluster) -> AsyncIterator[int]:
    """Run the bare endpoint as a separate process. Yields its port."""
    port = free_port()
    how = ["--port", str(port), "--loop", "asyncio", "--http", "httptools"]
    quiet = ["--no-access-log", "--log-level", "warning"]
    database = {"HUYING_BENCH_DATABASE": await bare_database(cluster, "intake")}
    async with _program(["-m", "uvicorn", "tests.bench.bare:app", *how, *quiet], database) as process:
        while not await _accepts(port):
            if process.returncode is not None:
                raise RuntimeError(f"the bare endpoint ended at once with {process.returncode}: see above")
            await asyncio.sleep(0.1)
        yield port


async def run_bare(loop: str, environment: dict[str, str]) -> None:
    """Run one of the bare loops to its end, as a separate process."""
    async with _program(["-m", "tests.bench.loops", loop], environment) as process:
        if status := await process.wait():
            raise RuntimeError(f"the bare loop {loop} ended with {status}: see above")


@contextlib.asynccontextmanager
async def _program(arguments: list[str], more: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, env={**os.environ, **more}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
