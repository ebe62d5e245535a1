"""The command `huying`."""

import asyncio
import importlib
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from huying.embedded import EmbeddedError
from shared.rules.pack import PackError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Huying (呼应)."
)
parked = typer.Typer(no_args_is_help=True, help="Messages that could not be handled.")
app.add_typer(parked, name="parked")

State = Annotated[Path, typer.Option(help="Folder of everything that lasts.")]
Profile = Annotated[str, typer.Option(help="Which columns mean what: a shipped name or a file.")]
Pack = Annotated[str, typer.Option(help="The rule pack: a shipped id or a file.")]
Out = Annotated[Path, typer.Option(help="Folder for deadlines.csv, cases.csv and rejected.csv.")]
File = Annotated[Path, typer.Argument(help="Recorded cases, .csv or .csv.gz.", exists=True, dir_okay=False)]
Url = Annotated[str | None, typer.Option(help="Services that `huying up` did not start.")]
Key = Annotated[str | None, typer.Option(envvar="HUYING_KEY", help="API key of an ops account there.")]
STATE = Path(".huying")


def main() -> None:
    """Run the command; what people can mend is said in a sentence, without a trace."""
    try:
        app()
    except (EmbeddedError, PackError, ValueError) as error:
        _fail(error)
    except BaseExceptionGroup as group:
        known = group.subgroup((EmbeddedError, PackError, ValueError, OSError))
        if known is None:
            raise
        _fail(_first(known))


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _fail(error: BaseException) -> None:
    sys.exit(f"huying: {error}")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until done, or until SIGINT or SIGTERM asks to stop."""

    async def until_asked() -> None:
        task = asyncio.current_task()
        assert task is not None
        for asked in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(asked, task.cancel)
        try:
            await work
        except asyncio.CancelledError:
            typer.echo("stopped", err=True)

    uvloop.run(until_asked())


@app.command()
def up(
    state: State = STATE,
    port: Annotated[int, typer.Option(min=1, max=65000)] = 8000,
    processes: Annotated[bool, typer.Option("--processes", help="Each service as its own process.")] = False,
) -> None:
    """Start PostgreSQL, a broker and all services, with sample data at the first start."""
    from huying.up import up as start

    _run(start(state, port, processes=processes))


@app.command()
def serve(service: str, port: Annotated[int | None, typer.Option()] = None) -> None:
    """Run one service; its settings come from the environment (HUYING_DATABASE, HUYING_BOOTSTRAP, …)."""
    from services import SERVICES
    from shared.runtime import serve as run
    from shared.settings import Settings
    from shared.telemetry import configure_logs

    if service not in SERVICES:
        raise ValueError(f"there is no service {service}: choose one of {', '.join(SERVICES)}")
    settings = Settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    configure_logs(settings.log_level)
    _run(run([importlib.import_module(f"services.{service}.app").SERVICE], lambda _: settings))


@app.command()
def simulate(file: File, profile: Profile, pack: Pack, out: Out = Path("out")) -> None:
    """Judge recorded cases in memory, without services."""
    from huying.simulate import simulate as run

    run(file, profile, pack, out)


@app.command()
def replay(
    file: File,
    profile: Profile,
    pack: Pack,
    out: Out = Path("out"),
    url: Annotated[str | None, typer.Option(help="Services that run with a driven clock.")] = None,
    key: Annotated[str, typer.Option(envvar="HUYING_KEY", help="Key of their importer.")] = "",
) -> None:
    """Send recorded cases through running services; without --url through its own, which go away after."""
    from huying.replay import replay as run

    _run(run(file, profile, pack, out, url, key))


@parked.command("list")
def parked_list(state: State = STATE, url: Url = None, key: Key = None) -> None:
    """What every service has parked, with reasons."""
    from huying.parked import Where, show

    show(Where.find(state, url, key))


@parked.command("redrive")
def parked_redrive(
    service: str, parked_id: int, state: State = STATE, url: Url = None, key: Key = None
) -> None:
    """Let a service handle a parked message again."""
    from huying.parked import Where, redrive

    redrive(Where.find(state, url, key), service, parked_id)
