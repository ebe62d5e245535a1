"""`huying kafka`: Apache Kafka on this machine, and who may do what on it or on one elsewhere."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Apache Kafka itself, without Docker.")

State = Annotated[Path, typer.Option(help="Its storage and passwords are in the folder kafka of this one.")]
Banks = Annotated[list[str] | None, typer.Option("--bank", help="Code of a bank that speaks Kafka.")]
STATE = Path(".huying")


@app.command()
def up(
    state: State = STATE,
    brokers: Annotated[int | None, typer.Option(help="1 or 3; at later starts what it was.")] = None,
    bank: Banks = None,
    tls: Annotated[bool, typer.Option("--tls", help="A further listener for banks: SASL over TLS.")] = False,
    mtls: Annotated[
        bool, typer.Option("--mtls", help="The same, and a bank shows a certificate too.")
    ] = False,
) -> None:
    """Start Apache Kafka in the background on 127.0.0.1; exit code 2 where Java or Maven lacks."""
    if brokers not in (None, 1, 3):
        raise ValueError(f"--brokers is {brokers}: 1 or 3 / 只能是 1 或 3")
    from huying.kafka.broker import Kafka
    from huying.kafka.setup import NoJava

    async def start() -> None:
        cluster = Kafka(state, brokers, detached=True, tls="mutual" if mtls else "server" if tls else None)
        await cluster.start()
        await cluster.admit(bank or ())
        typer.echo(f"Apache Kafka runs at {cluster.bootstrap}; its state is in {cluster.state}.")
        typer.echo(f"Services on it: huying up --kafka {state}    End it: huying kafka down --state {state}")

    try:
        asyncio.run(start())
    except NoJava as error:
        typer.echo(f"huying: {error}", err=True)
        sys.exit(2)


@app.command()
def down(state: State = STATE) -> None:
    """End the Apache Kafka of a state folder; what it holds stays."""
    from huying.kafka.broker import Kafka

    if not asyncio.run(Kafka(state).down()):
        typer.echo(f"no Kafka of {state} runs", err=True)


@app.command()
def acls(
    state: State = STATE,
    bank: Banks = None,
    bootstrap: Annotated[
        str | None, typer.Option(help="A cluster elsewhere: HUYING_KAFKA_… say the admin, see docs/kafka.md.")
    ] = None,
) -> None:
    """Bring principals and access list (deploy/kafka/acls.yaml) to a running cluster."""
    _known(
        _elsewhere(bootstrap, bank or ()) if bootstrap else _here(state, bank or ()), bootstrap or str(state)
    )
    typer.echo("access is as deploy/kafka/acls.yaml says")


async def _here(state: Path, banks: list[str] | tuple[str, ...]) -> None:
    from huying.kafka.broker import RunningKafka

    cluster = RunningKafka(state)
    await cluster.start()
    await cluster.admit(banks)


async def _elsewhere(bootstrap: str, banks: list[str] | tuple[str, ...]) -> None:
    from huying.kafka import access as kafka_access
    from shared.service.settings import KafkaSettings

    admin = KafkaSettings(bootstrap=bootstrap)
    passwords = {name: _password(name) for name in kafka_access.principals(banks)}
    await kafka_access.apply(admin, passwords, kafka_access.entries(banks))


def _password(principal: str) -> str:
    name = f"{principal.upper().replace('-', '_')}_KAFKA_PASSWORD"
    if password := os.environ.get(name):
        return password
    file = Path(os.environ.get("HUYING_SECRETS", "")) / name.lower()
    if not file.is_file() or not (password := file.read_text("utf-8").strip()):
        raise ValueError(
            f"set {name} in the environment, or put {name.lower()} into the folder that HUYING_SECRETS names:"
            f" the password of {principal} / 请设置该密码"
        )
    return password


def _known(work: Coroutine[Any, Any, None], where: str) -> None:
    from aiokafka.errors import KafkaError

    try:
        asyncio.run(work)
    except KafkaError as error:
        raise ValueError(f"Kafka at {where}: {error}") from error
