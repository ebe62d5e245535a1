"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

STATE = Path(".huying")

State = Annotated[Path, typer.Option(help="Folder of everything that lasts.")]
Url = Annotated[
    str | None,
    typer.Option(
        envvar="HUYING_URL", help="Services that `huying up` did not start; {service} stands for a name."
    ),
]
Key = Annotated[str | None, typer.Option(envvar="HUYING_KEY", help="API key of an ops account there.")]
Out = Annotated[Path, typer.Option(help="Folder for what comes of it: CSV files and the report.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar="HUYING_PACK_SETTINGS",
        resolve_path=True,
        help="Numbers that packs leave open, a YAML file.",
    ),
]
Excel = Annotated[bool, typer.Option("--excel", help="Write CSV files that Excel opens as UTF-8.")]
