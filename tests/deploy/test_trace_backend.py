"""Real spans through the collector and Jaeger of the compose file, read back as an operator would.

Neither is packaged where the tests run: `make jaeger` builds Jaeger with Go, and Jaeger's program runs the
collector's configuration too, unless HUYING_COLLECTOR names another.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from huying.local.embedded import free_port
from tests.deploy.monitored import city
from tests.deploy.programs import DEPLOY, ROOT, running, until

JAEGER = Path(os.environ.get("HUYING_JAEGER", ROOT / ".huying" / "jaeger"))
COLLECTOR = Path(os.environ.get("HUYING_COLLECTOR", JAEGER))


@contextmanager
def backend(folder: Path) -> Iterator[tuple[str, str]]:
    """Where spans are sent, and where Jaeger answers."""
    if not JAEGER.exists():
        pytest.skip(f"NOT RUN: there is no Jaeger at {JAEGER}: make jaeger builds it, in 15 minutes")
    into, query, kept = free_port(), free_port(), free_port()
    config = _moved(folder, "jaeger", {4318: kept, 16686: query, 16685: free_port(), 8888: free_port()})
    config = _moved(folder, "collector", {4318: into, 8888: free_port()})
    here = {"JAEGER_ADDRESS": "127.0.0.1", "JAEGER_FOLDER": str(folder / "badger")}
    there = {"COLLECTOR_ADDRESS": "127.0.0.1", "JAEGER_ENDPOINT": f"http://127.0.0.1:{kept}"}
    log = folder / "jaeger.log"
    with (
        running([str(JAEGER), f"--config={config}"], log, here),
        running([str(COLLECTOR), f"--config={config}"], folder / "collector.log", there),
    ):
        api = f"http://127.0.0.1:{query}/api"
        until(lambda: _answers(f"{api}/services"), 60, f"see {log}")
        yield f"http://127.0.0.1:{into}", api


def _moved(folder: Path, name: str, ports: dict[int, int]) -> Path:
    text = (DEPLOY / name / "config.yaml").read_text()
    for was, now in ports.items():
        assert re.search(rf":[ ]?{was}\b", text)
        text = re.sub(rf"(:[ ]?){was}\b", rf"\g<1>{now}", text)
    moved = folder / f"{name}.yaml"
    moved.write_text(text)
    return moved


def _answers(url: str) -> Any:
    try:
        return httpx.get(url, timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return None


@pytest.mark.slow
async def test_an_appeal_is_found_in_jaeger_by_its_number(folder: Path) -> None:
    with backend(folder) as (endpoint, query):
        async with city(folder, otlp_endpoint=endpoint, trace_ratio=1.0) as live:
            number = await live.dispatch_one()
            tags = f'{{"huying.registration_number":"{number}"}}'
            traces: list[Any] = []

            def of(service: str) -> list[Any]:
                answer = httpx.get(
                    f"{query}/traces", params={"service": service, "tags": tags, "limit": "20"}
                )
                return list(answer.json()["data"] or [])

            def complete() -> bool:
                traces[:] = of("intake")
                return {"intake", "dispatch", "escalation", "notify"} <= _services(traces)

            await asyncio.to_thread(until, complete, 90, traces)
    names = {span["operationName"] for trace in traces for span in trace["spans"]}
    assert {"POST /intake/appeals", "send intake.events", "process intake.events"} <= names


def _services(traces: list[Any]) -> set[str]:
    return {process["serviceName"] for trace in traces for process in trace["processes"].values()}
