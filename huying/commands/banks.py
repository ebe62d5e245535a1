"""`huying bank`: banks of one's own at a city that `huying up` runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from huying.commands.options import STATE, State

Code = Annotated[str, typer.Argument(help="2 to 20 small letters, digits and hyphens.")]

app = typer.Typer(no_args_is_help=True, help="Banks of one's own.")


@app.callback()
def banks() -> None:
    """Banks of one's own."""


@app.command()
def new(
    code: Code,
    ways: Annotated[
        list[str], typer.Option("--way", help="How it is connected: kafka, webhook, desk; more than once.")
    ],
    name: Annotated[str | None, typer.Option(help="Its name, at the first time.")] = None,
    state: State = STATE,
) -> None:
    """Register a bank and print what its engineer needs: addresses, topics, key, lines to paste."""
    from huying.local.bank_connection import connect_bank
    from services.financing.banks.acts import Integration

    if unknown := sorted(set(ways) - set(Integration)):
        raise ValueError(f"--way {unknown[0]} is none of {', '.join(Integration)}")
    integrations = [Integration(way) for way in ways]
    typer.echo(asyncio.run(connect_bank(state, code, name, integrations)))


@app.command()
def certify(
    code: Code,
    only: Annotated[
        list[str] | None, typer.Option(help="The code of a case; more than once. All without it.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=1, help="Seconds the bank's client has for each step that is waited for.")
    ] = 120,
    out: Annotated[Path | None, typer.Option(help="The sheet's file; without it certify-CODE.md.")] = None,
    state: State = STATE,
) -> None:
    """Try a bank's client at a sandbox, case by case, and write the sheet (exit code 1: a case failed).

    docs/banks/certify.md lists the cases. Start the city by `huying up --sandbox --no-bank-sim` before.
    """
    from huying.certify.command import certify_bank

    file = out or Path(f"certify-{code}.md")
    if not certify_bank(state, code, only or (), wait, file, typer.echo):
        raise typer.Exit(1)
