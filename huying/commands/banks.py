"""`huying bank`: banks of one's own at a city that `huying up` runs."""

import asyncio
from typing import Annotated, cast, get_args

import typer

from huying.commands.options import STATE, State

app = typer.Typer(no_args_is_help=True, help="Banks of one's own.")


@app.callback()
def banks() -> None:
    """Banks of one's own."""


@app.command()
def new(
    code: Annotated[str, typer.Argument(help="2 to 20 small letters, digits and hyphens.")],
    way: Annotated[
        list[str], typer.Option(help="How it is connected: kafka, webhook, desk; more than once.")
    ],
    name: Annotated[str | None, typer.Option(help="Its name, at the first time.")] = None,
    state: State = STATE,
) -> None:
    """Register a bank and print what its engineer needs: addresses, topics, key, lines to paste."""
    from huying.local.bank_connection import connect_bank
    from services.financing.banks.acts import Integration

    known = get_args(Integration)
    if unknown := sorted(set(way) - set(known)):
        raise ValueError(f"--way {unknown[0]} is none of {', '.join(known)}")
    typer.echo(asyncio.run(connect_bank(state, code, name, cast("list[Integration]", way))))
