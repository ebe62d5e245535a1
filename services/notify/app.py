"""The notify service: what occurs to an appeal is told to those it concerns, in their inboxes."""

from zoneinfo import ZoneInfo

from services.notify.api import router
from services.notify.handlers import HANDLERS
from services.notify.routing import table
from services.notify.store import Mailroom
from shared.runtime import Running, Service


async def check_table(running: Running) -> None:
    """Refuse to start with a mistake in the table of routes and templates."""
    table()
    Mailroom.zone = ZoneInfo(running.settings.zone)


SERVICE = Service(
    name="notify",
    batch=Mailroom,
    hears=("intake", "dispatch", "escalation", "financing"),
    handlers=HANDLERS,
    routers=(router,),
    prepare=check_table,
)
