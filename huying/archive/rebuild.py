"""`huying rebuild`: a city put into empty databases from the file of its history.

What travels as records is put back as it was; the judge hears all events again and judges anew. Nothing is
sent: what was said waits for the relays, which say it to a new broker, and every inbox knows it.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson
from rich.table import Table
from sqlalchemy import text

from huying.archive import files as archive
from huying.archive import kept
from huying.archive.audit import verified
from huying.archive.databases import Urls
from huying.archive.export import JUDGE, connected, state
from services import migrations
from services.escalation import recall
from services.escalation.app import SERVICE as ESCALATION
from services.escalation.judge import Judge
from services.escalation.store import Ledger
from services.escalation.tables import CASES
from shared.audit import chain
from shared.audit.chain import Said
from shared.database.migrations import migrate, migration_engine
from shared.events import CATALOGUE, Event
from shared.judging.rulebook import rulebook
from shared.judging.settings import RulesSettings
from shared.messaging import wire
from shared.messaging.records import keep_watermarks
from shared.service.clock import EPOCH, TICK, DrivenClock
from shared.service.errors import HuyingError
from shared.service.service import ServiceContext

BATCH = 1_000
CASES_AT_ONCE = 200
_DATA = b',"datacontenttype":"application/json","data":'

_OUTBOX = """
    insert into outbox (seq, event_id, topic, key, type, occurred_at, body) overriding system value
    select * from unnest(
      $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[]
    )
"""
_LINKS = """
    insert into links (number, seq, event_id, key, position, link, linked_at)
    select number, number, id, key, position, link, now() from unnest(
      $1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::bytea[]
    ) as t (number, id, key, position, link)
"""
_SEAL = "insert into seals (day, upto, head, key, signature, sealed_at) values ($1, $2, $3, $4, $5, $6)"
_RECORDS = """
    insert into "{name}" ({columns}) overriding system value
    select {columns} from jsonb_populate_recordset(null::"{name}", $1::jsonb)
"""
_IDENTITIES = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and is_identity = 'YES'
"""
_ON = """
    select setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max("{column}"), 0) + 1, false)
    from "{table}"
"""
_INBOX = text("insert into inbox (event_id) select unnest(cast(:ids as uuid[]))")
_SAID = "select event_id, type, occurred_at, body from outbox where topic = $1 order by seq"
State = Mapping[str, Mapping[str, Any]]


async def rebuild(path: Path, urls: Urls, keys: Sequence[bytes] = ()) -> tuple[State, State]:
    """Put the city of the file into empty databases; returns the state it says, and the state made.

    ValueError where the file is not as written or holds no records, or where a database is not empty.
    """
    verdict = verified(path, keys)
    if not verdict.header["records"]:
        raise ValueError(
            f"{path} is a public file, without records: nothing can be rebuilt from it / 公开文件无法用于重建"
        )
    judge = _judge(urls[JUDGE], verdict.header)
    for service, url in urls.items():
        await _make(service, url)
    try:
        await _put_back(path, urls, judge, verdict.header)
    finally:
        await judge.context.engine.dispose()
    async with contextlib.AsyncExitStack() as stack:
        conns = {
            service: await stack.enter_async_context(connected(service, url)) for service, url in urls.items()
        }
        return verdict.state, await state(conns)


async def _make(service: str, url: str) -> None:
    """Bring a database to the newest migration. ValueError where it holds something already."""
    engine = migration_engine(url)
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()
    async with connected(service, url) as conn:
        full = [
            one.name
            for one in kept.tables(service)
            if await conn.fetchval(f'select exists (select from "{one.name}")')
        ]
    if full:
        raise ValueError(
            f"the database of {service} is not empty ({', '.join(full)}): rebuild into new databases, or "
            f"drop these and make them anew / {service} 的数据库不为空，请重建到新的数据库"
        )


