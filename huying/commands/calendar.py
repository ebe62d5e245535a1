"""`huying calendar`: the holiday notices that the judges know, and loading a year's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.options import STATE, Key, State, Url

if TYPE_CHECKING:
    from huying.local.running_services import RunningServices

JUDGES = ("escalation", "financing")
"""The services that judge, each by the notices it was given."""

app = typer.Typer(no_args_is_help=True, help="The holiday notices that deadlines are judged by.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="Notices of a year or several, YAML.", exists=True)],
    state: State = STATE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Make a year's holiday notice known to the judge, from now on."""
    from huying.local.running_services import RunningServices

    load_notices(RunningServices.find(state, url, key), file)


def load_notices(services: "RunningServices", file: Path) -> None:
    """Send the notices in a YAML file to every judge, year by year; a notice that a judge has stays as it is.

    ValueError with file, line and rule for a mistake.
    """
    from shared.rules.time.notices import read_notices

    for notice in read_notices(file):
        for judge in JUDGES:
            answer = services.ask("PUT", judge, f"/calendar/{notice.year}", notice.data()).json()
            Console(markup=False).print(
                f"{notice.year}, {judge}: calendar {answer['version']}, known from {answer['known_from']};"
                f" {answer['cases']:,} open cases are looked at again"
            )


@app.command()
def show(state: State = STATE, url: Url = None, key: Key = None) -> None:
    """The calendars as they became known."""
    from huying.local.running_services import RunningServices
    from shared.rules.time.notices import Known

    services = RunningServices.find(state, url, key)
    table = Table()
    for name in ("judge", "calendar", "known from", "years"):
        table.add_column(name, overflow="fold")
    for judge in JUDGES:
        for item in services.ask("GET", judge, "/calendars").json()["items"]:
            known = Known.of(item)
            years = _years([notice.year for notice in known.notices])
            table.add_row(judge, known.version, known.known_from.isoformat(), years)
    Console(markup=False).print(table)


def _years(years: list[int]) -> str:
    whole = years == list(range(years[0], years[-1] + 1)) and len(years) > 1
    return f"{years[0]} to {years[-1]}" if whole else ", ".join(map(str, years))
