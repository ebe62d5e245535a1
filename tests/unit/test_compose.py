"""`docker-compose.yml` runs every service, with settings that exist, and is open to this machine alone."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from huying.local.services import load, settings_for
from services import SERVICES
from shared.roles import AccountRole
from shared.service.accounts import Accounts

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
CONTAINERS = COMPOSE["services"]


STORES = {"postgres", "databases", "broker", "access"}
WATCHERS = {"collector", "jaeger", "traces-folder", "prometheus", "node", "blackbox", "grafana"}
"""What operators look with, and what it needs."""


def test_there_is_a_container_for_each_service_for_what_it_needs_and_for_who_watches() -> None:
    assert CONTAINERS.keys() == {*SERVICES, *STORES, "proxy", "ops", *WATCHERS}


def secrets(container: str) -> dict[str, str]:
    """The secrets of a container by the file it finds them in."""
    listed = CONTAINERS[container].get("secrets", ())
    return dict(
        (secret, secret) if isinstance(secret, str) else (secret["target"], secret["source"])
        for secret in listed
    )


def test_each_container_is_a_principal_of_its_own_and_the_list_is_brought_before_any_starts() -> None:
    for service in SERVICES:
        assert CONTAINERS[service]["environment"]["HUYING_KAFKA_USER"] == service
        assert secrets(service)["huying_kafka_password"] == f"{service}_kafka_password"
        assert f"{service}_kafka_password" in secrets("access")
        assert CONTAINERS[service]["depends_on"]["access"]["condition"] == "service_completed_successfully"
    assert CONTAINERS["access"]["command"][:2] == ["kafka", "acls"]
    assert "StandardAuthorizer" in CONTAINERS["broker"]["environment"]["KAFKA_AUTHORIZER_CLASS_NAME"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_serves_its_service_on_its_own_database(service: str) -> None:
    container = CONTAINERS[service]
    assert container["command"] == ["serve", service]
    assert secrets(service)["huying_database"] == f"{service}_database"
    assert container["healthcheck"]["test"][-1] == service


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_of_a_container_makes_settings(service: str) -> None:
    environment = CONTAINERS[service]["environment"]
    assert all(name.startswith("HUYING_") for name in environment)
    values = {name.removeprefix("HUYING_").lower(): value for name, value in environment.items()}
    del values["secrets"]  # the folder, shared/service/settings.py
    values |= {"database": "postgresql+asyncpg://x", "kafka_password": "x"}
    settings = settings_for(load(service), values)
    assert (settings.partitions, settings.idempotent_producer, settings.port) == (6, True, 8000)


def test_the_proxy_alone_can_be_reached_from_another_machine_and_only_when_the_operator_says_so() -> None:
    published = {name: container.get("ports", ()) for name, container in CONTAINERS.items()}
    assert {name for name in SERVICES if published[name]} == set()
    for name, ports in published.items():
        where = "${ADDRESS:-127.0.0.1}:" if name == "proxy" else "127.0.0.1:"
        assert all(port.startswith(where) for port in ports)
    assert {name for name, ports in published.items() if ports} == {
        "proxy",
        "ops",
        "jaeger",
        "prometheus",
        "grafana",
    }


IMAGE = re.compile(r"\$\{([A-Z_]+_IMAGE):-([a-z/-]+:v?\d+\.\d+[\w.-]*)\}")
"""A variable with which a city names an image, and the image's name and version otherwise."""


def test_every_image_is_pinned_and_can_be_named_by_the_city() -> None:
    images = [IMAGE.fullmatch(container["image"]) for container in CONTAINERS.values()]
    assert all(images)
    arguments = CONTAINERS["intake"]["build"]["args"]
    bases = [IMAGE.fullmatch(arguments[name]) for name in ("BUILD_IMAGE", "PYTHON_IMAGE")]
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    versions = [re.search(r":(3\.11\.\d+)-", base[2]) for base in bases if base]
    assert len({version[1] for version in versions if version}) == 1
    assert len(versions) == 2
    assert all(f"ARG {base[1]}={base[2]}\n" in dockerfile for base in bases if base)
    froms = [image.partition(" ")[0] for image in re.findall("^FROM (.*)", dockerfile, re.M)]
    assert froms == ["${BUILD_IMAGE}", "${PYTHON_IMAGE}"]
    defaults = {f"#{match[1]}={match[2]}" for match in (*images, *bases) if match}
    example = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert {line for line in example if "_IMAGE=" in line} == defaults


def test_the_file_system_of_all_but_the_stores_is_read_only() -> None:
    for name, container in CONTAINERS.items():
        assert "no-new-privileges:true" in container["security_opt"]
        assert container.get("read_only", False) == (name not in ("postgres", "broker"))


def test_every_container_that_stays_has_limits_and_every_service_a_health_check() -> None:
    for name, container in CONTAINERS.items():
        if name not in ("traces-folder", "databases"):
            assert {"cpus", "memory"} <= container["deploy"]["resources"]["limits"].keys(), name
    assert all("healthcheck" in CONTAINERS[service] for service in (*SERVICES, "postgres", "broker", "proxy"))


def test_secrets_are_files_that_the_script_makes_and_all_are_used(tmp_path: Path) -> None:
    used = {source for name in CONTAINERS for source in secrets(name).values()}
    assert used == COMPOSE["secrets"].keys()
    if shutil.which("openssl") is None:
        pytest.skip("NOT RUN: openssl is not on this machine")
    script = ["bash", str(ROOT / "deploy" / "secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(script, check=True)
    contents = {file.name: file.read_bytes() for file in (tmp_path / "secrets").iterdir()}
    assert used <= contents.keys()
    assert (tmp_path / "secrets").stat().st_mode & 0o77 == 0
    assert contents["intake_password"] in contents["intake_database"]
    key = contents["ops_key"].decode()
    assert Accounts.load(tmp_path / "secrets" / "accounts").caller(key).role == AccountRole.OPS
    subprocess.run(script, check=True)
    assert contents == {file.name: file.read_bytes() for file in (tmp_path / "secrets").iterdir()}


def test_no_password_stands_in_an_environment() -> None:
    for name, container in CONTAINERS.items():
        for variable, value in container.get("environment", {}).items():
            secret = re.search(r"PASSWORD$|KEY$|DATABASE$", variable)
            assert not secret or value.startswith("/run/secrets/"), (name, variable)
    asked = set(re.findall(r"\$\{(\w+):-", TEXT))
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    settings = {line.partition("=")[0].removeprefix("#") for line in lines if not line.startswith("# ")}
    assert settings == asked


def test_the_database_is_set_up_for_each_service() -> None:
    script = (ROOT / "deploy" / "databases.sh").read_text("utf-8")
    listed = re.search(r"for service in (.*); do", script)
    assert listed
    assert set(listed[1].split()) == set(SERVICES)
    assert {f"{service}_password" for service in SERVICES} <= secrets("databases").keys()
    for service in SERVICES:
        assert "databases" in CONTAINERS[service]["depends_on"]
