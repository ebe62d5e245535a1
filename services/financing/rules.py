"""The rule packs that cases are judged under, and the routing rules, as the settings name them."""

from services.financing.loans import routing
from services.financing.loans.routing import BankRouting
from services.financing.settings import settings_of
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.service.service import ServiceContext


def pack_now(context: ServiceContext) -> Pack:
    """The pack that new cases are judged under. PackError for a pack with mistakes, and for a missing one."""
    settings = settings_of(context)
    return pack.load(settings.financing_pack, settings.pack_settings)


def pack_of(context: ServiceContext, ref: str) -> Pack:
    """The pack with this reference. PackError for a missing one."""
    own = pack_now(context)
    return own if own.ref == ref else pack.load(ref, settings_of(context).pack_settings)


def routing_now(context: ServiceContext) -> BankRouting:
    """The routing rules. BankRoutingError for mistakes."""
    return routing.load(settings_of(context).routing)
