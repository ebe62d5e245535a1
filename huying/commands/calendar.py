"""`huying calendar`: the holiday notices that the judges know, and loading a year's."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from huying.commands.parked import Where
from shared.rules.time.notices import Known, read_notices

JUDGES = ("escalation", "financing")
"""The services that judge, each by the notices it was given."""


def load(where: Where, file: Path) -> None:
    """Send the notices in a YAML file to every judge, year by year; what one has it keeps as it is.

    ValueError with file, line and rule for a mistake.
    """
    for notice in read_notices(file):
        for judge in JUDGES:
            answer = where.ask("PUT", judge, f"/calendar/{notice.year}", notice.data()).json()
            Console().print(
                f"{notice.year}, {judge}: calendar {answer['version']}, known from {answer['known_from']};"
                f" {answer['cases']:,} open cases are looked at again"
            )


def show(where: Where) -> None:
    """Print the calendars as they became known to each judge, with the years that each brought."""
    table = Table()
    for name in ("judge", "calendar", "known from", "years"):
        table.add_column(name, overflow="fold")
    for judge in JUDGES:
        for item in where.ask("GET", judge, "/calendars").json()["items"]:
            known = Known.of(item)
            years = _years([notice.year for notice in known.notices])
            table.add_row(judge, known.version, known.known_from.isoformat(), years)
    Console().print(table)


def _years(years: list[int]) -> str:
    whole = years == list(range(years[0], years[-1] + 1)) and len(years) > 1
    return f"{years[0]} to {years[-1]}" if whole else ", ".join(map(str, years))
