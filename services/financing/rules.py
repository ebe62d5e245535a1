"""By what financing judges and routes: its own pack, and the file of routing rules."""

from services.financing import routing
from services.financing.routing import Routing
from shared.rules import pack
from shared.rules.pack import Pack
from shared.runtime import Running


def pack_now(running: Running) -> Pack:
    """The pack that new requests are under. PackError for mistakes, and where it is not here."""
    settings = running.settings
    return pack.load(settings.financing_pack, settings.pack_settings)


def pack_of(running: Running, ref: str) -> Pack:
    """The pack a case names. PackError for an unknown one."""
    own = pack_now(running)
    return own if own.ref == ref else pack.load(ref, running.settings.pack_settings)


def routing_now(running: Running) -> Routing:
    """The routing rules. RoutingError for mistakes."""
    return routing.load(running.settings.routing)
