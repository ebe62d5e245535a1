"""The command `huying`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from aiokafka.errors import KafkaError

from huying.commands import kafka as kafka_cli
from huying.commands.running import known_errors_as_sentences, run_until_stopped
from shared.rules.pack.pack import PackError
from shared.service.settings import KafkaSettings

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Huying (呼应)."
)
parked = typer.Typer(no_args_is_help=True, help="Messages that could not be handled.")
app.add_typer(parked, name="parked")
app.add_typer(kafka_cli.app, name="kafka")
notices = typer.Typer(no_args_is_help=True, help="Messages that leave: what failed, and sending it again.")
app.add_typer(notices, name="notices")
app.add_typer(notices, name="notice", hidden=True)
calendar = typer.Typer(no_args_is_help=True, help="The holiday notices that deadlines are judged by.")
app.add_typer(calendar, name="calendar")
audit = typer.Typer(no_args_is_help=True, help="Whether a file of the city's history is what the city said.")
app.add_typer(audit, name="audit")
packs = typer.Typer(no_args_is_help=True, help="Rule packs: checked, compared, told in sentences.")
app.add_typer(packs, name="pack")

Databases = Annotated[
    Path | None,
    typer.Option(help="Databases elsewhere: a YAML file, a line `service: URL` for each.", exists=True),
]
SealKey = Annotated[
    Path | None,
    typer.Option(
        "--seal-key", envvar="HUYING_SEAL_KEY", help="The key that signs; else the state folder's seal.key."
    ),
]
PublicKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help="A public key that may have signed, or a file of it; more than once for several."
    ),
]
State = Annotated[Path, typer.Option(help="Folder of everything that lasts.")]
Profile = Annotated[str, typer.Option(help="Which columns mean what: a shipped name or a file.")]
Out = Annotated[Path, typer.Option(help="Folder for what comes of it: CSV files and the report.")]
File = Annotated[Path, typer.Argument(help="Recorded cases, .csv or .csv.gz.", exists=True, dir_okay=False)]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar="HUYING_PACK_SETTINGS",
        resolve_path=True,
        help="Numbers that packs leave open, a YAML file.",
    ),
]
OptionalPack = Annotated[str | None, typer.Option("--pack", help="The rule pack: a shipped id or a file.")]
OptionalPacks = Annotated[
    list[str] | None, typer.Option("--pack", help="The rule pack; give it twice to compare two.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say of every deadline why it ends when it does.")]
Processes = Annotated[
    int | None, typer.Option(min=1, max=64, help="How many processes work on it; else one a processor.")
]
OptionalFile = Annotated[
    Path | None, typer.Argument(help="Recorded cases, .csv or .csv.gz.", exists=True, dir_okay=False)
]
OptionalProfile = Annotated[
    str | None, typer.Option("--profile", help="Which columns mean what: a shipped name or a file.")
]
FromEvents = Annotated[bool, typer.Option("--from-events", help="Judge what running services hold.")]
Upto = Annotated[datetime | None, typer.Option(help="Judge the live history as of then, not of now.")]
Url = Annotated[str | None, typer.Option(help="Services that `huying up` did not start.")]
Key = Annotated[str | None, typer.Option(envvar="HUYING_KEY", help="API key of an ops account there.")]
PackName = Annotated[str, typer.Argument(help="A shipped id, also with a version (id@1), or a file.")]
Lang = Annotated[Literal["zh", "en"], typer.Option(help="Chinese or English.")]
STATE = Path(".huying")


def main() -> None:
    """Run the command; an error that the user can mend is one sentence, without a traceback."""
    with known_errors_as_sentences():
        app()


@app.command()
def up(
    state: State = STATE,
    port: Annotated[int, typer.Option(min=1, max=65000)] = 8000,
    processes: Annotated[bool, typer.Option("--processes", help="Each service as its own process.")] = False,
    kafka: Annotated[
        Path | None, typer.Option(help="State folder of `huying kafka up`: run on that.")
    ] = None,
) -> None:
    """Start PostgreSQL, a broker and all services, with sample data at the first start."""
    from huying.local.up import up as start

    run_until_stopped(start(state, port, processes=processes, kafka=kafka))


@app.command("bank-sim")
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
    from huying.local import bank_sim as sim

    if (bootstrap is None) == (webhook_port is None):
        raise ValueError("give either --bootstrap (Kafka) or --webhook-port with --url and --key (HTTP)")
    drawn = sim.read_delays(delays) if delays else sim.BUILT_IN
    plan = sim.Plan(bank, drawn, sim.read_faults(faults), seed, speed)
    if bootstrap is not None:
        try:
            run_until_stopped(sim.on_kafka(plan, KafkaSettings(bootstrap=bootstrap)))
        except KafkaError as error:
            raise ValueError(
                f"no broker answers at {bootstrap} ({error!r}): is --bootstrap right?"
            ) from error
    elif webhook_port is not None:
        from huying.local.bank_sim_webhooks import on_webhooks

        run_until_stopped(on_webhooks(plan, webhook_port, url.rstrip("/") + "/", key))


@app.command()
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


@app.command()
def simulate(
    pack: OptionalPacks = None,
    file: OptionalFile = None,
    profile: OptionalProfile = None,
    out: Out = Path("out"),
    settings: SettingsFile = None,
    explain: Explain = False,
    processes: Processes = None,
    from_events: FromEvents = False,
    upto: Upto = None,
    of: Annotated[str | None, typer.Option(help="Live cases registered under this pack alone.")] = None,
    state: State = STATE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Judge recorded cases, or the live history, in memory; by two packs to see what would change."""
    from huying.commands.parked import Where
    from huying.simulate import live, profiles, simulate

    pack = pack or [profiles.pack_of(profile)]
    if len(pack) > 2:
        raise ValueError("--pack is given more than twice: compare two packs at a time")
    if from_events and not file and not profile:
        where = Where.find(state, url, key)
        live.simulate(where, pack, out, settings, upto=upto, of=of, explain=explain)
    elif file and profile and not from_events:
        simulate.simulate(file, profile, pack, out, settings, explain=explain, at_once=processes)
    else:
        raise ValueError("give FILE with --profile, or --from-events: one of them")


