"""What a rule pack says: one policy's limits, ladder, stages and desks, read from YAML.

Nothing happens to a case that its pack does not say. Where the policy names a limit without a number, the
pack names a setting, and the jurisdiction's settings (`shared/rules/pack/settings.py`) give the number.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PrivateAttr

from shared.files import strict_yaml
from shared.rules.pack import settings, table, texts
from shared.rules.pack.checks import contradictions, unnamed
from shared.rules.pack.checks_office import Mistake, defaults
from shared.rules.pack.counting import AS_IN_VERSION_1, Counting
from shared.rules.pack.desks import (
    Closure,
    Completion,
    Confidential,
    Extension,
    Merging,
    Pauses,
    Referral,
    Reopening,
    Stage,
)
from shared.rules.pack.ladder import Acknowledgement, Levels, NeverLifted, Step
from shared.rules.pack.members import parts
from shared.rules.pack.office import Approval, Promises, Raising
from shared.rules.pack.parts import (
    IN_DAYS,
    LimitOrSetting,
    LimitRule,
    OfficeHoursRule,
    OwnLimits,
    Reason,
    Reminder,
    Setting,
    Source,
    Strict,
    Title,
)
from shared.rules.pack.settings import Numbers
from shared.rules.pack.table import Table
from shared.rules.terms import Kind, PackWord
from shared.rules.time.limits import Limit

PACKS = Path(__file__).parents[1] / "packs"


class PackError(ValueError):
    """A rule pack cannot be used. The message names file, line and rule, one mistake a line."""


class PackGone(PackError):
    """A pack, or the version of it or of its settings that a case was registered under, is not here."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write it like Asia/Shanghai") from error
    return name


class Outside(Strict):
    """What the text says and the pack leaves alone, and why."""

    clause: str
    why: Reason


