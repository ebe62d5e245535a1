"""The table of links: the relay adds one for every event as it leaves, in the order in which they leave."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.audit.chain import START, canonical, link
from shared.database.connection import Connection, Database

MOST_HEADS = 100_000
BATCH = 2_000

_LAST = text("select max(number) as number, max(seq) as seq from links")
_LINKED = text("select seq from links where seq = any(cast(:seqs as bigint[]))")
_HEADS = text(
    """
    select k.key, l.position, l.link from unnest(cast(:keys as text[])) as k (key)
    cross join lateral (
      select position, link from links where links.key = k.key order by position desc limit 1
    ) as l
    """
)
_ADD = text(
    """
    insert into links (number, seq, event_id, key, position, link, linked_at)
    select t.*, :at from unnest(
      cast(:numbers as bigint[]), cast(:seqs as bigint[]), cast(:ids as uuid[]), cast(:keys as text[]),
      cast(:positions as int[]), cast(:links as bytea[])
    ) as t
    """
)
_OLD = text(
    """
    select seq, topic, event_id, key, type, occurred_at, body from outbox
    where sent_at is not null and topic = :topic and seq > :after order by seq limit :limit
    """
)


def add_tables(metadata: sa.MetaData) -> None:
    """The tables of links and of the heads sealed each day."""
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
    """One row of the table."""

    number: int
    seq: int
    event_id: Any
    key: str
    position: int
    link: bytes


class ChainWriter:
    """The chain of one service, for whoever alone may send its outbox."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._topic = f"{service}.events"
        self._number = 0
        self._top = 0
        self._heads: dict[str, tuple[int, bytes]] = {}

    async def begin(self, conn: Connection, database: Database, at: datetime) -> None:
        """Read where the chain ends; what was sent before there was a chain is linked now, all or nothing."""
        last = (await conn.execute(_LAST)).one()
        self._number, self._top, self._heads = last.number or 0, last.seq or 0, {}
        if not self._number:
            async with database.begin() as whole:
                await self._link_old(whole, at)

    async def _link_old(self, conn: Connection, at: datetime) -> None:
        after = 0
        while rows := (
            await conn.execute(_OLD, {"topic": self._topic, "after": after, "limit": BATCH})
        ).all():
            await self.add(conn, rows, at)
            after = rows[-1].seq

    async def add(self, conn: Connection, rows: Sequence[Any], at: datetime) -> None:
        """Link rows of the outbox, in this order, but for those of other topics and those linked already."""
        own = [row for row in rows if row.topic == self._topic]
        known: set[int] = set()
        if below := [row.seq for row in own if row.seq <= self._top]:  # sent again, or committed late
            known = set((await conn.execute(_LINKED, {"seqs": below})).scalars())
        if new := [row for row in own if row.seq not in known]:
            await self._know(conn, {row.key for row in new})
            await insert_links(conn, self.next(new), at)

    async def _know(self, conn: Connection, keys: set[str]) -> None:
        if len(self._heads) > MOST_HEADS:
            self._heads = {}
        if missing := keys - self._heads.keys():
            for row in await conn.execute(_HEADS, {"keys": sorted(missing)}):
                self._heads[row.key] = (row.position, row.link)

    def next(self, rows: Iterable[Any]) -> list[Link]:
        """The links of rows whose cases' last links are known, or that are the first of their cases."""
        found = []
        for row in rows:
            position, before = self._heads.get(row.key, (0, START))
            event = canonical(self._service, row.key, row.event_id, row.type, row.occurred_at, row.body)
            self._number += 1
            self._top = max(self._top, row.seq)
            one = Link(self._number, row.seq, row.event_id, row.key, position + 1, link(before, event))
            self._heads[row.key] = (one.position, one.link)
            found.append(one)
        return found


async def insert_links(conn: Connection, found: Sequence[Link], at: datetime) -> None:
    """Insert links made at `at`."""
    numbers, seqs, ids, keys, positions, links = (list(column) for column in zip(*found, strict=True))
    values = {
        "numbers": numbers,
        "seqs": seqs,
        "ids": ids,
        "keys": keys,
        "positions": positions,
        "links": links,
        "at": at,
    }
    await conn.execute(_ADD, values)
