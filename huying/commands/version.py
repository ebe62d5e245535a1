"""`huying --version`: which release this is, and which rule packs it carries."""

import importlib.metadata
from itertools import groupby

import typer


def show_version(value: bool) -> None:
    """Print the release and the packs with their versions, and end."""
    if value:
        typer.echo("\n".join([f"huying {importlib.metadata.version('huying')}", *_packs()]))
        raise typer.Exit


def _packs() -> list[str]:
    """A line for each pack: id, versions, the day on which the newest came into force, title."""
    from shared.rules.pack import pack_files

    lines = ["rule packs, versions, newest in force since (规则包、版本、最新版施行日期):"]
    shipped = sorted(map(pack_files.read, pack_files.PACKS.glob("*.yaml")), key=lambda pack: pack.id)
    for name, versions in groupby(shipped, key=lambda pack: pack.id):
        packs = sorted(versions, key=lambda pack: pack.version)
        numbers, newest = ", ".join(str(pack.version) for pack in packs), packs[-1]
        lines.append(f"  {name:<24} {numbers:<12} {newest.in_force_on}  {newest.title.zh}")
    return lines
