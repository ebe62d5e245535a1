"""The notify service: what occurs to an appeal is told to those it concerns, in their inboxes and beyond."""

from functools import cache
from zoneinfo import ZoneInfo

from services.notify import api, contacts, evidence
from services.notify.channels import load
from services.notify.courier import take_out
from services.notify.handlers import HANDLERS
from services.notify.routing import table
from services.notify.store import Mailroom
from services.notify.words import Names, names
from shared.runtime import Running, Service


async def prepare(running: Running) -> None:
    """Refuse to start with a mistake in the table of routes and templates, or in the channels' file."""
    table()

    @cache
    def names_of(ref: str | None) -> Names:
        return names(running.pack_of(ref) if ref else running.pack)

    Mailroom.names_of = names_of
    Mailroom.zone = ZoneInfo(running.settings.zone)
    Mailroom.channels = load(running.settings.channels).channels()


SERVICE = Service(
    name="notify",
    batch=Mailroom,
    hears=("intake", "dispatch", "escalation", "financing"),
    handlers=HANDLERS,
    routers=(api.router, evidence.router, contacts.router),
    tasks=(take_out,),
    prepare=prepare,
)
