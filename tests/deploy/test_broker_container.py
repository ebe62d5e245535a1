"""Apache Kafka with the compose file's environment: passwords from files, and the list brought to it."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient

from huying.kafka.setup import JVM, NoJava, jars, tools
from huying.local.embedded import free_port, listens
from services import SERVICES
from shared.service.settings import KafkaSettings
from tests.deploy.programs import DEPLOY, ROOT, running, until

CONTAINERS = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


def properties(folder: Path, client: int, controller: int) -> Path:
    """The environment as the image turns it into Kafka's properties, on this machine."""
    lines = []
    for name, value in CONTAINERS["broker"]["environment"].items():
        key = re.sub("_", ".", name.removeprefix("KAFKA_").lower().replace("___", "-"))
        value = value.strip().replace("$$", "$").replace("/run/secrets", str(folder / "secrets"))
        value = value.replace("broker:9092", f"127.0.0.1:{client}").replace(
            "//:9092", f"//127.0.0.1:{client}"
        )
        value = value.replace("localhost:9093", f"127.0.0.1:{controller}")
        lines.append(f"{key}={value.replace('/var/lib/kafka', str(folder))}")
    assert any(line.startswith("listener.name.client.scram-sha-512.") for line in lines)
    file = folder / "kafka.properties"
    file.write_text("\n".join(lines))
    return file


@pytest.mark.slow
async def test_the_broker_takes_its_password_from_a_file_and_each_service_gets_in_as_itself(
    folder: Path,
) -> None:
    try:
        java, mvn = await asyncio.to_thread(tools)
    except NoJava as error:
        pytest.skip(f"NOT RUN: {error}")
    port = free_port()
    command = await asyncio.to_thread(_formatted, folder, port, [java, *JVM, "-cp", f"{jars(mvn)}/*"])
    with running(command, folder / "kafka.log"):
        await asyncio.to_thread(until, lambda: listens(port), 90, f"see {folder}/kafka.log")
        await asyncio.to_thread(_bring_access, folder, port)
        for service in SERVICES:
            password = folder / "secrets" / f"{service}_kafka_password"
            login = KafkaSettings(
                bootstrap=f"127.0.0.1:{port}",
                kafka_protocol="SASL_PLAINTEXT",
                kafka_user=service,
                kafka_password_file=password,
            )
            client = AIOKafkaAdminClient(**login.client())
            await client.start()
            await client.close()


def _formatted(folder: Path, port: int, java: list[str]) -> list[str]:
    """Secrets and storage; the command that starts the broker."""
    subprocess.run(["bash", str(DEPLOY / "secrets.sh"), str(folder / "secrets")], check=True)
    file = str(properties(folder, port, free_port()))
    words = ["kafka.tools.StorageTool", "format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAA", "--config", file]
    completed_process = subprocess.run([*java, *words], capture_output=True, text=True)
    assert completed_process.returncode == 0, completed_process.stderr
    return [*java, "kafka.Kafka", file]


def _bring_access(folder: Path, port: int) -> None:
    """The command of the container `access`, with its environment and secrets."""
    access, place = CONTAINERS["access"], folder / "access"
    place.mkdir()
    for secret in access["secrets"]:
        source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
        (place / target).write_bytes((folder / "secrets" / source).read_bytes())
    variables = {**access["environment"], "HUYING_SECRETS": str(place)}
    words = [word.replace("broker:9092", f"127.0.0.1:{port}") for word in access["command"]]
    command = [sys.executable, "-m", "huying", *words]
    completed_process = subprocess.run(
        command, env={**variables, "PATH": ""}, cwd=ROOT, capture_output=True, text=True
    )
    assert completed_process.returncode == 0, completed_process.stderr
