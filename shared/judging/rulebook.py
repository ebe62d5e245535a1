"""The rule packs and the calendar that a service goes by, loaded when it starts."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from shared.files.watched import WatchedFile
from shared.judging.settings import RulesSettings
from shared.judging.sight import Sight, sight
from shared.roles import AccountRole
from shared.rules.pack import pack, pack_files, versions
from shared.rules.time.calendar import Calendar
from shared.service.errors import Unavailable
from shared.service.service import ServiceContext


class PackMissing(Unavailable):
    """The rule pack that a case is under is not here: who runs the city puts it back."""

    code = "pack_missing"


PacksInForce = dict[tuple[str, date], pack.Pack]
"""By id and day of registration."""


def _nothing_known(_: Path) -> PacksInForce:
    return {}


class _Packs:
    """The packs in force by id and day, looked for once, and again when the settings' file has changed."""

    def __init__(self, settings_file: Path | None) -> None:
        self._known: PacksInForce = {}
        self._watched = WatchedFile(settings_file, _nothing_known) if settings_file else None

    def known(self) -> PacksInForce:
        """Those that were found since the file changed last."""
        return self._known if self._watched is None else self._watched.content()


class Rulebook:
    """The city's packs and its calendar."""

    def __init__(
        self, settings: RulesSettings, zone: ZoneInfo, log: structlog.typing.FilteringBoundLogger
    ) -> None:
        """Raises PackError or ValueError that names the file and the mistake."""
        self._pack_settings = settings.pack_settings
        self._log = log
        self.pack = pack_files.load(settings.pack, settings.pack_settings)
        self.procedures = {ref: pack_files.load(ref, settings.pack_settings) for ref in settings.procedures}
        self.calendar = Calendar.load(zone, settings.calendar)
        self._sights: dict[AccountRole | None, Sight] = {}
        """By role; the packs of a rulebook stay as they were loaded."""
        self._in_force = _Packs(settings.pack_settings)
        self._of_one_version = {
            own.ref
            for name, own in {settings.pack: self.pack, **self.procedures}.items()
            if not pack_files.is_id(name)
        }

    @classmethod
    def load(cls, context: ServiceContext) -> "Rulebook":
        """The rulebook by the settings of a service."""
        assert isinstance(context.settings, RulesSettings)
        return cls(context.settings, context.zone, context.log)

    def in_force(self, newest: pack.Pack, day: date) -> pack.Pack:
        """The version of a pack for what is registered on `day`; one that the settings pin is itself."""
        if newest.ref in self._of_one_version:
            return newest
        known = self._in_force.known()
        if (newest.id, day) not in known:
            known[newest.id, day] = versions.in_force(newest.id, day, self._pack_settings)
        return known[newest.id, day]

    def sight(self, role: AccountRole | None) -> Sight:
        """Which cases `role` may read."""
        if role not in self._sights:
            self._sights[role] = sight(role, (self.pack, *self.procedures.values()))
        return self._sights[role]

    def is_confidential(self, ref: str | None) -> bool:
        """Whether a case under the pack `ref` is read by those alone whom the pack names."""
        return not self.sight(None).shows(ref)

    def pack_of(self, ref: str) -> pack.Pack:
        """The pack a case names; the city's own may come from a file. PackMissing where it is not here."""
        for own in (self.pack, *self.procedures.values()):
            if ref == own.ref:
                return own
        try:
            return pack_files.load(ref, self._pack_settings)
        except pack.PackError as error:
            self._log.error("a case's pack is not here", pack=ref, reason=str(error))
            raise PackMissing(
                f"规则包 {ref} 不在本系统：请运维放回该版本的规则包文件，或其本地规定的该版本",
                f"rule pack {ref} is not here: put back that version of it, or of its settings (see the log)",
            ) from error


def rulebook(context: ServiceContext) -> Rulebook:
    """The rulebook of a service that loads one."""
    assert isinstance(context.resources, Rulebook)
    return context.resources
