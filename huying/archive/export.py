"""`huying export`: the whole history of a city in one file, as of one moment, while it goes on working."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive import files as archive
from huying.archive import kept
from huying.archive.audit import FORMAT
from huying.archive.databases import Urls
from huying.archive.files import Writer
from huying.archive.kept import How
from shared.audit import chain, seals
from shared.audit.chain import Said
from shared.audit.seals import Head
from shared.database.connection import PATIENCE_S
from shared.service.clock import READER

ATTEMPTS = 20
LOOK_BACK = timedelta(minutes=1)
"""How far the clocks of the databases' machines may be apart."""
JUDGE = "escalation"

_EVENTS = """
    select l.number, l.position, l.link, l.event_id as linked_id, l.key as linked_key,
      o.event_id, o.key, o.type, o.occurred_at, o.body
    from links l left join outbox o on o.seq = l.seq order by l.number
"""
_UNLINKED = """
    select o.event_id, o.key, o.type, o.occurred_at, o.body, o.sent_at, last.position, last.link
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
class Cut:
    """One snapshot of every database, such that nobody has heard what nobody said."""

    conns: Mapping[str, asyncpg.Connection]
    made_at: datetime


@contextlib.asynccontextmanager
async def cut(urls: Urls) -> AsyncIterator[Cut]:
    """Take snapshots at once; again where an event was said and heard between two of them. ValueError."""
    for _ in range(ATTEMPTS):
        async with contextlib.AsyncExitStack() as stack:
            conns = {
                name: await stack.enter_async_context(connected(name, url)) for name, url in urls.items()
            }
            for conn in conns.values():
                snapshot = conn.transaction(isolation="repeatable_read", readonly=True)
                await stack.enter_async_context(snapshot)
            moments = await asyncio.gather(*(conn.fetchval("select now()") for conn in conns.values()))
            if not await _heard_unsaid(conns, min(moments) - LOOK_BACK):
                yield Cut(conns, max(moments))
                return
        await asyncio.sleep(0.3)
    raise ValueError(
        "a service has heard events that no service said: an outbox lost rows, or a database was put back "
        "alone; put all back from one backup / 有服务听到了无人发出的事件，各库不一致，请从同一份备份恢复"
    )


@contextlib.asynccontextmanager
async def connected(service: str, url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a service's database. ValueError where it does not answer."""
    try:
        settings = {
            "timezone": "UTC",
            "jit": "off",
            "idle_in_transaction_session_timeout": "0",
            "application_name": READER,
        }
        conn = await asyncpg.connect(
            url.replace("+asyncpg", ""), timeout=PATIENCE_S, server_settings=settings
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise ValueError(f"the database of {service} does not answer: {error} / 数据库无法连接") from error
    try:
        yield conn
    finally:
        await conn.close(timeout=PATIENCE_S)


async def _heard_unsaid(conns: Mapping[str, asyncpg.Connection], since: datetime) -> bool:
    query = "select event_id from inbox where received_at > $1"
    heard = {row[0] for conn in conns.values() for row in await conn.fetch(query, since)}
    for conn in conns.values():
        for table in ("outbox", "links"):
            if heard:
                query = f"select event_id from {table} where event_id = any($1::uuid[])"
                heard -= {row[0] for row in await conn.fetch(query, list(heard))}
    return bool(heard)


async def export(urls: Urls, path: Path, key: Ed25519PrivateKey | None, *, records: bool) -> dict[str, Any]:
    """Write the file; returns its header. ValueError with what stands in the way."""
    archive.check_name(path)
    async with cut(urls) as taken:
        with Writer(path) as out:
            exporting = _Exporting(taken, out, key, records=records)
            return await exporting.run()


class _Exporting:
    """One file in the making."""

    def __init__(self, taken: Cut, out: Writer, key: Ed25519PrivateKey | None, *, records: bool) -> None:
        self._taken = taken
        self._out = out
        self._key = key
        self._records = records

    async def run(self) -> dict[str, Any]:
        header = await self._header()
        self._out.write(archive.told(archive.HEADER, "huying", header))
        for service, conn in self._taken.conns.items():
            await self._events(service, conn)
        if self._records:
            await self._all_records()
            self._out.write(archive.told(archive.STATE, "huying", await state(self._taken.conns)))
        file = {"lines": self._out.lines, "sum": self._out.sum().hex()}
        self._out.write(archive.told(archive.END, "huying", {"file": file, **self._signed(file)}))
        return header

    def _signed(self, told: dict[str, Any]) -> dict[str, str | None]:
        if self._key is None:
            return {"key": None, "signature": None}
        signature = self._key.sign(seals.signed_bytes(told))
        return {"key": seals.public_bytes(self._key).hex(), "signature": signature.hex()}

    async def _header(self) -> dict[str, Any]:
        conns = self._taken.conns
        said = [
            {"name": service, "events": await conn.fetchval(_COUNT, f"{service}.events")}
            for service, conn in conns.items()
        ]
        topics = ["intake.events", "dispatch.events"]
        heard = await conns[JUDGE].fetch(_HEARD, topics)
        packs = "select distinct file->>'pack' as pack from appeals order by pack"
        return {
            "format": FORMAT,
            "made_at": self._taken.made_at.isoformat(),
            "records": self._records,
            "services": said,
            "judged_upto": {str(row["partition"]): row["upto"].isoformat() for row in heard},
            "packs": [row["pack"] for row in await conns["intake"].fetch(packs)],
            "key": seals.public_bytes(self._key).hex() if self._key else None,
        }

    async def _events(self, service: str, conn: asyncpg.Connection) -> None:
        """What the service said, sealed day by day, and its head at this moment."""
        sealed = await conn.fetch("select * from seals order by upto")
        running, number = chain.Running(), 0
        async for row in conn.cursor(_EVENTS, prefetch=500):
            while sealed and sealed[0]["upto"] <= number:
                running = self._seal(service, sealed.pop(0))
            one = _linked(service, row)
            running.add(one.link)
            number = one.number
            self._out.write(one.line())
        while sealed:
            running = self._seal(service, sealed.pop(0))
        async for one in self._unlinked(service, conn, number):
            running.add(one.link)
            number = one.number
            self._out.write(one.line())
        told = Head(service, None, number, running.head(), self._taken.made_at).told()
        self._out.write(archive.told(archive.HEAD, service, {"head": told, **self._signed(told)}))

    def _seal(self, service: str, row: Any) -> chain.Running:
        told = Head(service, row["day"], row["upto"], row["head"], row["sealed_at"]).told()
        data = {"head": told, "key": row["key"].hex(), "signature": row["signature"].hex()}
        self._out.write(archive.told(archive.SEAL, service, data))
        return chain.Running(row["head"])

    async def _unlinked(self, service: str, conn: asyncpg.Connection, number: int) -> AsyncIterator[Said]:
        """What waits to be said, linked as it will be; what claims to be said and has no link shows that."""
        old = number == 0  # said before there was a chain
        heads: dict[str, tuple[int, bytes]] = {}
        async for row in conn.cursor(_UNLINKED, f"{service}.events", prefetch=500):
            number += 1
            event = _canonical(service, row)
            last = (row["position"] or 0, row["link"] or chain.START)
            position, before = heads.get(row["key"], last)
            waits = old or row["sent_at"] is None
            link = chain.link(before, event) if waits else bytes(32)
            heads[row["key"]] = (position + 1, link)
            yield Said(number, position + 1, link, str(row["event_id"]), row["key"], event)

    async def _all_records(self) -> None:
        link, number = chain.START, 0
        for one in kept.every():
            async for data in self._rows(one):
                number += 1
                line, link = archive.record(link, number, one.service, one.name, data)
                self._out.write(line)

    async def _rows(self, one: kept.Named) -> AsyncIterator[str]:
        if (where := kept.travels(one)) is None:
            return
        without = list(one.table.without)
        query = (
            f'select (to_jsonb(t) - $1::text[])::text from "{one.name}" t where {where} '
            f"order by {kept.order(one)}"
        )
        async for row in self._taken.conns[one.service].cursor(query, without, prefetch=500):
            yield row[0]


def _canonical(service: str, row: Any) -> bytes:
    return chain.canonical(service, row["key"], row["event_id"], row["type"], row["occurred_at"], row["body"])


def _linked(service: str, row: Any) -> Said:
    place = (row["number"], row["position"], row["link"])
    if row["event_id"] is None:
        return Said(*place, str(row["linked_id"]), row["linked_key"], None)
    return Said(*place, str(row["event_id"]), row["key"], _canonical(service, row))


async def state(conns: Mapping[str, asyncpg.Connection]) -> dict[str, dict[str, Any]]:
    """Of every table that is compared how many rows it has, and a digest of them, in whatever order."""
    found = {}
    for one in kept.every():
        if one.table.how is not How.TRANSIENT and one.table.canonical:
            where = one.table.where if one.table.how is How.RECORD else "true"
            query = _STATE.format(canonical=one.table.canonical, name=one.name, where=where)
            row = await conns[one.service].fetchrow(query)
            found[f"{one.service}.{one.name}"] = {"rows": row["rows"], "digest": row["digest"]}
    return found
