"""`huying export`: the whole history of a city in one file, as of one moment, while services work on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive import files, tables
from huying.archive.databases import Urls, connected
from huying.archive.files import FORMAT, Writer
from huying.archive.refill import JUDGE
from huying.archive.tables import ServiceTable, Treatment
from shared.audit import chain, seals
from shared.audit.chain import ChainedEvent
from shared.audit.links import withheld_of
from shared.audit.seals import Head
from shared.events import WITHHELD_FIELDS

ATTEMPTS = 20
LOOK_BACK = timedelta(minutes=1)
"""The most that the clocks of the databases' machines may differ."""

_EVENTS = """
    select l.number, l.position, l.link, l.event_id as linked_id, l.key as linked_key, l.withheld,
      o.event_id, o.key, o.type, o.occurred_at, o.body, o.salt
    from links l left join outbox o on o.seq = l.seq order by l.number
"""
_UNLINKED = """
    select o.event_id, o.key, o.type, o.occurred_at, o.body, o.salt, o.sent_at, last.position, last.link
    from outbox o left join lateral (
      select position, link from links where links.key = o.key order by position desc limit 1
    ) as last on true
    where o.topic = $1 and not exists (select from links l where l.seq = o.seq) order by o.seq
"""
_COUNT = """
    select (select count(*) from links) + (select count(*) from outbox o where o.topic = $1
      and not exists (select from links l where l.seq = o.seq))
"""
_HEARD = """
    select partition, min(watermark) as upto from heard where topic = any($1::text[])
    group by partition having count(watermark) = cardinality($1::text[]) order by partition
"""
_STATE = """
    select count(*) as rows,
      coalesce(sum(('x' || substr(md5(({canonical})::text), 1, 15))::bit(60)::bigint), 0)::text as digest
    from (select * from "{name}" where {where}) t
"""


@dataclass
class ConsistentCut:
    """One snapshot of every database, in which every event of an inbox is in an outbox."""

    connections: Mapping[str, asyncpg.Connection]
    made_at: datetime


@contextlib.asynccontextmanager
async def consistent_cut(urls: Urls) -> AsyncIterator[ConsistentCut]:
    """Take a snapshot of every database at about the same time, until they are consistent.

    They are not where an event was sent and handled between two snapshots. ValueError after 20 attempts.
    """
    for _ in range(ATTEMPTS):
        async with contextlib.AsyncExitStack() as stack:
            conns = {
                name: await stack.enter_async_context(connected(name, url)) for name, url in urls.items()
            }
            for conn in conns.values():
                snapshot = conn.transaction(isolation="repeatable_read", readonly=True)
                await stack.enter_async_context(snapshot)
            moments = await asyncio.gather(*(conn.fetchval("select now()") for conn in conns.values()))
            if not await _has_unsent(conns, min(moments) - LOOK_BACK):
                yield ConsistentCut(conns, max(moments))
                return
        await asyncio.sleep(0.3)
    raise ValueError(
        "a service has heard events that no service said: an outbox lost rows, or a database was put back "
        "alone; put all back from one backup / 有服务听到了无人发出的事件，各库不一致，请从同一份备份恢复"
    )


async def _has_unsent(conns: Mapping[str, asyncpg.Connection], since: datetime) -> bool:
    query = "select event_id from inbox where received_at > $1"
    heard = {row[0] for conn in conns.values() for row in await conn.fetch(query, since)}
    for conn in conns.values():
        for table in ("outbox", "links"):
            if heard:
                query = f"select event_id from {table} where event_id = any($1::uuid[])"
                heard -= {row[0] for row in await conn.fetch(query, list(heard))}
    return bool(heard)


async def export(urls: Urls, path: Path, key: Ed25519PrivateKey | None, *, records: bool) -> dict[str, Any]:
    """Write the file; returns its header. ValueError where it cannot be written."""
    files.check_name(path)
    async with consistent_cut(urls) as snapshots:
        with Writer(path) as out:
            exporting = _Export(snapshots, out, key, records=records)
            return await exporting.run()


