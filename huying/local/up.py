"""`huying up`: a local cluster, with the sample data of an invented city at the first start."""

import asyncio
import importlib
import os
import socket
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import typer
import yaml

from huying.console.app import Console
from huying.kafka.broker import RunningKafka
from huying.local import bank_sim, sample_data, sample_loans, sample_people
from huying.local.bank_connection import last_port, write_broker
from huying.local.cluster import DESKS, LocalCluster
from huying.local.embedded import EmbeddedBroker
from huying.local.errors import EmbeddedError
from huying.local.running_services import PACK_SETTINGS, URLS
from huying.local.sample_banks import answer_on_kafka, answer_webhooks, banks_connected_by
from huying.local.samples import PROCEDURES, SETTINGS
from huying.local.sandbox import SANDBOX, Sandbox, check_sandbox, sandbox_settings
from services import SERVICES
from services.desks.app import SERVICE as DESKS_SERVICE
from services.desks.people.first import LOGIN, first_administrator
from shared.appeals.channels import ALL as ALL_CHANNELS
from shared.judging.settings import RulesSettings
from shared.service.accounts import Accounts
from shared.service.service import ServiceContext
from shared.service.start import listening, serve, under_one_port
from shared.telemetry.logs import configure_logs

FAULTS = "silence=0.1,duplicate=0.1,slow=0.1"
"""What goes wrong at the sample banks. Garbage is left out: it raises an alert, and a fresh city has none."""
LEFT_OUT = frozenset({"desks"})
"""The services that a city may do without: no other one asks or hears them."""
CONSOLE = "ops"
"""The path of the console, beside those of the services."""


async def up(
    state: Path,
    port: int,
    *,
    processes: bool,
    kafka: Path | None = None,
    bank_faults: str | None = FAULTS,
    sandbox: bool = False,
    without: Collection[str] = (),
) -> None:
    """Run until cancelled, on the Apache Kafka of the folder `kafka` where one is given.

    `bank_faults`: what goes wrong at the sample banks, as `read_faults` reads it; ValueError where it cannot.
    With None they do not answer by themselves. `sandbox`: banks may move its time ahead. `without`: services
    that do not run; ValueError for one that others need.
    Raises `EmbeddedError` with a sentence where something cannot start.
    """
    configure_logs("WARNING")
    faults = None if bank_faults is None else bank_sim.read_faults(bank_faults)
    services = services_without(without)
    urls = _urls(services, port, processes=processes)
    console_port = port + len(services) if processes else port
    check_ports(range(port, console_port + 1))
    check_state(state)
    check_sandbox(state, sandbox=sandbox)
    people = [*sample_data.people(), *sample_loans.people()]
    settings = {
        "port": port,
        "allow_private_webhooks": True,  # the sample banks' endpoints are on this machine
        **_procedure_settings(),
        **_channel_settings(),
        **_trace_settings(console_port),
        **(sandbox_settings(state) if sandbox else {}),
    }
    broker = RunningKafka(kafka) if kafka else EmbeddedBroker(state, last_port(state))
    cluster = LocalCluster(state, people, broker, **settings)
    try:
        await cluster.start()
        write_broker(state, broker.bootstrap, kafka)
        accounts = Accounts.load(cluster.settings(services[0]).accounts)
        clock = Sandbox(state, urls, cluster.keys["importer"], accounts) if sandbox else None
        async with (
            Console(state, urls, cluster.keys["ops"], accounts) as console,
            asyncio.TaskGroup() as group,
        ):
            if processes:
                group.create_task(_serve_console(console, console_port))
                await cluster.start_processes(port, services)
            group.create_task(cluster.supervise())
            group.create_task(console.run())
            if processes:
                await _ready(cluster, group, urls, console_port, faults)
            else:
                group.create_task(_in_one(cluster, group, urls, console, faults, clock))
    finally:
        await cluster.stop()


def services_without(without: Collection[str]) -> tuple[str, ...]:
    """The services that run. ValueError where one is left out that others need, or that is none."""
    if needed := sorted(set(without) - LEFT_OUT):
        raise ValueError(
            f"--without {needed[0]}: only {', '.join(sorted(LEFT_OUT))} can be left out, the others need each"
            " other / 只有 desks 可以不启动，其余服务互相依赖"
        )
    return tuple(service for service in SERVICES if service not in without)


def _urls(services: Sequence[str], port: int, *, processes: bool) -> dict[str, str]:
    """Where each service answers."""
    return {
        service: f"http://127.0.0.1:{port + (index if processes else 0)}/{service}"
        for index, service in enumerate(services)
    }


def _trace_settings(port: int) -> dict[str, object]:
    """Settings that send every trace to the console, unless the environment names another receiver."""
    if "HUYING_OTLP_ENDPOINT" in os.environ:
        return {}
    ratio = {} if "HUYING_TRACE_RATIO" in os.environ else {"trace_ratio": 1.0}
    return {"otlp_endpoint": f"http://127.0.0.1:{port}/{CONSOLE}", **ratio}


