"""The cost of telemetry: whole lives with spans exported at the default ratio, and without, in turns."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from tests.bench.ground import ground
from tests.bench.lifecycles import begin_city, live
from tests.bench.measure import Figure

TARGET = "≥ 90 %"


async def telemetry(*, quick: bool) -> list[Figure]:
    """Whole lives a second and the services' processor time for each life, with telemetry and without."""
    rounds, seconds = (1, 10.0) if quick else (3, 20.0)
    measured: dict[str, list[tuple[float, float]]] = {"on": [], "off": []}
    async with _sink() as endpoint:
        for _ in range(rounds):
            measured["on"].append(await _lives(seconds, otlp_endpoint=endpoint))
            measured["off"].append(await _lives(seconds))
    rates = {setting: median(rate for rate, _ in taken) for setting, taken in measured.items()}
    costs = {
        f"cpu_ms a life, {setting}": [round(cost, 1) for _, cost in taken]
        for setting, taken in measured.items()
    }
    notes = {
        **costs,
        "lives/s": {setting: [round(rate, 1) for rate, _ in taken] for setting, taken in measured.items()},
    }
    spent = {setting: median(cost for _, cost in taken) for setting, taken in measured.items()}
    return [
        Figure("lives with telemetry", "closed/s", rates["on"], "without", rates["off"], TARGET, notes),
        Figure(
            "lives a processor second", "lives/s", 1e3 / spent["on"], "without", 1e3 / spent["off"], TARGET
        ),
    ]


async def _lives(seconds: float, **settings: object) -> tuple[float, float]:
    """Lives closed a second, and the services' processor time for each life in milliseconds."""
    async with ground(**settings) as cluster, begin_city(cluster) as office:
        pids, before = _services(), []
        begins, _ = await live(office, seconds, lambda: before.append(_cpu_s(pids)))
        spent_s = _cpu_s(pids) - before[0]
    closed = [at for at in office.closed if at >= begins]
    return sum(at < begins + seconds for at in closed) / seconds, spent_s * 1e3 / len(closed)


def _services() -> list[int]:
    """The process ids of the services, which are children of this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return [int(pid) for pid in children if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _cpu_s(pids: list[int]) -> float:
    """The processor time that these processes have used, in seconds."""
    tick = os.sysconf("SC_CLK_TCK")
    fields = [_stat(pid) for pid in pids]
    return sum(int(stat[11]) + int(stat[12]) for stat in fields) / tick


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()


@asynccontextmanager
async def _sink() -> AsyncIterator[str]:
    """A receiver that accepts every POST. Yields its base address."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
