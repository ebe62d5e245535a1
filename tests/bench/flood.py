"""One client floods the public door while others work: how long they wait, and what memory and disk take.

The flood comes from another loopback address, through the proxy of the deployment, as a program that gives
way to all others, since a client's machine is not the city's.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx

from huying.local.cluster import LocalCluster, scratch
from services import SERVICES
from tests.bench.measure import Figure
from tests.deploy.programs import ROOT
from tests.deploy.proxy import NGINX, NOT_HERE, Proxy, proxied

ATTACKER, OTHERS = "127.0.0.2", "127.0.0.4"
PATHS = ("/dispatch/units", "/desks/cases", "/intake/channels")
PAUSE_S = 0.05
"""Between two requests of one of the others."""
MINUTES = float(os.environ.get("HUYING_FLOOD_MINUTES", "2"))


async def flood(*, quick: bool) -> list[Figure]:
    """Milliseconds within which 95 of 100 requests of others are answered: in a flood, and in quiet."""
    if NGINX is None:
        raise RuntimeError(NOT_HERE)
    quiet_s, flooded_s = (3.0, 10.0) if quick else (30.0, 60 * MINUTES)
    with tempfile.TemporaryDirectory(prefix="huying-proxy-", ignore_cleanup_errors=True) as folder:
        async with (
            scratch(clock="wall", log_level="ERROR", behind_proxy=True) as cluster,
            proxied({name: cluster.processes[name].port for name in SERVICES}, Path(folder)) as proxy,
        ):
            quiet_ms = await worked(cluster, proxy, quiet_s)
            memory, stored = await asyncio.to_thread(memory_mib, cluster), await stored_mib(cluster)
            async with flooding(proxy):
                flooded_ms = await worked(cluster, proxy, flooded_s)
            grown = {
                name: size - memory[name]
                for name, size in (await asyncio.to_thread(memory_mib, cluster)).items()
            }
            notes = {
                "minutes": round(flooded_s / 60, 1),
                "memory grown, MiB": max(map(round, grown.values())),
                "databases grown, MiB": round(await stored_mib(cluster) - stored),
            }
    return [Figure("others in a flood", "ms", flooded_ms, "in quiet", quiet_ms, "≤ 200 %", notes)]


@contextlib.asynccontextmanager
async def flooding(proxy: Proxy) -> AsyncIterator[None]:
    """A flood while the block runs."""
    command = ("nice", "-n", "19", sys.executable, "-m", "tests.bench.flooder", str(proxy.port), ATTACKER)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def worked(cluster: LocalCluster, proxy: Proxy, seconds: float) -> float:
    """The milliseconds within which 95 of 100 requests of an office are answered."""
    transport = httpx.AsyncHTTPTransport(verify=proxy.trust, local_address=OTHERS)
    headers = {"authorization": f"Bearer {cluster.keys['office']}"}
    took_ms: list[float] = []
    async with httpx.AsyncClient(
        transport=transport, base_url=proxy.url, headers=headers, timeout=30
    ) as client:
        end = time.monotonic() + seconds
        await asyncio.gather(*(_work(client, path, end, took_ms) for path in PATHS))
    return statistics.quantiles(took_ms, n=20)[-1]


async def _work(client: httpx.AsyncClient, path: str, end: float, took_ms: list[float]) -> None:
    while time.monotonic() < end:
        began = time.monotonic()
        (await client.get(path)).raise_for_status()
        took_ms.append((time.monotonic() - began) * 1_000)
        await asyncio.sleep(PAUSE_S)


def memory_mib(cluster: LocalCluster) -> dict[str, float]:
    """What each service holds in memory."""
    pids = {name: process.process_id for name, process in cluster.processes.items()}
    return {name: _resident_mib(pid) for name, pid in pids.items() if pid is not None}


def _resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


async def stored_mib(cluster: LocalCluster) -> float:
    """The size of all databases."""
    return sum([await _size_mib(cluster.postgres.dsn(name, name)) for name in SERVICES])


async def _size_mib(url: str) -> float:
    conn = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return float(await conn.fetchval("select pg_database_size(current_database())")) / 1024**2
    finally:
        await conn.close()
