"""A city of some age beside a young one, in one run: what touches one case or one page must cost the same.

Each city is grown, served by one process a service, asked over HTTP by one client at a time, then judged and
exported. Figures are milliseconds within which 95 of 100 answers come, unless the unit says otherwise; the
ratio is the old city's figure to the young one's.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from huying.archive.export import export
from huying.archive.rejudge import judge_on
from huying.local.cluster import PARTITIONS, LocalCluster
from huying.local.data_keys import made_ring
from huying.local.grow.city import Size, write
from huying.local.grow.works import GROWN
from huying.local.search_key import search_key
from services import SERVICES
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from shared.service.clock import DrivenClock
from tests.bench.client import Answer, Client, UnexpectedAnswer, request
from tests.bench.ground import APPEAL, ground
from tests.bench.measure import Figure

YOUNG, OLD, OLD_QUICK = Size(400, 100, 1), Size(40_000, 10_000, 5), Size(800, 200, 2)
TURN = 200
"""So many cases the judge takes in one transaction."""
LISTS = {
    "list: cases, due first": "/desks/cases",
    "list: a unit's legs": "/desks/legs?unit=unit25",
    "list: what the office is to do": "/desks/waiting",
    "search: a common word": "/desks/cases?q=道路破损",
    "search: text of an appeal": "/desks/cases?text=设备多次停机",
    "list: cases of the judge": "/escalation/cases",
    "list: the ledger": "/escalation/ledger",
    "list: appeals at dispatch": "/dispatch/appeals",
}

Measured = Mapping[str, tuple[str, float]]
"""By the name of the work: the unit and the figure."""


async def scale(*, quick: bool) -> list[Figure]:
    """What each work costs in a city of some age, beside a young one."""
    young = await _measured(YOUNG, 10 if quick else 60)
    old = await _measured(OLD_QUICK if quick else OLD, 10 if quick else 60)
    return [
        Figure(work, unit, figure, "in a young city", young[work][1]) for work, (unit, figure) in old.items()
    ]


async def _measured(size: Size, times: int) -> Measured:
    now = datetime.now(UTC)
    async with ground() as cluster:
        began = time.perf_counter()
        await _grow(cluster, size, now)
        grown_s = time.perf_counter() - began
        measured: dict[str, tuple[str, float]] = {"grow": ("cases/s", size.cases / grown_s)}
        began = time.perf_counter()
        await cluster.start_processes()
        measured["restart to ready"] = ("s", time.perf_counter() - began)
        measured |= await _asked(cluster, times)
        measured |= {f"memory of {name}": ("MiB", _memory(cluster, name)) for name in SERVICES}
        await asyncio.gather(*(process.stop() for process in cluster.processes.values()))
        measured["judge: timers with their effects"] = "cases/s", await _judged(cluster, now, times)
        measured["export"] = "events/s", await _exported(cluster)
        return measured


async def _grow(cluster: LocalCluster, size: Size, until: datetime) -> None:
    rings = {service.name: KeyRing(service.name, made_ring(cluster.state, service.name)) for service in GROWN}
    await write(_urls(cluster), size, until, Hashes(search_key(cluster.state)), rings)


def _urls(cluster: LocalCluster) -> dict[str, str]:
    return {service: cluster.postgres.dsn(service, service) for service in SERVICES}


def _memory(cluster: LocalCluster, service: str) -> float:
    status = Path(f"/proc/{cluster.processes[service].process_id}/status").read_text("utf-8")
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024


async def _asked(cluster: LocalCluster, times: int) -> Measured:
    """What people and Prometheus ask, over HTTP."""
    measured: dict[str, tuple[str, float]] = {}
    appeals: list[Answer] = []

    async def register() -> None:
        appeals.append(await _ask(cluster, "POST", "/intake/appeals", "operator", APPEAL))

    measured["registration"] = "ms p95", await _p95(register, times)
    ids = iter([orjson.loads(answer.body)["appeal_id"] for answer in appeals])

    async def dispatch() -> None:
        path = f"/dispatch/appeals/{next(ids)}"
        version = (await _ask(cluster, "GET", path, "office")).etag
        legs = {"legs": [{"unit": "unit00"}]}
        await _ask(cluster, "POST", f"{path}/assignments", "office", legs, if_match=str(version))

    await _heard(cluster, orjson.loads(appeals[-1].body)["appeal_id"])
    measured["dispatch"] = "ms p95", await _p95(dispatch, times)
    for work, path in LISTS.items():
        quoted = quote(path, safe="/?=&")
        measured[work] = "ms p95", await _p95(lambda path=quoted: _ask(cluster, "GET", path, "office"), times)
    for service in SERVICES:
        path = f"/{service}/metrics"
        measured[f"metrics of {service}"] = (
            "ms p95",
            await _p95(lambda path=path: _ask(cluster, "GET", path, "ops"), times),
        )
    return measured


async def _heard(cluster: LocalCluster, appeal_id: str) -> None:
    """Wait until dispatch knows an appeal."""
    async with asyncio.timeout(60), Client(cluster.processes["dispatch"].port) as client:
        sent = request("GET", f"/dispatch/appeals/{appeal_id}", cluster.keys["office"])
        while (await client.send(sent)).status == 404:
            await asyncio.sleep(0.1)


async def _ask(
    cluster: LocalCluster, method: str, path: str, by: str, body: object = None, **headers: str
) -> Answer:
    port = cluster.processes[path.split("/", 2)[1]].port
    async with Client(port) as client:
        answer = await client.send(request(method, path, cluster.keys[by], body, **headers))
    if answer.status >= 300:
        raise UnexpectedAnswer(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
    return answer


async def _p95(way: Callable[[], Awaitable[Any]], times: int) -> float:
    """Milliseconds within which 95 of 100 runs end."""
    await way()
    took = []
    for _ in range(times - 1):
        began = time.perf_counter()
        await way()
        took.append(1_000 * (time.perf_counter() - began))
    return sorted(took)[int(0.95 * (len(took) - 1))]


async def _judged(cluster: LocalCluster, now: datetime, turns: int) -> float:
    """Cases judged a second, with what follows from it, days after the past ended."""
    upto = now + timedelta(days=4)
    parts = dict.fromkeys(range(PARTITIONS), upto)
    header = {"judged_upto": {str(n): upto.isoformat() for n in parts}, "packs": ["bozhou-2024@3"]}
    judge = judge_on(_urls(cluster)["escalation"], header)
    assert isinstance(judge.context.clock, DrivenClock)
    judge.context.clock.advance(upto)
    began, judged = time.perf_counter(), 0
    for _ in range(turns):
        judged += (turn := await judge.turn(parts, TURN))
        if turn < TURN:
            break
    await judge.context.engine.dispose()
    return judged / (time.perf_counter() - began)


async def _exported(cluster: LocalCluster) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        header = await export(_urls(cluster), Path(folder) / "city.ndjson.gz", None, records=True)
        events = sum(service["events"] for service in header["services"])
        return float(events / (time.perf_counter() - began))
