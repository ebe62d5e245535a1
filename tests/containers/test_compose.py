"""The Compose file runs: it judges, is traced and scraped, is killed, stops and comes again."""

import json
import os
from typing import Any

import httpx
import pytest

from services import SERVICES
from tests.containers.composed import ONCE, Composed
from tests.containers.engine import NOW, Engine
from tests.containers.story import deadlines, lived
from tests.deploy.programs import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "HUYING_CONTAINERS" not in os.environ, reason="NOT RUN: `make test-containers` starts an engine"
    ),
]


def test_an_appeal_is_registered_dispatched_and_judged_through_the_proxy(
    city: Composed, appeal: dict[str, Any]
) -> None:
    assert {one["unit"] for one in deadlines(city, appeal)} == {"roads"}
    shown = city.answer(
        "GET",
        f"/intake/status/{appeal['registration_number']}",
        headers={"receipt-code": appeal["receipt_code"]},
    )
    assert shown["registration_number"] == appeal["registration_number"]


def test_a_city_has_a_place_for_its_own_settings_and_files(city: Composed) -> None:
    assert "HUYING_LOG_LEVEL=WARNING" in city.run("intake", "env").splitlines()
    assert "LOG_LEVEL" in city.run("escalation", "cat", "/etc/huying/city/settings.env")


def test_a_page_of_the_desks_opens(city: Composed) -> None:
    answer = city.ask("GET", "/")
    assert answer.status_code == httpx.codes.OK
    assert "<html" in answer.text


def test_prometheus_scrapes_every_target(city: Composed) -> None:
    def down() -> list[str]:
        targets = json.loads(
            city.run("prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/targets")
        )["data"]["activeTargets"]
        assert {target["labels"]["job"] for target in targets} == {
            "huying",
            "disk",
            "certificate",
            "telemetry",
        }
        return [target["scrapeUrl"] + target["lastError"] for target in targets if target["health"] != "up"]

    until(lambda: not down(), 90, down)


def test_an_appeal_is_traced_through_the_services(city: Composed, appeal: dict[str, Any]) -> None:
    def spans() -> list[str]:
        query = "http://jaeger:16686/api/traces?service=intake"
        words = ("python", "-c", f"import urllib.request as u; print(u.urlopen('{query}').read().decode())")
        traces = json.loads(city.run("collector", *words))["data"]
        return [span["operationName"] for trace in traces for span in trace["spans"]]

    until(lambda: "send intake.events" in spans(), 60, "no span came")


def test_operators_read_what_is_parked_and_open_the_console(city: Composed) -> None:
    assert "nothing is parked" in city.run("ops", "huying", "parked", "list")
    key = ("ops", city.secret("ops_key"))
    assert httpx.get("http://127.0.0.1:8007/ops/parked", auth=key).status_code == httpx.codes.OK
    assert httpx.get("http://127.0.0.1:8007/ops/parked").status_code == httpx.codes.UNAUTHORIZED


def test_a_broken_new_certificate_is_seen_before_it_is_used(city: Composed) -> None:
    test = ("run", "--rm", "--no-deps", "proxy", "-t")
    assert "test is successful" in city.compose(*test, fails=True)
    file = city.secrets / "tls_certificate"
    whole = file.read_text()
    file.rename(file.with_name("kept"))
    file.write_text("broken")
    assert "test failed" in city.compose(*test, fails=True)
    file.unlink()
    file.with_name("kept").rename(file)
    assert file.read_text() == whole


def test_no_container_leaves_anonymous_volumes(city: Composed) -> None:
    mounted = [
        mount["Name"]
        for container in city.containers().values()
        for mount in container["Mounts"]
        if mount["Type"] == "volume"
    ]
    assert [name for name in mounted if not name.startswith("huying_")] == []


def test_the_image_is_lean(docker: Engine, images: dict[str, str]) -> None:
    described = json.loads(docker.docker("image", "inspect", NOW))[0]
    print(f"\nimage: {described['Size'] / 1e6:.0f} MB")  # noqa: T201
    labels = described["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "huying"
    assert described["Config"]["User"] == "10001:10001"
    script = (
        "command -v pip gcc cc make; ls -d /usr/local/lib/python3.11/ensurepip;"
        " head -c 1 /opt/huying/sbom.cdx.json"
    )
    command = ["run", "--rm", "--network", "none", "--read-only", "--entrypoint", "sh", NOW, "-c"]
    assert docker.docker(*command, f"({script}) 2> /dev/null") == "{"
    assert "您的诉求已登记" in docker.docker(*command, "huying notice preview")


def test_each_container_that_is_killed_comes_back_with_its_data(
    city: Composed, appeal: dict[str, Any]
) -> None:
    for name in sorted(set(city.containers()) - ONCE):
        before = city.containers()[name]["RestartCount"]
        city.kill(name)
        until(lambda: city.containers()[name]["RestartCount"] > before, 60, name)  # noqa: B023
        city.until_healthy()
    assert deadlines(city, appeal)
    lived(city)


def test_it_stops_in_time_and_starts_again_with_all_its_data(city: Composed, appeal: dict[str, Any]) -> None:
    city.compose("stop")
    codes = {name: one["State"]["ExitCode"] for name, one in city.containers().items()}
    assert {name: code for name, code in codes.items() if name in SERVICES and code} == {}
    assert {name: code for name, code in codes.items() if code == 137} == {}
    city.up()
    assert deadlines(city, appeal)
    lived(city)
