"""Reads of personal data on record: a row for each as it is answered, and events that commit to the rows.

A row has who, when, from where and why; the events, which enter the hash chain in batches, have ids and codes
alone. So an answer waits for one row, and nobody can change or drop a row unseen.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.database.connection import Connection

MOST_READS, MOST_CASES = 200, 2_000
"""Of one event: so many reads, and about so many cases in all of them."""
_ADD = text(
    """
    insert into reads (read_id, at, account, role, code, address, salt, cases, kinds, purpose, reason, route)
    values (:read_id, :at, :account, :role, :code, :address, :salt, cast(:cases as text[]),
      cast(:kinds as text[]), :purpose, :reason, :route)
    """
)
_UNRECORDED = text(
    "select * from reads where event_id is null order by seq limit :limit for update skip locked"
)
_RECORDED = text("update reads set event_id = :event_id where seq = any(cast(:seqs as bigint[]))")
_LISTED = text(
    """
    select seq, read_id, at, account, role, code, address, cases, kinds, purpose, reason, route, event_id
    from reads
    where seq > :after
      and (cast(:account as text) is null or account = :account)
      and (cast(:case_id as text) is null or cases @> array[cast(:case_id as text)])
      and (cast(:refused as boolean) is null or (kinds = '{}') = :refused)
    order by seq limit :limit
    """
)


class Read(NamedTuple):
    """Who read which kinds of field of which cases, from where and why. Without kinds it was refused.

    `purpose` is a code, `reason` in words of people; `route` is how it was asked for.
    """

    account: str
    role: str
    code: str | None
    address: str
    cases: Collection[UUID]
    kinds: Collection[str]
    route: str
    purpose: str | None = None
    reason: str | None = None


def add_table(metadata: sa.MetaData) -> None:
    """Declare the table of reads."""
    sa.Table(
        "reads",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("read_id", pg.UUID, nullable=False, unique=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False, comment="makes the commitment of the event"),
        sa.Column("cases", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("kinds", pg.ARRAY(sa.Text), nullable=False, comment="of fields; empty where refused"),
        sa.Column("purpose", sa.Text),
        sa.Column("reason", sa.Text, comment="in words"),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("event_id", pg.UUID, comment="of the event that has it; null for a moment"),
        sa.Index("reads_unrecorded", "seq", postgresql_where=sa.text("event_id is null")),
        sa.Index("reads_account", "account", "at"),
        sa.Index("reads_cases", "cases", postgresql_using="gin"),
    )


def commitment(salt: str, account: str, address: str, reason: str | None) -> str:
    """What an event says of who read, from where and why: it can be checked with the row, and not guessed."""
    return sha256("\n".join((salt, account, address, reason or "")).encode()).hexdigest()


async def add(conn: Connection, read: Read, at: datetime) -> None:
    """Put a read on record."""
    values = {
        **read._asdict(),
        "cases": [str(case) for case in read.cases],
        "kinds": sorted(read.kinds),
        "read_id": uuid4(),
        "at": at,
        "salt": secrets.token_hex(16),
    }
    await conn.execute(_ADD, values)


async def unrecorded(conn: Connection) -> list[Any]:
    """The next rows that no event has yet, locked, as many as one event can have."""
    rows = (await conn.execute(_UNRECORDED, {"limit": MOST_READS})).all()
    taken: list[Any] = []
    cases = 0
    for row in rows:
        cases += len(row.cases)
        if taken and cases > MOST_CASES:
            break
        taken.append(row)
    return taken


def entry(row: Any) -> dict[str, Any]:
    """A row as its event tells it."""
    return {
        "read_id": row.read_id,
        "read_at": row.at,
        "role": row.role,
        "code": row.code,
        "cases": tuple(row.cases),
        "kinds": tuple(row.kinds),
        "purpose": row.purpose,
        "commitment": commitment(row.salt, row.account, row.address, row.reason),
    }


async def mark_recorded(conn: Connection, rows: Sequence[Any], event_id: UUID) -> None:
    """Note which event has these rows."""
    await conn.execute(_RECORDED, {"event_id": event_id, "seqs": [row.seq for row in rows]})


async def listed(
    conn: Connection, after: int, limit: int, filters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Reads after the number `after`, in order; `filters` are account, case_id and refused, or None."""
    values = {"account": None, "case_id": None, "refused": None, **filters}
    rows = await conn.execute(_LISTED, {**values, "after": after, "limit": limit})
    return [dict(row) for row in rows.mappings()]