class _Export:
    """Writes one file."""

    def __init__(
        self, snapshots: ConsistentCut, out: Writer, key: Ed25519PrivateKey | None, *, records: bool
    ) -> None:
        self._snapshots = snapshots
        self._out = out
        self._key = key
        self._records = records

    async def run(self) -> dict[str, Any]:
        header = await self._header()
        self._out.write(files.metadata_line(files.HEADER, "huying", header))
        for service, conn in self._snapshots.connections.items():
            await self._events(service, conn)
        if self._records:
            await self._all_records()
            self._out.write(
                files.metadata_line(files.STATE, "huying", await state(self._snapshots.connections))
            )
        file = {"lines": self._out.lines, "sum": self._out.sum().hex()}
        self._out.write(files.metadata_line(files.END, "huying", {"file": file, **self._signed(file)}))
        return header

    def _signed(self, document: dict[str, Any]) -> dict[str, str | None]:
        if self._key is None:
            return {"key": None, "signature": None}
        signature = self._key.sign(seals.signed_bytes(document))
        return {"key": seals.public_bytes(self._key).hex(), "signature": signature.hex()}

    async def _header(self) -> dict[str, Any]:
        conns = self._snapshots.connections
        services = [
            {"name": service, "events": await conn.fetchval(_COUNT, f"{service}.events")}
            for service, conn in conns.items()
        ]
        topics = ["intake.events", "dispatch.events"]
        heard = await conns[JUDGE].fetch(_HEARD, topics)
        packs = "select distinct file->>'pack' as pack from appeals order by pack"
        return {
            "format": FORMAT,
            "made_at": self._snapshots.made_at.isoformat(),
            "records": self._records,
            "services": services,
            "judged_upto": {str(row["partition"]): row["upto"].isoformat() for row in heard},
            "packs": [row["pack"] for row in await conns["intake"].fetch(packs)],
            "key": seals.public_bytes(self._key).hex() if self._key else None,
        }

    async def _events(self, service: str, conn: asyncpg.Connection) -> None:
        """The events of a service, a seal after each day, and the head of its chain now."""
        sealed = await conn.fetch("select * from seals order by upto")
        running, number = chain.RunningDigest(), 0
        async for row in conn.cursor(_EVENTS, prefetch=500):
            while sealed and sealed[0]["upto"] <= number:
                running = self._seal(service, sealed.pop(0))
            event = _linked(service, row)
            running.add(event.link)
            number = event.number
            self._write(event)
        while sealed:
            running = self._seal(service, sealed.pop(0))
        async for event in self._unlinked(service, conn, number):
            running.add(event.link)
            number = event.number
            self._write(event)
        head = Head(service, None, number, running.head(), self._snapshots.made_at).content()
        self._out.write(files.metadata_line(files.HEAD, service, {"head": head, **self._signed(head)}))

    def _write(self, event: ChainedEvent) -> None:
        self._out.write((event if self._records else event.for_public(WITHHELD_FIELDS)).line())

    def _seal(self, service: str, row: Any) -> chain.RunningDigest:
        head = Head(service, row["day"], row["upto"], row["head"], row["sealed_at"]).content()
        data = {"head": head, "key": row["key"].hex(), "signature": row["signature"].hex()}
        self._out.write(files.metadata_line(files.SEAL, service, data))
        return chain.RunningDigest(row["head"])

    async def _unlinked(
        self, service: str, conn: asyncpg.Connection, number: int
    ) -> AsyncIterator[ChainedEvent]:
        """Events without a link: unsent ones get the link the relay will write, sent ones a link of zeros."""
        old = number == 0  # sent before the release that introduced the chain
        heads: dict[str, tuple[int, bytes]] = {}
        async for row in conn.cursor(_UNLINKED, f"{service}.events", prefetch=500):
            number += 1
            event = _canonical(service, row)
            last = (row["position"] or 0, row["link"] or chain.START)
            position, before = heads.get(row["key"], last)
            unsent = old or row["sent_at"] is None
            withheld = withheld_of(row["type"], row["body"], row["salt"]) if unsent else ()
            chained = ChainedEvent(
                number,
                position + 1,
                bytes(32),
                str(row["event_id"]),
                row["key"],
                event,
                *_salted(row, withheld),
            )
            if unsent:
                chained = chained._replace(link=chain.link(before, chained.linked))
            heads[row["key"]] = (position + 1, chained.link)
            yield chained

    async def _all_records(self) -> None:
        link, number = chain.START, 0
        for table in tables.all_tables():
            async for data in self._rows(table):
                number += 1
                line, link = files.record_line(link, number, table.service, table.name, data)
                self._out.write(line)

    async def _rows(self, table: ServiceTable) -> AsyncIterator[str]:
        if (where := tables.recorded_rows(table)) is None:
            return
        without = list(table.table.without)
        query = (
            f'select (to_jsonb(t) - $1::text[])::text from "{table.name}" t where {where} '
            f"order by {tables.order(table)}"
        )
        async for row in self._snapshots.connections[table.service].cursor(query, without, prefetch=500):
            yield row[0]


def _canonical(service: str, row: Any) -> bytes:
    return chain.canonical(service, row["key"], row["event_id"], row["type"], row["occurred_at"], row["body"])


def _linked(service: str, row: Any) -> ChainedEvent:
    linked = (row["number"], row["position"], row["link"])
    if row["event_id"] is None:
        return ChainedEvent(*linked, str(row["linked_id"]), row["linked_key"], None)
    withheld = tuple(row["withheld"].split(",")) if row["withheld"] else ()
    canonical = _canonical(service, row)
    return ChainedEvent(*linked, str(row["event_id"]), row["key"], canonical, *_salted(row, withheld))


def _salted(row: Any, withheld: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The salt of an event and its withheld fields; neither where it has none."""
    return (row["salt"].hex, withheld) if withheld else ("", ())


async def state(conns: Mapping[str, asyncpg.Connection]) -> dict[str, dict[str, Any]]:
    """Of every compared table the number of rows, and a digest that does not depend on their order."""
    digests = {}
    for service, name, table in tables.all_tables():
        if table.treatment is not Treatment.TRANSIENT and table.canonical:
            where = table.where if table.treatment is Treatment.RECORD else "true"
            query = _STATE.format(canonical=table.canonical, name=name, where=where)
            row = await conns[service].fetchrow(query)
            digests[f"{service}.{name}"] = {"rows": row["rows"], "digest": row["digest"]}
    return digests
