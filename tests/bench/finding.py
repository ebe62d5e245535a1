"""Searches, and a unit's list of legs, over HTTP with two hundred thousand cases, beside the bare query.

Figures are milliseconds within which 95 of 100 requests are answered, one at a time. The ceiling is what the
database takes for the query of a page alone.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import asyncpg

from huying.local.cluster import LocalCluster
from huying.local.data_keys import made_ring
from huying.local.embedded import free_port
from huying.local.grow.lists import write
from huying.local.search_key import search_key
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from tests.bench.client import Client, UnexpectedAnswer, request
from tests.bench.ground import ground
from tests.bench.measure import Figure

CASES, FEW_CASES = 200_000, 5_000
SEARCHES = {
    "due first": "",
    "a number": "number=00042",
    "a firm": "enterprise=谯城红星纺织",
    "a rare word": "q=谯城 红星 饮片",
    "a common word": "q=道路破损",
    "text of an appeal": "text=设备多次停机",
    "the end of a phone": "phone_tail=4711",
    "state and kind": "state=办理中&kind=投诉",
    "a unit's, overdue": "unit=unit25&overdue=true",
    "a locality, a period": "locality=谯城管委会&received_from=2026-01-01&received_to=2026-03-31",
    "rating and mark": "rating=不满意&mark=历史遗留&sort=received",
    "a common word, counted": "q=道路破损&count=true",
}
SEARCHES_OF_A_UNIT = {
    "by a unit, due first": "",
    "by a unit, a common word": "q=道路破损",
    "by a unit, a firm": "enterprise=谯城红星纺织",
}
"""What a unit searches among its own cases."""
BARE_CASES = "select * from cases order by due_order, appeal_id limit 51"
BARE_LEGS = """
    select l.*, c.title from legs l join cases c on c.appeal_id = l.appeal_id
    where l.is_open and l.unit = $1 order by l.due_order, l.leg_id limit 51
"""


async def finding(*, quick: bool) -> list[Figure]:
    """The 95th percentile of each search, and of a unit's list of legs."""
    count, times = (FEW_CASES, 10) if quick else (CASES, 100)
    async with ground() as cluster:
        urls = {name: cluster.postgres.dsn(name, name) for name in ("intake", "desks")}
        began = time.perf_counter()
        rings = {name: KeyRing(name, made_ring(cluster.state, name)) for name in urls}
        await write(urls, count, datetime.now(UTC), Hashes(search_key(cluster.state)), rings)
        grown = time.perf_counter() - began
        async with served(cluster, "intake"), served(cluster, "desks") as port, Client(port) as client:
            figures = [Figure(f"grow {count:,} cases", "cases/s", count / grown)]
            figures += await _searches(cluster, client, urls["desks"], times)
            return [*figures, await _legs(cluster, client, urls["desks"], times)]


@asynccontextmanager
async def served(cluster: LocalCluster, name: str) -> AsyncIterator[int]:
    """Run a service as a process. Yields its port."""
    process = await cluster.add(name, name, free_port())
    await process.start()
    try:
        yield process.port
    finally:
        await process.stop()


async def _searches(cluster: LocalCluster, client: Client, url: str, times: int) -> list[Figure]:
    bare = await p95_of_query(url, times, BARE_CASES)
    return [
        Figure(
            f"find: {name}",
            "ms p95",
            await _asked(client, f"/desks/cases?{_quoted(query)}", cluster.keys[account], times),
            "a bare page of cases, ms p95",
            bare,
            "≤ 300 ms",
        )
        for account, searches in (("office", SEARCHES), ("unit25", SEARCHES_OF_A_UNIT))
        for name, query in searches.items()
    ]


async def _legs(cluster: LocalCluster, client: Client, url: str, times: int) -> Figure:
    figure = await _asked(client, "/desks/legs?unit=unit25", cluster.keys["office"], times)
    bare = await p95_of_query(url, times, BARE_LEGS, "unit25")
    return Figure("a unit's legs", "ms p95", figure, "the bare query, ms p95", bare, "≤ 50 ms")


def _quoted(query: str) -> str:
    pairs = [pair.split("=", 1) for pair in query.split("&") if pair]
    return "&".join(f"{name}={quote(value)}" for name, value in pairs)


async def _asked(client: Client, path: str, key: str, times: int) -> float:
    async def ask() -> None:
        answer = await client.send(request("GET", path, key))
        if answer.status != 200:
            raise UnexpectedAnswer(f"{path}: {answer.status} {answer.body[:300]!r}")

    return await p95(ask, times)


async def p95_of_query(url: str, times: int, query: str, *values: str) -> float:
    conn = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await p95(lambda: conn.fetch(query, *values), times)
    finally:
        await conn.close()


async def p95(way: Callable[[], Awaitable[object]], times: int) -> float:
    """Milliseconds within which 95 of 100 runs end."""
    await way()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await way()
        took.append(1_000 * (time.perf_counter() - began))
    return sorted(took)[int(0.95 * (len(took) - 1))]
