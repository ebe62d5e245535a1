"""Which version of a pack a case comes under: the one in force on the day on which it is registered."""

from datetime import date
from functools import cache
from pathlib import Path

from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.pack.pack_files import PACKS


def in_force(name: str | Path, day: date, settings_file: Path | None = None, folder: Path = PACKS) -> Pack:
    """The pack for a case that is registered on `day`: of all its versions the highest in force by then.

    Where none was in force yet it is the newest, by which recorded cases of earlier years are tried. A pack
    that is named with its version, or by its file, is that one on every day. PackError as `load` raises it.
    """
    if isinstance(name, Path) or not pack_files.is_id(name):
        return pack_files.load(name, settings_file, folder)
    since = _in_force_since(name, folder)
    version = max((version for version, first_day in since.items() if first_day <= day), default=max(since))
    return pack_files.for_new_cases(name, version, settings_file, folder)


@cache
def _in_force_since(name: str, folder: Path) -> dict[int, date]:
    """The first day of each version of a pack."""
    files = [pack_files.file_of(name, folder), *folder.glob(f"{name}@*.yaml")]
    return {version.version: version.in_force_on for version in map(pack_files.read, files)}