async def _serve_console(console: Console, port: int) -> None:
    async with listening(under_one_port({CONSOLE: console.app}), "127.0.0.1", port) as serving:
        await serving


def _procedure_settings() -> dict[str, object]:
    """Settings of the sample procedures and their numbers, unless the environment names its own."""
    settings = {"procedures": PROCEDURES, "pack_settings": SETTINGS}
    named = any(f"HUYING_{name}".upper() in os.environ for name in settings)
    return {} if named else {**settings}


def _channel_settings() -> dict[str, object]:
    """The setting of the channels of all five policies, unless the environment names its own."""
    return {} if "HUYING_APPEAL_CHANNELS" in os.environ else {"appeal_channels": ALL_CHANNELS}


async def _in_one(
    cluster: LocalCluster,
    group: asyncio.TaskGroup,
    urls: dict[str, str],
    console: Console,
    faults: dict[str, float] | None,
    clock: Sandbox | None,
) -> None:
    port = cluster.settings(SERVICES[0]).port

    async def ready(_services: list[ServiceContext]) -> None:
        if clock is not None:
            group.create_task(clock.run())
        await _ready(cluster, group, urls, port, faults, clock)

    apps = [importlib.import_module(f"services.{service}.app").SERVICE for service in urls]
    beside = {CONSOLE: console.app, **({SANDBOX: clock.app} if clock else {})}
    await serve(apps, cluster.settings, ready, beside)


async def _first_administrator(cluster: LocalCluster) -> list[str]:
    """Make the first administrator and the sample people at the first start.

    Returns the line with the administrator's password, which is shown this once.
    """
    context = ServiceContext(DESKS_SERVICE, cluster.settings(DESKS))
    try:
        password = await first_administrator(context)
        if password is not None:
            await sample_people.make_people(context, cluster.state)
    finally:
        await context.engine.dispose()
        await context.reader.dispose()
    if password is None:
        return []
    return [
        f"First administrator (首个系统管理员): {LOGIN}, password {password} (shown this once, for a week)"
    ]


async def _ready(
    cluster: LocalCluster,
    group: asyncio.TaskGroup,
    urls: dict[str, str],
    console_port: int,
    faults: dict[str, float] | None,
    clock: Sandbox | None = None,
) -> None:
    """Load the sample data, start the sample banks, and print where everything answers.

    Other banks than the sample banks answer for themselves. A sandbox has no past, so no sample appeals.
    """
    if clock is None:
        await sample_data.load_samples(urls, cluster.keys)
    await sample_loans.load_samples(urls["financing"], cluster.keys)
    on_kafka = await banks_connected_by(cluster, urls["financing"], "kafka")
    await cluster.broker.admit(on_kafka)
    if faults is not None:
        by_themselves = {bank.code for bank in sample_loans.samples().banks}
        on_webhooks = await banks_connected_by(cluster, urls["financing"], "webhook")
        for code in by_themselves.intersection(on_kafka):
            group.create_task(answer_on_kafka(cluster, code, faults))
        for code in by_themselves.intersection(on_webhooks):
            group.create_task(answer_webhooks(cluster, code, urls["financing"], faults))
    first_password = await _first_administrator(cluster) if DESKS in urls else []
    (cluster.state / PACK_SETTINGS).write_text(_pack_settings(cluster), "utf-8")
    (cluster.state / URLS).write_text(yaml.safe_dump(urls), "utf-8")
    lines = [f"  {service:<11} {url}/docs" for service, url in urls.items()]
    typer.echo(
        "\n".join(
            [
                "",
                "Huying is ready (呼应已就绪). Ctrl-C stops it; its data stay in " + str(cluster.state) + ".",
                *(sample_people.lines(cluster.state, _page_url(urls[DESKS])) if DESKS in urls else []),
                *first_password,
                "Services (服务):",
                *lines,
                f"  console     http://127.0.0.1:{console_port}/{CONSOLE}/ (any name; password: key `ops`)",
                f"  broker      {cluster.broker.bootstrap} (Kafka; a bank of your own: huying bank new)",
                *([f"  clock       http://127.0.0.1:{console_port}/{SANDBOX}/clock"] if clock else []),
                f"API keys of the sample accounts: {cluster.state / 'keys.yaml'}",
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


def _page_url(desks: str) -> str:
    """Where the pages are: on the port of desks."""
    return desks.removesuffix(f"/{DESKS}")


def _pack_settings(cluster: LocalCluster) -> str:
    settings = cluster.settings("escalation")
    assert isinstance(settings, RulesSettings)
    return str(settings.pack_settings.resolve()) if settings.pack_settings else ""


def check_ports(ports: range | list[int]) -> None:
    """EmbeddedError for a port that another program listens on."""
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
    """EmbeddedError for a state folder that cannot be written."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            pass
    except OSError as error:
        raise EmbeddedError(
            f"The state folder {state} cannot be written: {error.strerror}. Give yourself the right to write "
            "there, or choose another: huying up --state FOLDER"
        ) from error
