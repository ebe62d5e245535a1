"""What operators look at, and what wakes them, on a city that runs."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy.monitored import BUSY, GONE, city, watching
from tests.deploy.programs import DEPLOY, until

BOARDS = {
    file.stem: json.loads(file.read_text("utf-8")) for file in (DEPLOY / "grafana/dashboards").iterdir()
}
EXPECTED = {"MessagesParked", "NoticesFailing", "SpansLost"}
"""What the city is given: a record that nobody reads, an address that is gone, no receiver of spans."""
METRIC = re.compile(r"\b(?:huying|node|probe|process)_[a-z_]+")


def queries() -> list[tuple[str, str]]:
    """Every query of every panel, with where it stands."""
    return [
        (f"{board['title']}: {panel['title']}", target["expr"])
        for board in BOARDS.values()
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def asked_for() -> set[str]:
    """The metrics that rules and dashboards speak of."""
    rules = "".join(file.read_text("utf-8") for file in (DEPLOY / "prometheus" / "rules").iterdir())
    return set(METRIC.findall(rules + json.dumps(BOARDS)))


def test_dashboards_name_the_provisioned_sources_and_no_panel_twice() -> None:
    sources = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/huying.yaml").read_text())[
        "datasources"
    ]
    known = {source["uid"] for source in sources}
    for name, board in BOARDS.items():
        assert board["uid"] == name
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        for panel in board["panels"]:
            assert {
                panel["datasource"]["uid"],
                *(target["datasource"]["uid"] for target in panel["targets"]),
            } <= known
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24


@pytest.mark.slow
async def test_every_panel_has_data_every_metric_exists_and_a_dead_service_is_said(folder: Path) -> None:
    async with city(folder) as live:
        await live.dispatch_one(0, BUSY)
        await live.dispatch_one(1, GONE)
        with watching(folder, live.fleet) as prometheus:
            await live.spoil()
            missing = [where for where, expression in queries()]

            def shown() -> bool:
                missing[:] = [where for where, expression in queries() if not prometheus.query(expression)]
                return not missing

            await _until(shown, 150, missing)
            names = set(prometheus.ask("label/__name__/values"))
            assert {name for name in asked_for() if name not in names} == set()
            firing = prometheus.firing()
            assert set(firing) - {"DiskFilling"} <= EXPECTED, firing
            assert "intake.events" in firing["MessagesParked"]["annotations"]["summary"]
            await asyncio.to_thread(_look_through, prometheus.door, prometheus.inside)
            await live.fleet.processes["dispatch"].kill()
            await _until(lambda: "ServiceDown" in prometheus.firing(), 60, "no alert for a dead service")
            assert prometheus.firing()["ServiceDown"]["labels"]["service"] == "dispatch"


def _look_through(door: str, inside: str) -> None:
    """The proxy lets callers in, and keeps imports and what is for operators to the inside."""
    with httpx.Client(base_url=door, verify=False, timeout=30) as client:
        assert client.get("/intake/procedures").status_code == httpx.codes.OK
        assert client.get("/intake/health").headers["strict-transport-security"]
        for path in ("/intake/metrics", "/notify/flow", "/dispatch/parked", "/escalation/clock", "/ops", "/"):
            assert client.get(path).status_code == httpx.codes.NOT_FOUND, path
        for path in ("/intake/import", "/dispatch/import", "/financing/import"):
            assert client.post(path, json={}).status_code == httpx.codes.NOT_FOUND, path
            assert httpx.post(f"{inside}{path}", json={}).status_code == httpx.codes.UNAUTHORIZED, path


async def _until(true: Any, seconds: float, failure: Any) -> None:
    """As `until`, while this process's own tasks go on."""
    await asyncio.to_thread(until, true, seconds, failure)