class Pack(Strict):
    """One policy's rules. A case keeps the pack, by `ref`, that it was registered under.

    `settings` and `bodies` are names for people: of the numbers that the jurisdiction gives, and of whom a
    case is handed over to. `amends` is the version from which everything stands that this one does not say.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: int = Field(ge=1)
    amends: int | None = Field(default=None, ge=1)
    title: Title
    source: Source
    in_force_on: date
    prefix: str = Field(pattern=r"^[A-Z]{2,6}$")
    zone: Annotated[str, AfterValidator(_known_zone)]
    settings: dict[PackWord, Title] = Field(default_factory=dict)
    bodies: dict[PackWord, Title] = Field(default_factory=dict)
    office_hours: OfficeHoursRule
    counting: Counting | None = None
    met_by: dict[PackWord, tuple[PackWord, ...]]
    stages: tuple[Stage, ...] = ()
    limits: tuple[LimitRule, ...] = ()
    own_limits: OwnLimits | None = None
    completion: Completion | None = None
    promises: Promises | None = None
    reminder: Reminder | None = None
    ladder: tuple[Step, ...] = ()
    raising: Raising | None = None
    approval: Approval | None = None
    levels: Levels | None = None
    never_lifted: NeverLifted | None = None
    acknowledgement: Acknowledgement | None = None
    extension: Extension | None = None
    pauses: Pauses | None = None
    reopening: Reopening | None = None
    merging: Merging | None = None
    referral: Referral | None = None
    closure: Closure | None = None
    confidential: Confidential | None = None
    outside: tuple[Outside, ...] = ()

    _settings: Numbers | None = PrivateAttr(default=None)

    @property
    def ref(self) -> str:
        """How a case names its pack: `bozhou-2024@1`, with settings `xuancheng-2024@1.2`."""
        suffix = f".{self._settings.version}" if self._settings else ""
        return f"{self.id}@{self.version}{suffix}"

    @property
    def numbers(self) -> Numbers | None:
        """What the jurisdiction gives; None for a pack that stands without, or has not been given it."""
        return self._settings

    @property
    def own_deadlines(self) -> tuple[str, ...]:
        """The deadlines for which a leg may bring a limit of its own."""
        return self.own_limits.deadlines if self.own_limits else ()

    def last_in_time(self, due_at: datetime) -> datetime:
        """The last moment at which an act meets what is due at `due_at`."""
        return (self.counting or AS_IN_VERSION_1).last_in_time(due_at)

    def limit(self, limit: LimitOrSetting) -> Limit:
        """A limit as it stands, or as the jurisdiction's settings give it. PackError without settings."""
        if isinstance(limit, Limit):
            return limit
        bound_limit = (
            self._settings.limits.get(limit.setting, limit.default) if self._settings else limit.default
        )
        if bound_limit is None:
            raise PackError(_SETTINGS_NEEDED.format(self.id, limit.setting))
        return bound_limit

    def destinations(self) -> dict[str, Title]:
        """Where a case may go, referred or handed over, by its word."""
        referred = self.referral.destinations if self.referral else ()
        return {**self.bodies, **{place.to: place.title for place in referred}}

    def settings_named(self) -> set[str]:
        """The settings the pack takes its numbers from."""
        return {setting.setting for setting in parts(self, Setting)}

    def settings_needed(self) -> set[str]:
        """Those without a default: the pack cannot be judged by before they are given."""
        return {setting.setting for setting in parts(self, Setting) if setting.default is None}

    def with_settings(self, path: Path, version: str = "", *, exactly: bool = False) -> "Pack":
        """The pack with what the file at `path` gives it, in `version` or the newest.

        As it is, where the file gives it nothing and every number has a default. PackGone without that
        version; PackError if something is missing or, `exactly`, not asked for.
        """
        try:
            needed, named = self.settings_needed(), self.settings_named()
            numbers = settings.of(path, self.id, needed, version, named if exactly else None)
        except settings.VersionGone as error:
            raise PackGone(str(error)) from error
        except strict_yaml.Mistakes as error:
            raise PackError(str(error)) from error
        if numbers is None:
            return self
        bound = self._without_tables()
        bound._settings = numbers
        for cap in parts(self.pauses, Setting):
            if cap.setting in numbers.limits and numbers.limits[cap.setting].unit not in IN_DAYS:
                raise PackError(f"{path}: '{cap.setting}' caps a pause: give it natural_days or working_days")
        return bound

    def without_reminder(self) -> "Pack":
        """The pack for those who ask only how cases stand: reminders change nothing of that."""
        return self._without_tables(reminder=None)

    def _without_tables(self, **changes: object) -> "Pack":
        copy = self.model_copy(update=changes)
        copy.__dict__.pop("_tables", None)
        return copy

    @cached_property
    def _tables(self) -> dict[Kind | None, Table]:
        return {}

    def table(self, kind: Kind | None = None) -> Table:
        """The pack prepared for judging cases of `kind`; None: as long as the kind is not known."""
        prepared = self._tables.get(kind)
        if prepared is None:
            prepared = self._tables[kind] = table.prepared(self, kind)
        return prepared


_SETTINGS_NEEDED = (
    "pack '{}' takes '{}' from the jurisdiction's settings, and none are given: name their file "
    "(HUYING_PACK_SETTINGS, or --settings)"
)


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
    by_defaults = version and not settings_version and not shipped.settings_needed()
    pack = shipped if by_defaults else _ready(shipped, settings_file, settings_version)
    return pack if ref == pack.ref else _ready_as(pack.ref, settings_file, folder)


def _ready(pack: Pack, settings_file: Path | None, settings_version: str = "") -> Pack:
    named, needed = pack.settings_named(), pack.settings_needed()
    if settings_version:
        _refuse_settings_version(pack)
    if settings_file is None and (needed or settings_version):
        raise PackError(_SETTINGS_NEEDED.format(pack.id, min(needed or named)))
    return pack.with_settings(settings_file, settings_version) if named and settings_file else pack


def _refuse_settings_version(pack: Pack) -> None:
    if not pack.settings_named():
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
    except strict_yaml.Mistakes as error:
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
        raise strict_yaml.Mistakes(f"{path}: is {own} by its own words: name the file so")
    if int(amends) >= int(version):
        raise strict_yaml.Mistakes(f"{path}: version {version} amends {amends}: only an earlier one can be")
    name = f"{words.get('id')}@{amends}.yaml"
    for folder in (path.parent, PACKS):
        if (folder / name).is_file():
            return folder / name
    raise strict_yaml.Mistakes(f"{path}: amends version {amends}, but {name} is not beside it: put it there")
