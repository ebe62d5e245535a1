"""Reads how a recipient is reached."""

from typing import Any

from sqlalchemy import text

from services.notify.addresses import address_of
from services.notify.messages.words import Language
from shared.database.connection import Connection

_LANGUAGE = text("select language from preferences where recipient = :recipient")
_CONTACTS = text(
    """
    select channel, address, secret is not null as signed, urgent_only, changed_by, changed_at, gone_at
    from contacts where recipient = :recipient
    """
)


async def contacts_of(conn: Connection, recipient: str) -> dict[str, Any]:
    """A recipient's language and addresses. Secrets are left out."""
    language = (await conn.execute(_LANGUAGE, {"recipient": recipient})).scalar()
    rows = await conn.execute(_CONTACTS, {"recipient": recipient})
    items = [{**row, "address": address_of(conn, recipient, row.address)} for row in rows]
    items.sort(key=lambda item: (item["channel"], item["address"]))
    return {"language": language or Language.ZH, "items": items}
