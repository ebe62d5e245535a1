"""`huying import`: an old ledger brought into a live city."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def import_(
    file: Annotated[Path, typer.Argument(help="The ledger, .xlsx or .csv.", exists=True, dir_okay=False)],
    profile: Annotated[str, typer.Option(help="Which columns mean what: a shipped name or a file.")],
    city: Annotated[str, typer.Option(help="Address of the city, like http://127.0.0.1:8000.")],
    key_file: Annotated[
        Path, typer.Option(help="File with the key of an importer.", exists=True, dir_okay=False)
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come of it; change nothing.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="The result of each row, .xlsx or .csv; without it FILE.result.xlsx.")
    ] = None,
) -> None:
    """Bring an old ledger into a live city; exit code 1 where a row did not come in (docs/import.md)."""
    from huying.ledger.importing import import_ledger
    from huying.ledger.results import INCOMPLETE, Fate

    results = out or file.with_suffix(".result.xlsx")
    key = key_file.read_text("utf-8").strip()
    counts = asyncio.run(import_ledger(file, profile, city, key, results, dry_run=dry_run))
    typer.echo("，".join(f"{fate.value} {counts[fate]} 行" for fate in Fate if counts[fate]) or "没有数据行")
    typer.echo(f"逐行结果 / result of each row: {results}")
    if not INCOMPLETE.isdisjoint(counts):
        raise typer.Exit(1)
