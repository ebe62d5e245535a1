"""The columns of notify with encrypted values."""

from datetime import timedelta

from services.notify.addresses import ADDRESS
from services.notify.contacts import work as contacts
from shared.encryption.renewal import EncryptedColumn, whole
from shared.service.service import ServiceContext

LEFT_WITHIN = timedelta(days=2)
"""Calls to an address are counted for an hour: what left longer ago needs no index."""

COLUMNS = (
    EncryptedColumn("messages", "body", "id", "uuid", whole),
    EncryptedColumn("deliveries", "address", "id", "uuid", whole, row="recipient", bound=ADDRESS),
    EncryptedColumn("contacts", "address", "ctid", "tid", whole, row="recipient", bound=ADDRESS),
    EncryptedColumn("contacts", "secret", "ctid", "tid", whole, row="recipient"),
)


async def index_addresses(context: ServiceContext) -> None:
    """Index the addresses of an earlier version before anything is sent."""
    async with context.engine.begin() as conn:
        await contacts.index_earlier(conn, await context.clock.stamp(conn) - LEFT_WITHIN)
