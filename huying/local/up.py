"""`huying up`: everything embedded, with an invented city at the first start."""

import asyncio
import importlib
import os
import socket
import tempfile
from pathlib import Path

import httpx
import typer
import yaml
from aiokafka.errors import KafkaError

from huying.console.app import Console
from huying.kafka.broker import RunningKafka
from huying.local import bank_sim, bank_sim_webhooks, sample_data, sample_loans
from huying.local.cluster import LocalCluster
from huying.local.embedded import EmbeddedError, free_port
from huying.local.running_services import URLS
from huying.local.samples import PROCEDURES, SETTINGS
from services import SERVICES
from shared.service.accounts import Accounts
from shared.service.service import ServiceContext
from shared.service.start import listening, serve, under_one_port
from shared.telemetry.logs import configure_logs

SPEED = 2_000.0
"""Of the sample banks: a day of theirs takes 43 seconds."""
FAULTS = {"silence": 0.1, "duplicate": 0.1, "garbage": 0.02, "slow": 0.1}
CONSOLE = "ops"
"""The console's path, beside the services'."""


async def up(state: Path, port: int, *, processes: bool, kafka: Path | None = None) -> None:
    """Run until cancelled, on the Apache Kafka of the folder `kafka` where one is given.

    Raises `EmbeddedError` with a sentence where something cannot start.
    """
    configure_logs("WARNING")
    urls = _urls(port, processes=processes)
    consoles = port + len(SERVICES) if processes else port
    check_ports(range(port, consoles + 1))
    check_state(state)
    people = [*sample_data.people(), *sample_loans.people()]
    more = {
        "port": port,
        "allow_private_webhooks": True,
        **_offered(),
        **_traced(consoles),
    }  # a sample bank's webhook is here
    fleet = LocalCluster(state, people, RunningKafka(kafka) if kafka else None, **more)
    try:
        await fleet.start()
        accounts = Accounts.load(fleet.settings(SERVICES[0]).accounts)
        async with Console(state, urls, fleet.keys["ops"], accounts) as console, asyncio.TaskGroup() as group:
            if processes:
                group.create_task(_alone(console, consoles))
                await fleet.start_processes(port)
            group.create_task(fleet.telemetry())
            group.create_task(console.run())
            if processes:
                await _ready(fleet, group, urls, consoles)
            else:
                group.create_task(_in_one(fleet, group, urls, console))
    finally:
        await fleet.stop()


def _urls(port: int, *, processes: bool) -> dict[str, str]:
    """RunningServices each service answers."""
    return {
        service: f"http://127.0.0.1:{port + (index if processes else 0)}/{service}"
        for index, service in enumerate(SERVICES)
    }


def _traced(port: int) -> dict[str, object]:
    """Every trace to the console, where the environment names no other receiver."""
    if "HUYING_OTLP_ENDPOINT" in os.environ:
        return {}
    all_of_them = {} if "HUYING_TRACE_RATIO" in os.environ else {"trace_ratio": 1.0}
    return {"otlp_endpoint": f"http://127.0.0.1:{port}/{CONSOLE}", **all_of_them}


async def _alone(console: Console, port: int) -> None:
    async with listening(under_one_port({CONSOLE: console.app}), "127.0.0.1", port) as serving:
        await serving


def _offered() -> dict[str, object]:
    """The sample procedures and their numbers, where the environment names neither of its own."""
    given = {"procedures": PROCEDURES, "pack_settings": SETTINGS}
    named = any(f"HUYING_{name}".upper() in os.environ for name in given)
    return {} if named else {**given}


async def _in_one(
    fleet: LocalCluster, group: asyncio.TaskGroup, urls: dict[str, str], console: Console
) -> None:
    port = fleet.settings(SERVICES[0]).port

    async def ready(_services: list[ServiceContext]) -> None:
        await _ready(fleet, group, urls, port)

    apps = [importlib.import_module(f"services.{service}.app").SERVICE for service in SERVICES]
    await serve(apps, fleet.settings, ready, {CONSOLE: console.app})


