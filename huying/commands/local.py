"""`huying up`, `huying serve` and `huying bank-sim`: what runs on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from huying.commands.options import STATE, Key, State, Url
from huying.commands.running import run_until_stopped


def up(
    state: State = STATE,
    port: Annotated[int, typer.Option(min=1, max=65000)] = 8000,
    processes: Annotated[bool, typer.Option("--processes", help="Each service as its own process.")] = False,
    kafka: Annotated[
        Path | None, typer.Option(help="State folder of `huying kafka up`: run on that.")
    ] = None,
    bank_faults: Annotated[
        str | None,
        typer.Option(
            help="Chances of faults at the sample banks, e.g. slow=0.1,garbage=0.1 (raises alerts)."
        ),
    ] = None,
    banks_answer: Annotated[
        bool, typer.Option("--bank-sim/--no-bank-sim", help="Sample banks answer by themselves.")
    ] = True,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="A city to try in: banks may move its time ahead.")
    ] = False,
    without: Annotated[list[str] | None, typer.Option(help="A service that does not run: desks.")] = None,
) -> None:
    """Start PostgreSQL, a broker and all services, with sample data at the first start."""
    from huying.local.up import FAULTS
    from huying.local.up import up as start

    if sandbox and processes:
        raise ValueError("--sandbox runs all services in one process: leave --processes out")
    faults = (FAULTS if bank_faults is None else bank_faults) if banks_answer else None
    run_until_stopped(
        start(
            state,
            port,
            processes=processes,
            kafka=kafka,
            bank_faults=faults,
            sandbox=sandbox,
            without=without or (),
        )
    )


def console(
    url: Url = None,
    key: Key = None,
    state: Annotated[Path, typer.Option(help="Folder for the spans that it receives.")] = STATE,
    host: Annotated[str, typer.Option(help="The address that it listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, envvar="HUYING_PORT")] = 8007,
) -> None:
    """Serve the console for services that `huying up` did not start, such as those of Docker Compose."""
    from huying.local.console_alone import serve_console
    from huying.local.running_services import RunningServices

    services = RunningServices.find(state, url, key)
    state.mkdir(parents=True, exist_ok=True)
    run_until_stopped(serve_console(services, state, host, port))


def code(login: Annotated[str, typer.Argument(help="The login.")], state: State = STATE) -> None:
    """Show the one-time code with which a sample person signs in now."""
    from huying.local.sample_people import present_code

    typer.echo(present_code(state, login))


def bank_sim(
    bank: Annotated[str, typer.Option(help="The bank's code.")],
    bootstrap: Annotated[str | None, typer.Option(help="Over Kafka: where the broker is.")] = None,
    webhook_port: Annotated[int | None, typer.Option(help="Over HTTP: where webhooks are heard.")] = None,
    url: Annotated[
        str, typer.Option(help="Over HTTP: the financing service.")
    ] = "http://127.0.0.1:8000/financing",
    key: Annotated[str, typer.Option(envvar="HUYING_BANK_KEY", help="Over HTTP: the bank's API key.")] = "",
    delays: Annotated[Path | None, typer.Option(help="Real loans to draw delays from, a CSV file.")] = None,
    faults: Annotated[
        str, typer.Option(help="Chances, e.g. silence=0.05,duplicate=0.1,garbage=0.05,slow=0.1")
    ] = "",
    seed: int = 0,
    speed: Annotated[float, typer.Option(min=0.001, help="Seconds of the bank in one second.")] = 1.0,
) -> None:
    """A bank that answers loan requests by itself, over Kafka or by webhooks and HTTP."""
    from aiokafka.errors import KafkaError

    from huying.local import bank_sim as sim
    from huying.local.bank_sim_webhooks import on_webhooks
    from shared.service.settings import KafkaSettings

    if (bootstrap is None) == (webhook_port is None):
        raise ValueError("give either --bootstrap (Kafka) or --webhook-port with --url and --key (HTTP)")
    known_delays = sim.read_delays(delays) if delays else sim.BUILT_IN
    plan = sim.BankPlan(bank, known_delays, sim.read_faults(faults), seed, speed)
    if webhook_port is not None:
        run_until_stopped(on_webhooks(plan, webhook_port, url.rstrip("/") + "/", key))
    elif bootstrap is not None:
        try:
            run_until_stopped(sim.on_kafka(plan, KafkaSettings(bootstrap=bootstrap)))
        except KafkaError as error:
            raise ValueError(
                f"no broker answers at {bootstrap} ({error!r}): is --bootstrap right?"
            ) from error


def grow(
    cases: Annotated[int, typer.Option(min=1, help="How many cases in all.")] = 400_000,
    open_: Annotated[int, typer.Option("--open", min=0, help="How many of them are open.")] = 100_000,
    years: Annotated[float, typer.Option(help="How long ago the first was registered.")] = 5,
    state: State = STATE,
    seed: int = 1,
) -> None:
    """Grow a consistent past in a new city, for measuring: the state of all services, events and chains."""
    from huying.local.grow.city import Size
    from huying.local.grow.city import grow as write
    from shared.service.clock import WallClock

    run_until_stopped(write(state, Size(cases, open_, years), WallClock().now(), seed))


def serve(service: str, port: Annotated[int | None, typer.Option()] = None) -> None:
    """Run one service; its settings come from the environment (HUYING_DATABASE, HUYING_BOOTSTRAP, …)."""
    from huying.local.services import load
    from shared.service.start import serve as run
    from shared.telemetry.logs import configure_logs

    chosen = load(service)
    settings = chosen.settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    configure_logs(settings.log_level)
    run_until_stopped(run([chosen], lambda _: settings))
