"""`huying retention`: what the city's rules would end now."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.archive import Databases
from huying.commands.options import STATE, State
from huying.commands.running import run_until_stopped


def retention(
    file: Annotated[Path, typer.Argument(help="The rules, a YAML file.", exists=True, dir_okay=False)],
    state: State = STATE,
    databases: Databases = None,
) -> None:
    """Check the rules of retention, and say what they would end now. Nothing is changed."""
    run_until_stopped(show_due(file, state, databases))


async def show_due(file: Path, state: Path, named: Path | None, now: datetime | None = None) -> None:
    """Print how much of each kind is due, with the rule."""
    from huying.archive.databases import reading
    from huying.local.services import load
    from services import SERVICES
    from shared.database.connection import Database
    from shared.service import retention as rules_of
    from shared.service.clock import WallClock

    services = {name: load(name) for name in SERVICES}
    rules = rules_of.read(file, {name: service.retained for name, service in services.items()})
    rules_of.check_services(file, rules, SERVICES)
    moment = now or WallClock().now()
    table = Table("service", "kind", "days since", "then", "due now")
    async with reading(state, named) as urls:
        for name, service in services.items():
            async with Database(urls[name], 1).connect() as conn:
                for retained in service.retained:
                    if (rule := rules[name].get(retained.kind)) is None:
                        table.add_row(name, retained.kind, "", "kept / 保留", "")
                        continue
                    due = await retained.due(conn, rules_of.before(rule, moment))
                    since = f"{rule.days} {retained.since}"
                    table.add_row(name, retained.kind, since, str(rule.then), f"{due:,}")
    Console(markup=False).print(table)
