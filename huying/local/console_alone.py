"""The console by itself, for services that others started."""

import asyncio
from pathlib import Path

from huying.console.app import Console
from huying.local.running_services import RunningServices
from shared.service.accounts import Accounts
from shared.service.settings import Settings
from shared.service.start import listening, under_one_port
from shared.telemetry.logs import configure_logs

PATH = "ops"


async def serve_console(services: RunningServices, state: Path, host: str, port: int) -> None:
    """Serve the console below /ops, until cancelled. The accounts are those of HUYING_ACCOUNTS."""
    configure_logs("WARNING")
    accounts = Accounts.load(Settings(database="").accounts)
    apps = under_one_port({PATH: (console := Console(state, services.urls, services.key, accounts)).app})
    async with console, listening(apps, host, port) as serving, asyncio.TaskGroup() as group:
        looking = group.create_task(console.run())
        await serving
        looking.cancel()
