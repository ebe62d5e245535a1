"""`huying calendar`: the holiday notices that the judge knows, and loading a year's."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from huying.parked import Where
from shared.rules.notices import Known, read_notices


def load(where: Where, file: Path) -> None:
    """Send the notices in a YAML file, year by year. ValueError with file, line and rule for a mistake."""
    for notice in read_notices(file):
        answer = where.ask("PUT", "escalation", f"/calendar/{notice.year}", notice.data()).json()
        Console().print(
            f"{notice.year}: calendar {answer['version']}, known from {answer['known_from']};"
            f" {answer['cases']:,} open cases are looked at again"
        )


def show(where: Where) -> None:
    """Print the calendars as they became known, with the years that each brought."""
    table = Table()
    for name in ("calendar", "known from", "years"):
        table.add_column(name, overflow="fold")
    for item in where.ask("GET", "escalation", "/calendars").json()["items"]:
        known = Known.of(item)
        table.add_row(known.version, known.known_from.isoformat(), _years([n.year for n in known.notices]))
    Console().print(table)


def _years(years: list[int]) -> str:
    whole = years == list(range(years[0], years[-1] + 1)) and len(years) > 1
    return f"{years[0]} to {years[-1]}" if whole else ", ".join(map(str, years))
