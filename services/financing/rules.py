"""The rule packs that cases are judged under, and the routing rules, as the settings name them."""

from datetime import datetime

from services.financing.loans import routing
from services.financing.loans.routing import BankRouting
from services.financing.settings import settings_of
from shared.rules.pack import pack_files, versions
from shared.rules.pack.pack import Pack
from shared.service.service import ServiceContext


def pack_on(context: ServiceContext, at: datetime) -> Pack:
    """The pack for a case that is registered at `at`. PackError for a missing one, and for mistakes."""
    settings = settings_of(context)
    return versions.in_force(
        settings.financing_pack, at.astimezone(context.zone).date(), settings.pack_settings
    )


def newest_pack(context: ServiceContext) -> Pack:
    """The newest version of the pack that the settings name. PackError as for `pack_on`."""
    settings = settings_of(context)
    return pack_files.load(settings.financing_pack, settings.pack_settings)


def pack_of(context: ServiceContext, ref: str) -> Pack:
    """The pack with this reference. PackError for a missing one."""
    own = newest_pack(context)
    return own if own.ref == ref else pack_files.load(ref, settings_of(context).pack_settings)


def routing_now(context: ServiceContext) -> BankRouting:
    """The routing rules. BankRoutingError for mistakes."""
    return routing.load(settings_of(context).routing)
