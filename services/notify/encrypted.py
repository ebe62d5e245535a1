"""The columns of notify with encrypted values."""

import asyncio
from datetime import timedelta

from services.notify.addresses import ADDRESS
from services.notify.contacts import work as contacts
from shared.database.retry import keep_running
from shared.encryption.renewal import LOOK_EVERY_S, EncryptedColumn, whole
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


async def index_beside(context: ServiceContext) -> None:
    """Index what a replica of an earlier version writes beside this one, and what its last one has left.

    There may be one until the ring encrypts.
    """

    async def turn() -> None:
        while context.engine.ring and context.engine.ring.current is None:
            await index_addresses(context)
            await asyncio.sleep(LOOK_EVERY_S)
        await index_addresses(context)
        await asyncio.Event().wait()

    await keep_running(turn, context.log, "addresses")
