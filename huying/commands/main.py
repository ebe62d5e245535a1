"""The command `huying`: one module for each group of commands, put together here."""

import gc
from typing import Annotated

import typer

from huying.commands import (
    archive,
    backup,
    banks,
    calendar,
    doctor,
    erasing,
    kafka,
    keys,
    ledger,
    local,
    notices,
    packs,
    parked,
    replay,
    retention,
    simulate,
)
from huying.commands.running import known_errors_as_sentences
from huying.commands.version import show_version

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(local.up)
app.command()(doctor.doctor)
app.command()(local.code)
app.command()(local.console)
app.command("bank-sim")(local.bank_sim)
app.command()(local.serve)
app.command()(local.grow)
app.command()(simulate.simulate)
app.command()(replay.replay)
app.command("import")(ledger.import_)
app.command()(simulate.verify)
app.command()(archive.export)
app.command()(archive.rebuild)
app.command()(erasing.erase)
app.command()(retention.retention)
app.command()(backup.restore)
app.add_typer(backup.app, name="backup")
app.add_typer(parked.app, name="parked")
app.add_typer(kafka.app, name="kafka")
app.add_typer(keys.app, name="keys")
app.add_typer(banks.app, name="bank")
app.add_typer(notices.app, name="notices")
app.add_typer(notices.app, name="notice", hidden=True)
app.add_typer(calendar.app, name="calendar")
app.add_typer(archive.audit, name="audit")
app.add_typer(packs.app, name="pack")


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=show_version,
            is_eager=True,
            help="The release, and the rule packs with their versions.",
        ),
    ] = False,
) -> None:
    """Huying (呼应)."""


def main() -> None:
    """Run the command; an error that the user can mend is one sentence, without a traceback."""
    gc.set_threshold(20_000, 20, 20)  # what imports make stays: looking through it is a fifth of their time
    with known_errors_as_sentences():
        app()