async def _put_back(path: Path, urls: Urls, judge: Judge, header: Mapping[str, Any]) -> None:
    """All or nothing of events and records, then what is derived."""
    async with contextlib.AsyncExitStack() as stack:
        conns = {}
        for service, url in urls.items():
            conns[service] = await stack.enter_async_context(connected(service, url))
            await stack.enter_async_context(conns[service].transaction())
        filling = _Filling(conns)
        for line in archive.lines(path):
            await filling.take(line)
        await filling.done()
    await _derive(urls, judge, filling.late, header)


class _Filling:
    """Rows on their way into the databases, some at a time."""

    def __init__(self, conns: Mapping[str, asyncpg.Connection]) -> None:
        self.late: list[UUID] = []
        self._conns = conns
        self._events: list[Said] = []
        self._rows: list[archive.Row] = []
        self._names: list[str] = []

    async def take(self, line: bytes) -> None:
        """The next line of the file."""
        if line.startswith(b'{"sequence"'):
            await self._event(line)
        elif row := archive.read_record(line):
            await self._record(row)
        elif found := archive.read_told(line):
            await self._about(*found)

    async def done(self) -> None:
        """After the last line: new rows get numbers after these."""
        await self._flush()
        for service in self._conns:
            await self._count_on(service)

    async def _event(self, line: bytes) -> None:
        one = chain.said(line)
        assert one is not None
        self._events.append(one)
        if len(self._events) == BATCH:
            await self._flush()

    async def _about(self, type_: str, source: str, data: Any) -> None:
        await self._flush()
        if type_ == archive.HEADER:
            self._names = [one["name"] for one in data["services"]]
        elif type_ == archive.SEAL:
            head = data["head"]
            day, at = date.fromisoformat(head["day"]), datetime.fromisoformat(head["sealed_at"])
            signed = [bytes.fromhex(word) for word in (head["head"], data["key"], data["signature"])]
            await self._conns[source].execute(_SEAL, day, head["upto"], *signed, at)
        elif type_ == archive.HEAD:
            await self._count_on(source)
            self._names.pop(0)

    async def _record(self, row: archive.Row) -> None:
        if self._rows and (row.service, row.table) != (self._rows[0].service, self._rows[0].table):
            await self._flush()
        self._rows.append(row)
        if len(self._rows) == BATCH:
            await self._flush()

    async def _flush(self) -> None:
        if self._events:
            await self._flush_events(self._names[0], self._events)
        if self._rows:
            await self._flush_rows(self._rows)
        self._events, self._rows = [], []

    async def _flush_events(self, service: str, events: Sequence[Said]) -> None:
        conn = self._conns[service]
        found = [(_told(one), one) for one in events]
        numbers, ids = [one.number for one in events], [one.id for one in events]
        keys, topic = [one.key for one in events], f"{service}.events"
        await conn.execute(
            _OUTBOX,
            numbers,
            ids,
            [topic] * len(events),
            keys,
            [told.type for told, _ in found],
            [told.occurred_at for told, _ in found],
            [told.body for told, _ in found],
        )
        positions, links = [one.position for one in events], [one.link for one in events]
        await conn.execute(_LINKS, numbers, ids, keys, positions, links)

    async def _flush_rows(self, rows: Sequence[archive.Row]) -> None:
        first = rows[0]
        if (first.service, first.table) == (JUDGE, "history"):
            self.late += [UUID(orjson.loads(row.data)["event_id"]) for row in rows]
            return
        columns = ", ".join(f'"{name}"' for name in orjson.loads(first.data))
        data = b"[" + b",".join(row.data for row in rows) + b"]"
        query = _RECORDS.format(name=first.table, columns=columns)
        await self._conns[first.service].execute(query, data.decode())

    async def _count_on(self, service: str) -> None:
        conn = self._conns[service]
        for table, column in await conn.fetch(_IDENTITIES):
            await conn.execute(_ON.format(table=table, column=column))


class _Told(NamedTuple):
    """What the outbox has of an event."""

    type: str
    occurred_at: datetime
    body: str


