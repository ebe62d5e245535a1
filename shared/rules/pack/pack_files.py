"""Packs by their names and files: which are here, and one of them read, with its settings, to judge by."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes
from shared.rules.pack import texts
from shared.rules.pack.checks import contradictions, unnamed
from shared.rules.pack.checks_office import Mistake, defaults
from shared.rules.pack.members import parts
from shared.rules.pack.pack import _SETTINGS_NEEDED, Pack, PackError, PackGone
from shared.rules.pack.parts import Setting

PACKS = Path(__file__).parents[1] / "packs"


def known(folder: Path = PACKS) -> list[str]:
    """Ids of the packs that are shipped, or stand in `folder`."""
    return sorted({path.stem.partition("@")[0] for path in folder.glob("*.yaml")})


def load(id_or_path: str | Path, settings_file: Path | None = None, folder: Path = PACKS) -> Pack:
    """The pack called `id`, `id@version` or `id@version.settings`, or in a file, ready to judge by.

    An older version stands beside the newest as `<id>@<version>.yaml`. What is called by its id is read once,
    with its settings; `id@version` goes by the defaults, if every number has one. PackGone if it is not here,
    PackError for mistakes and settings that are not given.
    """
    if _is_path(id_or_path):
        return _ready(read(Path(id_or_path)), settings_file)
    return _ready_as(str(id_or_path), settings_file, folder)


def for_new_cases(name: str, version: int, settings_file: Path | None, folder: Path = PACKS) -> Pack:
    """This version of a pack with the newest numbers that the settings give it."""
    shipped = _shipped(name, str(version), folder)
    return _ready_as(_ready(shipped, settings_file).ref, settings_file, folder)


def unbound(id_or_path: str | Path, folder: Path = PACKS) -> Pack:
    """The same without settings: to look at, not to judge by."""
    pack = read(file_of(id_or_path, folder))
    if not _is_path(id_or_path) and "." in str(id_or_path):
        _refuse_settings_version(pack)
    return pack


def file_of(id_or_path: str | Path, folder: Path = PACKS) -> Path:
    """Where the pack called so is written. PackGone if it is not here."""
    if _is_path(id_or_path):
        return Path(id_or_path)
    name, _, number = str(id_or_path).partition("@")
    version = number.partition(".")[0]
    if name not in known(folder):
        raise PackGone(f"no pack is called '{name}': there are {', '.join(known(folder))}")
    newest = read(folder / f"{name}.yaml")
    older = {path.stem: path for path in folder.glob(f"{name}@*.yaml")}
    if version in ("", str(newest.version)):
        return folder / f"{name}.yaml"
    if f"{name}@{version}" not in older:
        raise PackGone(
            f"pack '{name}' is here in version {newest.version}, not '{version}': ask for {newest.ref}"
        )
    return older[f"{name}@{version}"]


def is_id(name: str) -> bool:
    """Whether `name` is the id of a pack alone, without a version, and no file."""
    return "@" not in name and not _is_path(name)


def _is_path(id_or_path: str | Path) -> bool:
    return isinstance(id_or_path, Path) or "/" in id_or_path or id_or_path.endswith((".yaml", ".yml"))


@cache
def _ready_as(ref: str, settings_file: Path | None, folder: Path) -> Pack:
    name, _, number = ref.partition("@")
    version, _, settings_version = number.partition(".")
    shipped = _shipped(name, version, folder)
    by_defaults = version and not settings_version and not shipped.settings_needed
    pack = shipped if by_defaults else _ready(shipped, settings_file, settings_version)
    return pack if ref == pack.ref else _ready_as(pack.ref, settings_file, folder)


def _ready(pack: Pack, settings_file: Path | None, settings_version: str = "") -> Pack:
    named, needed = pack.settings_named, pack.settings_needed
    if settings_version:
        _refuse_settings_version(pack)
    if settings_file is None and (needed or settings_version):
        raise PackError(_SETTINGS_NEEDED.format(pack.id, min(needed or named)))
    return pack.with_settings(settings_file, settings_version) if named and settings_file else pack


def _refuse_settings_version(pack: Pack) -> None:
    if not pack.settings_named:
        raise PackGone(f"pack '{pack.id}' takes no settings: ask for {pack.ref}")


@cache
def _shipped(name: str, version: str, folder: Path) -> Pack:
    path = file_of(f"{name}@{version}", folder)
    pack = read(path)
    if path.stem not in (pack.id, pack.ref):
        raise PackError(f"{path}: is {pack.ref} by its own words: name the file so")
    return pack


def read(path: Path, *, named: bool = False) -> Pack:
    """The pack in a file, without settings: to look at, not to judge by. PackError for mistakes.

    `named`: also for what has no name that people could read, and for clauses of its text of which it says
    nothing; a version of long ago may lack some.
    """

    def mistakes(pack: Pack) -> Iterator[Mistake]:
        yield from contradictions(pack)
        yield from defaults(parts(pack, Setting))
        if named:
            yield from unnamed(pack)
            text = texts.of(pack, path.parent)
            yield from texts.uncovered(pack, text) if text else ()

    try:
        return strict_yaml.read(path, Pack, mistakes, _amended_by)
    except Mistakes as error:
        raise PackError(str(error)) from error


def files_of(id_or_path: str | Path, folder: Path = PACKS) -> list[Path]:
    """The file of a pack, the one that it amends, and so on: all that the pack says stands there."""
    return strict_yaml.chain(file_of(id_or_path, folder), _amended_by)


def _amended_by(path: Path, words: dict[str, str]) -> Path | None:
    """The file of the earlier version that a pack amends, beside it or among those shipped."""
    amends, version = words.get("amends", ""), words.get("version", "")
    if not (amends.isdecimal() and version.isdecimal()):
        return None
    own = f"{words.get('id')}@{version}"
    if "@" in path.stem and path.stem != own:
        raise Mistakes(f"{path}: is {own} by its own words: name the file so")
    if int(amends) >= int(version):
        raise Mistakes(f"{path}: version {version} amends {amends}: only an earlier one can be")
    name = f"{words.get('id')}@{amends}.yaml"
    for folder in (path.parent, PACKS):
        if (folder / name).is_file():
            return folder / name
    raise Mistakes(f"{path}: amends version {amends}, but {name} is not beside it: put it there")
