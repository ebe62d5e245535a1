"""`docker-compose.yml` runs every service, with settings that exist, and is open to this machine alone."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services import SERVICES
from shared.settings import Settings

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
CONTAINERS = COMPOSE["services"]


def test_there_is_a_container_for_each_service_and_three_more() -> None:
    assert CONTAINERS.keys() == {*SERVICES, "postgres", "broker", "access"}


def test_each_container_is_a_principal_of_its_own_and_the_list_is_brought_before_any_starts() -> None:
    access = CONTAINERS["access"]["environment"]
    for service in SERVICES:
        environment = CONTAINERS[service]["environment"]
        password = environment["HUYING_KAFKA_PASSWORD"].partition(":")[0]
        assert environment["HUYING_KAFKA_USER"] == service
        assert password == access[f"{service.upper()}_KAFKA_PASSWORD"].partition(":")[0]
        assert CONTAINERS[service]["depends_on"]["access"]["condition"] == "service_completed_successfully"
    assert CONTAINERS["access"]["command"][:2] == ["kafka", "acls"]
    assert "StandardAuthorizer" in CONTAINERS["broker"]["environment"]["KAFKA_AUTHORIZER_CLASS_NAME"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_serves_its_service_on_its_own_database(service: str) -> None:
    container = CONTAINERS[service]
    assert container["command"] == ["serve", service]
    url = container["environment"]["HUYING_DATABASE"]
    assert url.startswith(f"postgresql+asyncpg://{service}:${{{service.upper()}_PASSWORD:?")
    assert url.endswith(f"@postgres/{service}")
    assert container["healthcheck"]["test"][-1] == service


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_of_a_container_makes_settings(service: str) -> None:
    environment = CONTAINERS[service]["environment"]
    assert all(name.startswith("HUYING_") for name in environment)
    values = {name.removeprefix("HUYING_").lower(): value for name, value in environment.items()}
    assert values.keys() <= Settings.model_fields.keys()
    settings = Settings(**values)
    assert (settings.partitions, settings.idempotent_producer) == (6, True)
    assert settings.port == int(CONTAINERS[service]["ports"][0].rpartition(":")[2])


def test_nothing_can_be_reached_from_another_machine() -> None:
    published = [port for container in CONTAINERS.values() for port in container.get("ports", [])]
    assert len(published) == len({port.split(":")[1] for port in published}) == len(SERVICES)
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_stands_in_the_repository_and_an_unset_one_is_refused() -> None:
    asked = set(re.findall(r"\$\{(\w+)", TEXT))
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == asked
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == {f"{name}=" for name in asked}


def test_the_database_is_set_up_for_each_service() -> None:
    script = (ROOT / "deploy" / "postgres-init.sh").read_text("utf-8")
    listed = re.search(r"for service in (.*); do", script)
    assert listed
    assert set(listed[1].split()) == set(SERVICES)
    given = CONTAINERS["postgres"]["environment"]
    assert {f"{service.upper()}_PASSWORD" for service in SERVICES} <= given.keys()