def _told(one: Said) -> _Told:
    assert one.event is not None
    start, _, rest = one.event.partition(_DATA)
    attributes = orjson.loads(start + b"}")
    return _Told(attributes["type"], datetime.fromisoformat(attributes["time"]), rest[:-1].decode())


def _judge(url: str, header: Mapping[str, Any]) -> Judge:
    """The judge on escalation's new database. ValueError where a pack of the city is not here."""
    upto = header["judged_upto"]
    settings = RulesSettings(database=url, clock="driven", partitions=max(len(upto), 1), accounts=None)
    context = ServiceContext(ESCALATION, settings.model_copy(update={"seal_key": None}))
    for ref in header["packs"]:
        try:
            rulebook(context).pack_of(ref)
        except HuyingError as error:
            raise ValueError(
                f"{error}; set HUYING_PACK, HUYING_PROCEDURES and HUYING_PACK_SETTINGS as the city had them"
                " / 请按原城市设置规则包及其参数"
            ) from error
    return Judge(context, CASES)


async def _derive(urls: Urls, judge: Judge, late: Sequence[UUID], header: Mapping[str, Any]) -> None:
    """Let the judge hear all that was said, take back what it had said itself, and judge what is due."""
    upto = {int(index): datetime.fromisoformat(at) for index, at in header["judged_upto"].items()}
    at = min(upto.values(), default=EPOCH) + TICK
    for service in ESCALATION.hears:
        await _hear(service, urls[service], judge.context, at)
    await _recall(urls[JUDGE], judge.context, at)
    marks = {
        (f"{service}.events", index): wire.Watermark(upto=mark, after=0)
        for service in ESCALATION.hears
        for index, mark in upto.items()
    }
    async with judge.context.engine.begin() as conn:
        await recall.mark_late(conn, late)
        await keep_watermarks(conn, "", marks)
    assert isinstance(judge.context.clock, DrivenClock)
    judge.context.clock.advance(max(upto.values(), default=EPOCH) + TICK)
    while await judge.turn(upto, CASES_AT_ONCE) == CASES_AT_ONCE:
        pass


async def _hear(service: str, url: str, context: ServiceContext, at: datetime) -> None:
    async for events in _said(service, url):
        heard = [event for event in events if type(event) in ESCALATION.handlers]
        async with context.engine.begin() as conn:
            await conn.execute(_INBOX, {"ids": [event.id for event in heard]})
            ledger = Ledger(conn, at)
            await ledger.load({key for event in heard for key in ledger.keys_of(event)})
            for event in heard:
                ESCALATION.handlers[type(event)](ledger, event)
            await ledger.flush()


async def _recall(url: str, context: ServiceContext, at: datetime) -> None:
    async for events in _said(JUDGE, url):
        async with context.engine.begin() as conn:
            await recall.recall(Ledger(conn, at), events)


async def _said(service: str, url: str) -> AsyncIterator[list[Event]]:
    """What a service said, in order, in batches; types that this release does not know are left out."""
    async with connected(service, url) as conn, conn.transaction():
        rows: list[Any] = []
        async for row in conn.cursor(_SAID, f"{service}.events", prefetch=BATCH):
            rows.append(row)
            if len(rows) == BATCH:
                yield _events(service, rows)
                rows = []
        if rows:
            yield _events(service, rows)


def _events(service: str, rows: Sequence[Any]) -> list[Event]:
    found = []
    for row in rows:
        if row["type"] in CATALOGUE:
            headers = wire.headers(service, row["type"], row["event_id"], row["occurred_at"], None)
            content = wire.read(headers, row["body"].encode()).content
            assert isinstance(content, Event)
            found.append(content)
    return found


def differences(before: State, now: State) -> list[str]:
    """The tables that are not as they were."""
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def shown(before: State, now: State) -> Table:
    """Table by table how many rows there were and are, and whether they are the same."""
    table = Table("table", "rows then", "rows now", "the same")
    for name in {**before, **now}:
        then, here = before.get(name, {}), now.get(name, {})
        table.add_row(name, str(then.get("rows")), str(here.get("rows")), "yes" if then == here else "NO")
    return table