@app.command()
def replay(
    file: File,
    profile: Profile,
    pack: OptionalPack = None,
    out: Out = Path("out"),
    settings: SettingsFile = None,
    url: Annotated[str | None, typer.Option(help="Services that run with a driven clock.")] = None,
    key: Annotated[str, typer.Option(envvar="HUYING_KEY", help="Key of their importer.")] = "",
) -> None:
    """Send recorded cases through running services; without --url through its own, which go away after."""
    from huying.replay.replay import replay as run
    from huying.simulate import profiles

    run_until_stopped(run(file, profile, pack or profiles.pack_of(profile), out, settings, url, key))


@parked.command("list")
def parked_list(state: State = STATE, url: Url = None, key: Key = None) -> None:
    """What every service has parked, with reasons."""
    from huying.commands.parked import Where, show

    show(Where.find(state, url, key))


@parked.command("redrive")
def parked_redrive(
    service: str, parked_id: int, state: State = STATE, url: Url = None, key: Key = None
) -> None:
    """Let a service handle a parked message again."""
    from huying.commands.parked import Where, redrive

    redrive(Where.find(state, url, key), service, parked_id)


@notices.command("list")
def notices_list(
    state: State = STATE,
    standing: Annotated[
        Literal["failed", "waiting", "sending", "sent", "delivered"], typer.Option(help="How they stand.")
    ] = "failed",
    url: Url = None,
    key: Key = None,
) -> None:
    """Messages that could not leave, with what the provider said."""
    from huying.commands.notices import show
    from huying.commands.parked import Where

    show(Where.find(state, url, key), standing)


@notices.command("resend")
def notices_resend(delivery_id: str, state: State = STATE, url: Url = None, key: Key = None) -> None:
    """Try a message again that failed for good."""
    from huying.commands.notices import resend
    from huying.commands.parked import Where

    resend(Where.find(state, url, key), delivery_id)


