"""The notify service: what occurs to an appeal is told to those it concerns, in their inboxes and beyond."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from services.notify import api, contacts, evidence, failures
from services.notify.channels import load
from services.notify.climbing import climb
from services.notify.courier import take_out
from services.notify.figures import ASKED
from services.notify.handlers import HANDLERS
from services.notify.inquiries import inquire, registrars
from services.notify.polling import poll
from services.notify.routing import table
from services.notify.store import Mailroom
from services.notify.words import Names, names
from shared.rules.calendar import OfficeHours
from shared.rules.limits import due
from shared.runtime import Running, Service


async def prepare(running: Running) -> None:
    """Refuse to start with a mistake in the table of routes and templates, or in the channels' file."""
    table()

    @cache
    def names_of(ref: str | None) -> Names:
        return names(running.pack_of(ref) if ref else running.pack)

    def acknowledge_by(ref: str | None, since: datetime) -> datetime | None:
        pack = running.pack_of(ref) if ref else running.pack
        if (rule := pack.acknowledgement) is None:
            return None
        hours = OfficeHours.parse(pack.office_hours.spans)
        return due(pack.limit(rule.limit), since, running.calendar, hours).due_at

    Mailroom.names_of = names_of
    Mailroom.acknowledge_by = acknowledge_by
    Mailroom.zone = ZoneInfo(running.settings.zone)
    Mailroom.channels = load(running.settings.channels).channels()
    Mailroom.asked = frozenset(registrars(running.settings)) if Mailroom.channels else frozenset()


SERVICE = Service(
    name="notify",
    batch=Mailroom,
    hears=("intake", "dispatch", "escalation", "financing"),
    handlers=HANDLERS,
    routers=(api.router, evidence.router, failures.router, contacts.router),
    tasks=(take_out, poll, climb, inquire),
    prepare=prepare,
    asked=ASKED,
)
