"""`huying replay`: recorded cases sent through services."""

from pathlib import Path
from typing import Annotated

import typer

from huying.commands.options import Excel, Out, SettingsFile
from huying.commands.running import run_until_stopped

File = Annotated[Path, typer.Argument(help="Recorded cases, .csv or .csv.gz.", exists=True, dir_okay=False)]
Profile = Annotated[str, typer.Option(help="Which columns mean what: a shipped name or a file.")]


def replay(
    file: File,
    profile: Profile,
    pack: Annotated[str | None, typer.Option("--pack", help="The rule pack: a shipped id or a file.")] = None,
    out: Out = Path("out"),
    settings: SettingsFile = None,
    url: Annotated[str | None, typer.Option(help="Services that run with a driven clock.")] = None,
    key: Annotated[str, typer.Option(envvar="HUYING_KEY", help="Key of their importer.")] = "",
    excel: Excel = False,
) -> None:
    """Send recorded cases through running services; without --url through its own, which go away after."""
    from huying.replay.replay import replay as run
    from huying.simulate import profiles

    pack = pack or profiles.pack_of(profile)
    run_until_stopped(run(file, profile, pack, out, settings, url, key, excel=excel))
