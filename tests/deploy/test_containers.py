"""What the compose file runs, without containers: commands, environments, secrets, health checks."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services import SERVICES
from shared.service.accounts import hash_key
from tests.deploy.programs import DEPLOY, ROOT, running, until

CONTAINERS: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


def secrets(folder: Path, service: str, database: str) -> Path:
    """What the container of a service finds in /run/secrets."""
    secrets = folder / service
    secrets.mkdir()
    for secret in CONTAINERS[service]["secrets"]:
        source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
        shutil.copy(folder / "secrets" / source, secrets / target)
    (secrets / "huying_database").chmod(0o644)
    (secrets / "huying_database").write_text(database)
    return secrets


def environment(service: str, place: Path, port: int, **here: str) -> Mapping[str, str]:
    """The container's environment, on this machine; the embedded broker asks for no password."""
    variables = {**CONTAINERS[service]["environment"]}
    for name in ("HUYING_KAFKA_PROTOCOL", "HUYING_KAFKA_USER", "HUYING_IDEMPOTENT_PRODUCER"):
        del variables[name]
    (place / "huying_kafka_password").unlink()
    moved = {name: value.replace("/run/secrets", str(place)) for name, value in variables.items()}
    return {**moved, "HUYING_PORT": str(port), "HUYING_HOST": "127.0.0.1", "HUYING_PARTITIONS": "4", **here}


def image(folder: Path) -> Path:
    """The files that the Dockerfile copies, and nothing else, beside the secrets."""
    subprocess.run(["bash", str(DEPLOY / "secrets.sh"), str(folder / "secrets")], check=True)
    copied = folder / "image"
    for line in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line and "/srv/huying/" in line:
            *sources, target = line.split()[1:]
            for source in sources:
                _put(ROOT / source, copied / target.removeprefix("/srv/huying/"), target.endswith("/"))
    return copied


def _put(source: Path, target: Path, into: bool) -> None:
    """As the Dockerfile's COPY does: a folder to its target, a file to it or into it."""
    if source.is_dir():
        shutil.copytree(source, target)
        return
    target = target / source.name if into else target
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def healthy(service: str, copied: Path, port: int) -> bool:
    """What the container's health check says."""
    words = CONTAINERS[service]["healthcheck"]["test"][1:]
    assert words[0] == "python"
    command = [sys.executable, *words[1:]]
    completed_process = subprocess.run(
        command, cwd=copied, env={"HUYING_PORT": str(port)}, capture_output=True
    )
    return completed_process.returncode == 0


@pytest.mark.slow
async def test_every_service_starts_as_its_container_does_and_its_health_check_tells_when_it_is_dead(
    folder: Path, postgres: EmbeddedPostgres
) -> None:
    copied = await asyncio.to_thread(image, folder)
    async with EmbeddedBroker(folder / "broker") as broker:
        for service in SERVICES:
            await asyncio.to_thread(
                _serve, folder, copied, service, postgres, broker.login(service)["bootstrap"]
            )


def _serve(folder: Path, copied: Path, service: str, postgres: EmbeddedPostgres, bootstrap: str) -> None:
    port = free_port()
    place = secrets(folder, service, postgres.dsn(service, service))
    variables = environment(service, place, port, HUYING_BOOTSTRAP=bootstrap, PYTHONPATH=str(copied))
    assert not healthy(service, copied, port)
    command = [sys.executable, "-P", "-m", "huying", *CONTAINERS[service]["command"]]
    log = folder / f"{service}.log"
    with running(command, log, variables):
        until(lambda: healthy(service, copied, port), 60, log)
        key = (folder / "secrets" / "ops_key").read_text()
        assert hash_key(key) in (place / "accounts").read_text()
        url = f"http://127.0.0.1:{port}/{service}/metrics"
        answer = httpx.get(url, headers={"authorization": f"Bearer {key}"}, timeout=30)
        assert "huying_up" in answer.raise_for_status().text
        assert httpx.get(url, timeout=30).status_code == httpx.codes.UNAUTHORIZED
    assert not healthy(service, copied, port)
