"""`huying simulate` and `huying verify`: cases judged in memory."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from huying.commands.options import STATE, Excel, Key, Out, SettingsFile, State, Url

Packs = Annotated[
    list[str] | None, typer.Option("--pack", help="The rule pack; give it twice to compare two.")
]
File = Annotated[
    Path | None, typer.Argument(help="Recorded cases, .csv or .csv.gz.", exists=True, dir_okay=False)
]
Profile = Annotated[
    str | None, typer.Option("--profile", help="Which columns mean what: a shipped name or a file.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say of every deadline why it ends when it does.")]
Processes = Annotated[
    int | None, typer.Option(min=1, max=64, help="How many processes work on it; else one a processor.")
]
FromEvents = Annotated[bool, typer.Option("--from-events", help="Judge what running services hold.")]
CalendarFile = Annotated[
    Path | None,
    typer.Option("--calendar", help="Holiday notices that take the place of those known, YAML.", exists=True),
]


def _moment(text: str) -> datetime:
    from shared.web.bodies import midnight_as_00

    try:
        return datetime.fromisoformat(midnight_as_00(text))
    except ValueError as error:
        raise typer.BadParameter(
            f"'{text}' is no moment; write it like 2026-03-09 17:30, or 24:00"
        ) from error


Upto = Annotated[
    datetime | None,
    typer.Option(parser=_moment, metavar="MOMENT", help="Judge the live history as of then, not of now."),
]


def simulate(
    pack: Packs = None,
    file: File = None,
    profile: Profile = None,
    out: Out = Path("out"),
    settings: SettingsFile = None,
    calendar: CalendarFile = None,
    explain: Explain = False,
    processes: Processes = None,
    excel: Excel = False,
    from_events: FromEvents = False,
    upto: Upto = None,
    of: Annotated[str | None, typer.Option(help="Live cases registered under this pack alone.")] = None,
    state: State = STATE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Judge recorded cases, or the live history, in memory; by two packs to see what would change."""
    from huying.local.running_services import RunningServices
    from huying.simulate import live, profiles, simulate

    pack = pack or [profiles.pack_of(profile)]
    if len(pack) > 2:
        raise ValueError("--pack is given more than twice: compare two packs at a time")
    if from_events and calendar:
        raise ValueError(
            "--calendar is for FILE: live cases are judged by the calendars as they became known"
        )
    if from_events and not file and not profile:
        services = RunningServices.find(state, url, key, "office")  # ops reads no case
        live.simulate(
            services,
            pack,
            out,
            settings or services.pack_settings,
            upto=upto,
            of=of,
            explain=explain,
            excel=excel,
        )
    elif file and profile and not from_events:
        simulate.simulate(
            file,
            profile,
            pack,
            out,
            settings,
            calendar=calendar,
            explain=explain,
            at_once=processes,
            excel=excel,
        )
    else:
        raise ValueError("give FILE with --profile, or --from-events: one of them")


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
    from huying.local.running_services import RunningServices
    from huying.simulate.verify import verify as run

    services = RunningServices.find(state, url, key, "office")  # ops reads no case
    if not run(services, packs or [], settings or services.pack_settings):
        raise typer.Exit(1)