async def _ready(fleet: LocalCluster, group: asyncio.TaskGroup, urls: dict[str, str], consoles: int) -> None:
    """Bring in the sample data, let the sample banks answer, and say where to look."""
    await sample_data.bring_in(urls, fleet.keys)
    await sample_loans.bring_in(urls["financing"], fleet.keys)
    codes = await _banks(fleet, urls["financing"], "kafka")
    await fleet.broker.admit(codes)
    for code in codes:
        group.create_task(_answer(fleet, code))
    for code in await _banks(fleet, urls["financing"], "webhook"):
        group.create_task(_answer_webhooks(fleet, code, urls["financing"]))
    (fleet.state / URLS).write_text(yaml.safe_dump(urls), "utf-8")
    lines = [f"  {service:<11} {url}/docs" for service, url in urls.items()]
    typer.echo(
        "\n".join(
            [
                "",
                "Huying is ready (呼应已就绪). Ctrl-C stops it; its data stay in " + str(fleet.state) + ".",
                *lines,
                f"  console     http://127.0.0.1:{consoles}/{CONSOLE}/ (any name; password: key `ops`)",
                f"API keys of the sample accounts: {fleet.state / 'keys.yaml'}",
                "Register an appeal:",
                f"  curl -s {urls['intake']}/appeals -H 'Content-Type: application/json' -d '"
                '{"channel": "web", "kind": "help", "title": "厂区门口道路破损", "text": "货车无法进出。", '
                '"enterprise": {"name": "示例制造有限公司"}}\'',
                'or under a procedure (办事程序), with "procedure" and an id of these: '
                f"curl -s {urls['intake']}/procedures",
                "Read its status with what that answers:",
                f"  curl -s {urls['intake']}/status/<registration_number> -H 'Receipt-Code: <receipt_code>'",
            ]
        )
    )


async def _banks(fleet: LocalCluster, financing: str, way: str) -> list[str]:
    """The codes of the banks in the directory that are reached this way."""
    headers = {"authorization": f"Bearer {fleet.keys['office']}"}
    async with httpx.AsyncClient(headers=headers) as client:
        banks = (await client.get(f"{financing}/banks")).raise_for_status().json()["items"]
    return [bank["code"] for bank in banks if way in bank["ways"]]


async def _answer(fleet: LocalCluster, code: str) -> None:
    """A sample bank at work; a broker that is away is waited for."""
    while True:
        try:
            bank = bank_sim.Plan(code, faults=FAULTS, speed=SPEED)
            await bank_sim.on_kafka(bank, fleet.broker.as_client(f"bank-{code}"))
        except KafkaError:
            await asyncio.sleep(1)


async def _answer_webhooks(fleet: LocalCluster, code: str, financing: str) -> None:
    """A sample bank with an endpoint here; one whose webhooks go elsewhere is left alone."""
    if (key := fleet.keys.get(code)) is None or await _has_another(financing, code, key):
        return
    while True:
        try:
            bank = bank_sim.Plan(code, faults=FAULTS, speed=SPEED)
            await bank_sim_webhooks.on_webhooks(bank, free_port(), financing, key)
        except (httpx.TransportError, OSError):
            await asyncio.sleep(1)


async def _has_another(financing: str, code: str, key: str) -> bool:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.get(f"{financing}/banks/{code}/endpoint")
    return answer.is_success and not answer.json()["url"].startswith(bank_sim_webhooks.HERE)


def check_ports(ports: range | list[int]) -> None:
    """Refuse a port that somebody listens on."""
    for port in ports:
        try:
            with socket.create_server(("127.0.0.1", port)):
                pass
        except OSError as error:
            raise EmbeddedError(
                f"Port {port} cannot be used: {error.strerror}. Stop what uses it, or choose another: "
                "huying up --port 8100"
            ) from error


def check_state(state: Path) -> None:
    """Refuse a state folder that cannot be written."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            pass
    except OSError as error:
        raise EmbeddedError(
            f"The state folder {state} cannot be written: {error.strerror}. Give yourself the right to write "
            "there, or choose another: huying up --state FOLDER"
        ) from error
