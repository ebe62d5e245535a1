"""The table of links: the relay adds one for every event that it sends, in the order of sending."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.audit.chain import START, canonical, link, open_form, withheld_in
from shared.database.connection import Connection, Database
from shared.database.rows import insert
from shared.events import WITHHELD_FIELDS

MOST_CASES = 100_000
"""Of which the last link is kept in memory."""
BATCH = 2_000

_LAST = text("select max(number) as number, max(seq) as seq from links")
_LINKED = text("select seq from links where seq = any(cast(:seqs as bigint[]))")
_LAST_OF_CASES = text(
    """
    select k.key, l.position, l.link from unnest(cast(:keys as text[])) as k (key)
    cross join lateral (
      select position, link from links where links.key = k.key order by position desc limit 1
    ) as l
    """
)
_INSERT = insert(
    "links",
    {
        "number": "bigint",
        "seq": "bigint",
        "event_id": "uuid",
        "key": "text",
        "position": "int",
        "link": "bytea",
        "withheld": "text",
    },
    also={"linked_at": ":at"},
)
_OLD = text(
    """
    select seq, topic, event_id, key, type, occurred_at, body, salt from outbox
    where sent_at is not null and topic = :topic and seq > :after order by seq limit :limit
    """
)


def add_tables(metadata: sa.MetaData) -> None:
    """Declare the tables of links and of daily seals."""
    sa.Table(
        "links",
        metadata,
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False, unique=True, comment="in the outbox"),
        sa.Column("event_id", pg.UUID, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, comment="in its case, from 1"),
        sa.Column("link", sa.LargeBinary, nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withheld", sa.Text, comment="fields that are not in what is linked, with commas"),
        sa.UniqueConstraint("key", "position"),
    )
    sa.Table(
        "seals",
        metadata,
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("upto", sa.BigInteger, nullable=False, comment="number of the last link it covers"),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False, comment="public, of who signed"),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
    )


class Link(NamedTuple):
    """A row of the table."""

    number: int
    seq: int
    event_id: Any
    key: str
    position: int
    link: bytes
    withheld: str | None = None


class ChainWriter:
    """Extends the chain of one service. Only the process that relays may do so."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._topic = f"{service}.events"
        self._number = 0
        self._top_seq = 0
        self._last: dict[str, tuple[int, bytes]] = {}
        """By key: position and link of the last event of the case, as far as they were read."""

    async def begin(self, conn: Connection, database: Database, at: datetime) -> None:
        """Read where the chain ends. Events that were sent before there was a chain get their links now."""
        last = (await conn.execute(_LAST)).one()
        self._number, self._top_seq, self._last = last.number or 0, last.seq or 0, {}
        if not self._number:
            async with database.begin() as transaction:
                await self._link_old(transaction, at)

    async def _link_old(self, conn: Connection, at: datetime) -> None:
        after = 0
        values = {"topic": self._topic, "limit": BATCH}
        while rows := (await conn.execute(_OLD, values | {"after": after})).all():
            await self.add(conn, rows, at)
            after = rows[-1].seq

    async def add(self, conn: Connection, rows: Sequence[Any], at: datetime) -> None:
        """Link rows of the outbox, in this order; rows of other topics and linked rows are left out."""
        own = [row for row in rows if row.topic == self._topic]
        linked: set[int] = set()
        if below := [row.seq for row in own if row.seq <= self._top_seq]:  # sent again, or committed late
            linked = set((await conn.execute(_LINKED, {"seqs": below})).scalars())
        if new := [row for row in own if row.seq not in linked]:
            await self._read_last(conn, {row.key for row in new})
            await insert_links(conn, self.extend(new), at)

    async def _read_last(self, conn: Connection, keys: set[str]) -> None:
        if len(self._last) > MOST_CASES:
            self._last = {}
        if missing := keys - self._last.keys():
            for row in await conn.execute(_LAST_OF_CASES, {"keys": sorted(missing)}):
                self._last[row.key] = (row.position, row.link)

    def extend(self, rows: Iterable[Any]) -> list[Link]:
        """Make the links of rows. A row whose case is not in `_last` is taken as the first of its case."""
        links = []
        for row in rows:
            position, previous = self._last.get(row.key, (0, START))
            event = canonical(self._service, row.key, row.event_id, row.type, row.occurred_at, row.body)
            self._number += 1
            self._top_seq = max(self._top_seq, row.seq)
            withheld = withheld_of(row.type, row.body, row.salt)
            if withheld:
                event = open_form(event, row.salt.hex, withheld)
            linked = (self._number, row.seq, row.event_id, row.key, position + 1, link(previous, event))
            new_link = Link(*linked, ",".join(withheld) or None)
            self._last[row.key] = (new_link.position, new_link.link)
            links.append(new_link)
        return links


def withheld_of(type_: str, body: str, salt: UUID | None) -> tuple[str, ...]:
    """The fields of a row of the outbox that its link only commits to; none without a salt."""
    return withheld_in(type_, body, WITHHELD_FIELDS) if salt else ()


async def insert_links(conn: Connection, links: Sequence[Link], at: datetime) -> None:
    """Insert links that were made at `at`."""
    await _INSERT.execute(conn, links, at=at)
