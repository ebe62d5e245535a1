"""Reads how a recipient is reached."""

from typing import Any

from sqlalchemy import text

from services.notify.messages.words import Language
from shared.database.connection import Connection

_LANGUAGE = text("select language from preferences where recipient = :recipient")
_CONTACTS = text(
    """
    select channel, address, secret is not null as signed, urgent_only, changed_by, changed_at, gone_at
    from contacts where recipient = :recipient order by channel, address
    """
)


async def contacts_of(conn: Connection, recipient: str) -> dict[str, Any]:
    """A recipient's language and addresses. Secrets are left out."""
    language = (await conn.execute(_LANGUAGE, {"recipient": recipient})).scalar()
    rows = await conn.execute(_CONTACTS, {"recipient": recipient})
    return {"language": language or Language.ZH, "items": [dict(row) for row in rows.mappings()]}
