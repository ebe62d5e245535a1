"""`huying up`: everything embedded, with an invented city at the first start."""

import asyncio
import importlib
import socket
import tempfile
from pathlib import Path

import typer
import yaml

from huying import sample_data
from huying.embedded import EmbeddedError
from huying.fleet import Fleet
from huying.parked import URLS
from services import SERVICES
from shared.runtime import Running, serve
from shared.telemetry import configure_logs


async def up(state: Path, port: int, *, processes: bool) -> None:
    """Run until cancelled. Raises `EmbeddedError` with a sentence where something cannot start."""
    configure_logs("WARNING")
    check_ports(range(port, port + len(SERVICES)) if processes else [port])
    check_state(state)
    fleet = Fleet(state, sample_data.people(), port=port)
    try:
        await fleet.start()
        async with asyncio.TaskGroup() as group:
            if processes:
                await fleet.start_processes(port)
            group.create_task(fleet.watch())
            if processes:
                await _ready(fleet, {service: fleet.url(service) for service in SERVICES})
            else:
                group.create_task(_in_one(fleet, port))
    finally:
        await fleet.stop()


async def _in_one(fleet: Fleet, port: int) -> None:
    async def ready(_services: list[Running]) -> None:
        await _ready(fleet, {service: f"http://127.0.0.1:{port}/{service}" for service in SERVICES})

    apps = [importlib.import_module(f"services.{service}.app").SERVICE for service in SERVICES]
    await serve(apps, fleet.settings, ready)


async def _ready(fleet: Fleet, urls: dict[str, str]) -> None:
    """Bring in the sample data and say where to look."""
    await sample_data.bring_in(urls, fleet.keys)
    (fleet.state / URLS).write_text(yaml.safe_dump(urls), "utf-8")
    lines = [f"  {service:<11} {url}/docs" for service, url in urls.items()]
    typer.echo(
        "\n".join(
            [
                "",
                "Huying is ready (呼应已就绪). Ctrl-C stops it; its data stay in " + str(fleet.state) + ".",
                *lines,
                f"API keys of the sample accounts: {fleet.state / 'keys.yaml'}",
                "Register an appeal:",
                f"  curl -s {urls['intake']}/appeals -H 'Content-Type: application/json' -d '"
                '{"channel": "web", "kind": "help", "title": "厂区门口道路破损", "text": "货车无法进出。", '
                '"enterprise": {"name": "示例制造有限公司"}}\'',
                "Read its status with what that answers:",
                f"  curl -s {urls['intake']}/status/<registration_number> -H 'Receipt-Code: <receipt_code>'",
            ]
        )
    )


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