@notices.command("preview")
def notices_preview(
    template: Annotated[str | None, typer.Argument(help="All when left out.")] = None,
    language: Annotated[Literal["zh-CN", "en"], typer.Option(help="Chinese or English.")] = "zh-CN",
    html: Annotated[bool, typer.Option("--html", help="As a page, to be written to a file.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Templates that are not shipped: a folder.")] = None,
) -> None:
    """How messages read, on example data, with what they take as SMS; exit code 1 where one cannot."""
    from huying.commands.notice_preview import page, show

    (page if html else show)(template, language, folder)


@calendar.command("load")
def calendar_load(
    file: Annotated[Path, typer.Argument(help="Notices of a year or several, YAML.", exists=True)],
    state: State = STATE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Make a year's holiday notice known to the judge, from now on."""
    from huying.commands.calendar import load
    from huying.commands.parked import Where

    load(Where.find(state, url, key), file)


@calendar.command("show")
def calendar_show(state: State = STATE, url: Url = None, key: Key = None) -> None:
    """The calendars as they became known."""
    from huying.commands.calendar import show
    from huying.commands.parked import Where

    show(Where.find(state, url, key))


@app.command()
def verify(
    state: State = STATE,
    url: Url = None,
    key: Key = None,
    packs: Annotated[
        list[Path] | None, typer.Option("--pack", help="File of a pack that is not shipped.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Judge all cases anew: exactly what was issued, or each difference (exit code 1)."""
    from huying.commands.parked import Where
    from huying.simulate.verify import verify as run

    if not run(Where.find(state, url, key), packs or [], settings):
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Named .ndjson.gz, or .ndjson.", dir_okay=False)],
    state: State = STATE,
    databases: Databases = None,
    public: Annotated[bool, typer.Option("--public", help="Events alone: for an auditor.")] = False,
    seal_key: SealKey = None,
) -> None:
    """Write the whole history of a city into a file, while it goes on working; a backup, unless --public."""
    from huying.commands.history import write

    run_until_stopped(write(file, state, databases, seal_key, records=not public))


@app.command()
def rebuild(
    file: Annotated[Path, typer.Option("--from", help="What `huying export` wrote.", exists=True)],
    state: State = STATE,
    databases: Databases = None,
    key: PublicKeys = None,
) -> None:
    """Build a city anew in empty databases, and compare it with what the file says of it."""
    from huying.commands.history import put_back

    run_until_stopped(put_back(file, state, databases, key or []))


@audit.command("verify")
def audit_verify(
    file: Annotated[Path, typer.Argument(help="What `huying export` wrote.", exists=True, dir_okay=False)],
    key: PublicKeys = None,
) -> None:
    """Check a file without any database; names the first event that is not as it was said (exit code 1)."""
    from huying.archive import audit

    typer.echo(audit.told(audit.verified(file, audit.read_keys(key or [])), with_key=bool(key)))


@audit.command("key")
def audit_key(state: State = STATE, seal_key: SealKey = None) -> None:
    """Print the city's public key: to be kept where the city's own people cannot change it."""
    from huying.commands.history import public_key

    typer.echo(public_key(state, seal_key))


@packs.command("schema")
def pack_schema() -> None:
    """The JSON Schema of a pack's file, for editors."""
    from huying.commands.packs import schema

    typer.echo(schema())


@packs.command("check")
def pack_check(file: Path, settings: SettingsFile = None) -> None:
    """Every mistake in a pack's file, one a line; exit code 1 if there is one."""
    from huying.commands.packs import check

    try:
        typer.echo(check(file, settings))
    except PackError as error:
        typer.echo(error)
        raise typer.Exit(1) from None


@packs.command("diff")
def pack_diff(first: PackName, second: PackName, settings: SettingsFile = None, lang: Lang = "zh") -> None:
    """What two packs say differently, rule by rule."""
    from huying.commands.packs import difference

    typer.echo("\n".join(difference(first, second, settings, lang)))


@packs.command("explain")
def pack_explain(
    pack: PackName,
    settings: SettingsFile = None,
    lang: Lang = "zh",
    out: Annotated[Path | None, typer.Option(help="Write a page to print and sign, HTML.")] = None,
) -> None:
    """A pack in sentences, with clause or choice behind each."""
    from huying.commands.packs import page, text

    if out is None:
        typer.echo(text(pack, settings, lang))
    else:
        out.write_text(page(pack, settings, lang), encoding="utf-8")
