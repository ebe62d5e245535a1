"""`huying backup` and `huying restore`: PostgreSQL saved as it is written, and put back."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from huying.commands.options import STATE, State
from huying.commands.running import run_until_stopped

app = typer.Typer(no_args_is_help=True, help="PostgreSQL saved as it is written. docs/backup.md has more.")

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.", file_okay=False, resolve_path=True)]


@app.command()
def base(folder: Folder, state: State = STATE) -> None:
    """Copy the whole server into the folder, and check the copy. The city goes on working."""
    run_until_stopped(_base(folder, state))


@app.command()
def wal(
    folder: Folder,
    state: State = STATE,
    synchronous: Annotated[
        bool,
        typer.Option(help="Every commit waits until its log is in the folder: nothing acknowledged is lost."),
    ] = False,
) -> None:
    """Receive the write-ahead log into the folder until stopped; to be started again whenever it ends.

    With --synchronous nobody is answered while this does not run; a start without it ends that.
    """
    run_until_stopped(_wal(folder, state, synchronous=synchronous))


def restore(
    folder: Folder,
    state: State = STATE,
    to: Annotated[
        str | None, typer.Option(help="The moment to restore to, such as 2026-11-30T12:00:00+08:00.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="One service's database alone, into the server that runs on --state.")
    ] = None,
) -> None:
    """Put PostgreSQL back from a backup into a state folder without data, or one database with --only."""
    if to is not None and only is not None:
        raise ValueError("--to and --only exclude each other: other services have heard what came later")
    run_until_stopped(_restore(folder, state, _moment(to)) if only is None else _only(folder, state, only))


def _moment(text: str | None) -> datetime | None:
    """The moment that is written. ValueError where it has no offset."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"--to {text}: write the offset too, such as {text}+08:00 / 请写明时区")
    return moment


async def _base(folder: Path, state: Path) -> None:
    from huying.backup.server import server_of
    from huying.backup.taking import take_base
    from shared.service.clock import WallClock

    made = await take_base(await server_of(state), folder, WallClock().now())
    typer.echo(f"{made}: complete and checked / 基础备份完成并已校验")


async def _wal(folder: Path, state: Path, *, synchronous: bool) -> None:
    from huying.backup.server import server_of
    from huying.backup.taking import receive_wal

    await receive_wal(await server_of(state), folder, synchronous=synchronous)


async def _restore(folder: Path, state: Path, to: datetime | None) -> None:
    from huying.backup import restoring
    from huying.local.embedded import EmbeddedPostgres

    postgres = EmbeddedPostgres(state)
    try:
        await restoring.restore(postgres, folder, to)
    finally:
        await postgres.stop()
    typer.echo(
        f"{state}: restored. Start the city, then `huying backup base` and `huying backup wal` into a new"
        " folder / 已恢复。启动后请在新目录重新备份"
    )


async def _only(folder: Path, state: Path, service: str) -> None:
    from huying.backup.restoring import restore_database
    from huying.backup.server import server_of
    from services import SERVICES

    if service not in SERVICES:
        raise ValueError(f"there is no service {service}: choose one of {', '.join(SERVICES)}")
    await restore_database(await server_of(state), state, service, folder)
    typer.echo(f"{service}: restored. Start the service / 已恢复，请启动该服务")
