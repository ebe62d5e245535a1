"""What the settings and the packs say about messages, as the unit of work needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from services.notify.channels.settings import load
from services.notify.contacts.inquiries import registrars
from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.words import PackNames, names_in
from services.notify.settings import settings_of
from shared.judging.rulebook import rulebook
from shared.rules.pack.pack import Pack
from shared.rules.time.ends import due
from shared.service.service import ServiceContext


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """What a unit of work needs of the settings and of the packs."""

    names_of: Callable[[str | None], PackNames]
    """What a pack, by its reference, calls its own words; the city's pack for None."""
    is_confidential: Callable[[str | None], bool]
    """Whether a pack, by its reference, keeps its cases confidential."""
    zone: ZoneInfo
    """The time zone of the times in messages."""
    acknowledge_by: Callable[[str | None, datetime], datetime | None]
    """By when a message of a given time must be acknowledged, by the pack of its case; None for never."""
    channels: tuple[ChannelKind, ...]
    """The delivery channels that are set up, beside the inbox."""
    registrars: frozenset[str]
    """The services that can be asked how the enterprises of their cases are reached."""


def config_of(context: ServiceContext) -> NotifyConfig:
    """The configuration of a running notify. `Mistakes` names each mistake in the file of the channels."""
    rules, settings = rulebook(context), settings_of(context)

    def pack_of(ref: str | None) -> Pack:
        return rules.pack_of(ref) if ref else rules.pack

    @cache
    def names_of(ref: str | None) -> PackNames:
        return names_in(pack_of(ref))

    def acknowledge_by(ref: str | None, since: datetime) -> datetime | None:
        pack = pack_of(ref)
        if (rule := pack.acknowledgement) is None:
            return None
        return due(pack.limit(rule.limit), since, rules.calendar, pack.office_hours.hours()).due_at

    channels = load(settings.channels).channels()
    return NotifyConfig(
        names_of=names_of,
        is_confidential=rules.is_confidential,
        zone=context.zone,
        acknowledge_by=acknowledge_by,
        channels=channels,
        registrars=frozenset(registrars(settings)) if channels else frozenset(),
    )
