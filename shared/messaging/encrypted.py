"""The columns with encrypted values that every service has, and what their values are bound to."""

from shared.database.connection import Connection
from shared.encryption.cells import Cell
from shared.encryption.renewal import EncryptedColumn, whole, whole_bytes, whole_json

PARKED_PLACE = """topic || ' ' || partition || ' ' || "offset" || ' ' || cluster"""
"""Where a parked record stood: its values are bound to it, for its number is given by the database."""
IS_EVENT = "topic like '%.events'"
"""The condition of rows of the outbox that are events: they are chained, and published, as they are."""

BACKBONE = (
    EncryptedColumn("idempotency", "body", "ctid", "tid", whole, row="caller || ' ' || key"),
    EncryptedColumn("outbox", "body", "seq", "bigint", whole, row="event_id", where=f"not ({IS_EVENT})"),
    EncryptedColumn("parked", "headers", "id", "bigint", whole_json, row=PARKED_PLACE, stored_as="jsonb"),
    EncryptedColumn("parked", "body", "id", "bigint", whole_bytes, row=PARKED_PLACE, stored_as="bytea"),
)
"""The columns of the tables that every service has."""


def is_event(topic: str) -> bool:
    """Whether what goes to a topic is events."""
    return topic.endswith(".events")


def outbox_body(conn: Connection, event_id: object) -> Cell:
    """The body of a message of the outbox that is no event."""
    return conn.cell("outbox.body", event_id)


def kept_answer(conn: Connection, caller: str, key: str) -> Cell:
    """The answer that is kept for an idempotency key."""
    return conn.cell("idempotency.body", f"{caller} {key}")


def parked_cells(
    conn: Connection, topic: str, partition: int, offset: int, cluster: str
) -> tuple[Cell, Cell]:
    """The headers and the body of a parked record."""
    place = f"{topic} {partition} {offset} {cluster}"
    return conn.cell("parked.headers", place), conn.cell("parked.body", place)
