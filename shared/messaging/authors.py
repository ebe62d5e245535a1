"""Who did it: the accounts whose acts made the events of a service, kept beside its outbox.

An event says the role and the code of the account alone (`done_by`). The account's name, which may be a
person's, stays in the database of the service.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.database.connection import Connection
from shared.database.rows import Writes, insert
from shared.events import ENTERPRISE, Actor
from shared.service.accounts import Caller


class Author(NamedTuple):
    """A row of the table: whose act made an event."""

    event_id: UUID
    key: str
    type: str
    occurred_at: datetime
    role: str
    code: str | None
    account: str | None


_ADD = insert(
    "authors",
    {
        "event_id": "uuid",
        "key": "text",
        "type": "text",
        "occurred_at": "timestamptz",
        "role": "text",
        "code": "text",
        "account": "text",
    },
    then="on conflict (event_id) do nothing",
)


_OF_CASE = text(
    """
    select event_id, key, type, occurred_at, role, code, account from authors
    where key = :key order by occurred_at, event_id
    """
)


def add_table(metadata: sa.MetaData) -> None:
    """Declare the table of authors."""
    sa.Table(
        "authors",
        metadata,
        sa.Column("event_id", pg.UUID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("account", sa.Text, comment="its name; null for an enterprise"),
        sa.Index("authors_key", "key", "occurred_at"),
    )


def actor(caller: Caller) -> Actor:
    """The caller as events name it. Who has no account acts as an enterprise."""
    if caller.role is None:
        return Actor(role=ENTERPRISE)
    return Actor(role=str(caller.role), code=caller.code)


def account(caller: Caller) -> str | None:
    """The name of the caller's account; None for an enterprise, which has none."""
    return None if caller.role is None else caller.name


def add(writes: Writes, authors: Sequence[Author]) -> None:
    """Keep whose acts made the events. Of an event that is known already the author stays."""
    if authors:
        writes.add(_ADD, authors)


async def of_case(conn: Connection, key: UUID) -> list[Author]:
    """Whose acts made the events of a case in this service, in order of time."""
    return [Author(*row) for row in await conn.execute(_OF_CASE, {"key": str(key)})]
