"""What a rule pack says: one policy's limits, ladder, stages and desks, read from YAML.

Nothing happens to a case that its pack does not say. Where the policy names a limit without a number, the
pack names a setting, and the jurisdiction's settings (`shared/rules/pack/settings.py`) give the number.
"""

from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PrivateAttr

from shared.files.yaml_mistakes import Mistakes
from shared.rules.pack import settings, table
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
from shared.rules.pack.parts import IN_DAYS, LimitOrSetting, Reason, Setting, Source, Strict, Title
from shared.rules.pack.settings import Numbers
from shared.rules.pack.table import Table
from shared.rules.pack.time_rules import LimitRule, OfficeHoursRule, OwnLimits, Reminder
from shared.rules.terms import Kind, PackWord
from shared.rules.time.limits import Limit


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

    @cached_property
    def settings_named(self) -> frozenset[str]:
        """The settings the pack takes its numbers from."""
        return frozenset(setting.setting for setting in parts(self, Setting))

    @cached_property
    def settings_needed(self) -> frozenset[str]:
        """Those without a default: the pack cannot be judged by before they are given."""
        return frozenset(setting.setting for setting in parts(self, Setting) if setting.default is None)

    def with_settings(self, path: Path, version: str = "", *, exactly: bool = False) -> "Pack":
        """The pack with what the file at `path` gives it, in `version` or the newest.

        As it is, where the file gives it nothing and every number has a default. PackGone without that
        version; PackError if something is missing or, `exactly`, not asked for.
        """
        try:
            needed, named = self.settings_needed, self.settings_named
            numbers = settings.of(path, self.id, needed, version, named if exactly else None)
        except settings.VersionGone as error:
            raise PackGone(str(error)) from error
        except Mistakes as error:
            raise PackError(str(error)) from error
        if numbers is None:
            return self
        bound = self.changed()
        bound._settings = numbers
        for cap in parts(self.pauses, Setting):
            if cap.setting in numbers.limits and numbers.limits[cap.setting].unit not in IN_DAYS:
                raise PackError(f"{path}: '{cap.setting}' caps a pause: give it natural_days or working_days")
        return bound

    def without_reminder(self) -> "Pack":
        """The pack for those who ask only how cases stand: reminders change nothing of that."""
        return self.changed(reminder=None)

    def changed(self, **changes: object) -> "Pack":
        """The pack with other values of some of its parts, prepared for judging anew."""
        copy = self.model_copy(update=changes)
        for derived in ("_tables", "settings_named", "settings_needed"):
            copy.__dict__.pop(derived, None)
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
