"""How the text of a message is stored: encrypted, bound to the message."""

from typing import Any

from shared.database.connection import Connection

BODY = "messages.body"


def stored_body(conn: Connection, message_id: object, body: str) -> str:
    """The text of a message as it is stored."""
    return conn.cell(BODY, message_id).encrypt(body)


def body_of(conn: Connection, message_id: object, body: str) -> str:
    """The stored text of a message, decrypted."""
    return conn.cell(BODY, message_id).decrypt(body)


def readable(conn: Connection, row: Any) -> dict[str, Any]:
    """A row of messages with `id` and `body`, decrypted."""
    return {**row, "body": body_of(conn, row.id, row.body)}
