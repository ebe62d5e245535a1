"""`huying pack`: rule packs checked, compared, and put into sentences."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from huying.commands.options import SettingsFile

app = typer.Typer(no_args_is_help=True, help="Rule packs: checked, compared, told in sentences.")

PackName = Annotated[str, typer.Argument(help="A shipped id, also with a version (id@1), or a file.")]
Lang = Annotated[Literal["zh", "en"], typer.Option(help="Chinese or English.")]


@app.command()
def schema() -> None:
    """The JSON Schema of a pack's file, for editors."""
    from huying.commands import pack_text

    typer.echo(pack_text.schema())


@app.command()
def check(file: Path, settings: SettingsFile = None) -> None:
    """Every mistake in a pack's file, one a line; exit code 1 if there is one."""
    from huying.commands import pack_text
    from shared.rules.pack.pack import PackError

    try:
        typer.echo(pack_text.check(file, settings))
    except PackError as error:
        typer.echo(error)
        raise typer.Exit(1) from None


@app.command()
def diff(first: PackName, second: PackName, settings: SettingsFile = None, lang: Lang = "zh") -> None:
    """What two packs say differently, rule by rule."""
    from huying.commands import pack_text

    typer.echo("\n".join(pack_text.difference(first, second, settings, lang)))


@app.command()
def explain(
    pack: PackName,
    settings: SettingsFile = None,
    lang: Lang = "zh",
    out: Annotated[Path | None, typer.Option(help="Write a page to print and sign, HTML.")] = None,
) -> None:
    """A pack in sentences, with clause or choice behind each."""
    from huying.commands import pack_text

    if out is None:
        typer.echo(pack_text.text(pack, settings, lang))
    else:
        out.write_text(pack_text.page(pack, settings, lang), encoding="utf-8")
