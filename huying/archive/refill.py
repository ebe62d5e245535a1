"""Inserts the lines of a city's file into empty databases: events with their links, seals, and records."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from huying.archive import files, tables
from huying.archive.files import Broken, Record
from shared.audit import chain
from shared.audit.chain import ChainedEvent

JUDGE = "escalation"
BATCH = 1_000
MOST_BYTES = 8 * 1024 * 1024
"""Of the lines of a batch, beyond its last line."""
UNFIT = (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, LookupError, TypeError, AttributeError)
_DATA = b',"datacontenttype":"application/json","data":'

_OUTBOX = """
    insert into outbox (seq, event_id, topic, key, type, occurred_at, body, salt) overriding system value
    select * from unnest(
      $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::uuid[]
    )
"""
_LINKS = """
    insert into links (number, seq, event_id, key, position, link, withheld, linked_at)
    select number, number, id, key, position, link, withheld, now() from unnest(
      $1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::bytea[], $6::text[]
    ) as t (number, id, key, position, link, withheld)
"""
_SEAL = "insert into seals (day, upto, head, key, signature, sealed_at) values ($1, $2, $3, $4, $5, $6)"
_INSERT_RECORDS = """
    insert into "{name}" ({columns}) overriding system value
    select {columns} from jsonb_populate_recordset(null::"{name}", $1::jsonb)
"""
_IDENTITIES = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and is_identity = 'YES'
"""
_ADVANCE = """
    select setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max("{column}"), 0) + 1, false)
    from "{table}"
"""


class Refill:
    """Inserts in batches. `late` holds the ids of acts that came after their moment had been judged."""

    def __init__(self, conns: Mapping[str, asyncpg.Connection]) -> None:
        self.late: list[UUID] = []
        self._conns = conns
        self._events: list[_Row] = []
        self._records: list[Record] = []
        self._of_records: tuple[str, ...] = ()
        self._services: list[str] = []
        self._lines = 0
        self._bytes = 0

    async def take(self, line: bytes) -> None:
        """Take the next line of the file. `Broken` where it does not fit the tables."""
        self._lines += 1
        self._bytes += len(line)
        with self._as_broken():
            await self._take(line)

    async def done(self) -> None:
        """Insert what is left, and let identity columns count on from the inserted rows."""
        with self._as_broken():
            await self._flush()
            for service in self._conns:
                await self._advance_identities(service)

    async def _take(self, line: bytes) -> None:
        if line.startswith(b'{"sequence"'):
            await self._take_event(line)
        elif record := files.read_record(line):
            await self._take_record(record)
        elif metadata := files.read_metadata_line(line):
            await self._take_metadata(*metadata)

    async def _take_event(self, line: bytes) -> None:
        event = chain.parse_line(line)
        assert event is not None
        self._events.append((event, _outbox_row(event)))
        if len(self._events) == BATCH or self._bytes > MOST_BYTES:
            await self._flush()

    async def _take_metadata(self, type_: str, source: str, data: Any) -> None:
        await self._flush()
        if type_ == files.HEADER:
            self._services = [service["name"] for service in data["services"]]
        elif type_ == files.SEAL:
            head = data["head"]
            day, at = date.fromisoformat(head["day"]), datetime.fromisoformat(head["sealed_at"])
            signed = [bytes.fromhex(word) for word in (head["head"], data["key"], data["signature"])]
            await self._conns[source].execute(_SEAL, day, head["upto"], *signed, at)
        elif type_ == files.HEAD:
            await self._advance_identities(source)
            self._services.pop(0)

    async def _take_record(self, record: Record) -> None:
        columns = self._columns(record)
        last = self._records[-1] if self._records else record
        if (record.service, record.table, columns) != (last.service, last.table, self._of_records):
            await self._flush()
        self._of_records = columns
        self._records.append(record)
        if len(self._records) == BATCH or self._bytes > MOST_BYTES:
            await self._flush()

    def _columns(self, record: Record) -> tuple[str, ...]:
        """The columns of a record. ValueError unless its table is archived by records and has them."""
        row = orjson.loads(record.data)
        known = tables.recorded_columns(record.service, record.table)
        if unknown := row.keys() - known:
            raise ValueError(f"{record.service}.{record.table} has no column {min(unknown)!r:.100}")
        return tuple(row)

    async def _flush(self) -> None:
        if self._events:
            await self._flush_events(self._services[0], self._events)
        if self._records:
            await self._flush_records(self._records)
        self._events, self._records, self._bytes = [], [], 0

    @contextmanager
    def _as_broken(self) -> Iterator[None]:
        """Turns what a line that fits no table raises into a sentence. Its batch may hold lines before it."""
        try:
            yield
        except UNFIT as error:
            reason = str(error).partition("\n")[0]
            raise Broken(
                f"line {self._lines}, or one of its batch before it, does not fit the tables"
                f" ({type(error).__name__}: {reason:.300}); the databases are as they were"
                f" / 第 {self._lines} 行或之前一批与数据表不符，数据库未改动"
            ) from error

    async def _flush_events(self, service: str, rows_of_events: Sequence["_Row"]) -> None:
        conn = self._conns[service]
        events, rows = [event for event, _ in rows_of_events], [row for _, row in rows_of_events]
        numbers, ids = [event.number for event in events], [event.id for event in events]
        keys, topic = [event.key for event in events], f"{service}.events"
        await conn.execute(
            _OUTBOX,
            numbers,
            ids,
            [topic] * len(events),
            keys,
            [row.type for row in rows],
            [row.occurred_at for row in rows],
            [row.body for row in rows],
            [event.salt or None for event in events],
        )
        positions, links = [event.position for event in events], [event.link for event in events]
        withheld = [",".join(event.withheld) or None for event in events]
        await conn.execute(_LINKS, numbers, ids, keys, positions, links, withheld)

    async def _flush_records(self, records: Sequence[Record]) -> None:
        first = records[0]
        if (first.service, first.table) == (JUDGE, "history"):
            self.late += [UUID(orjson.loads(record.data)["event_id"]) for record in records]
            return
        columns = ", ".join(f'"{name}"' for name in self._of_records)
        data = b"[" + b",".join(record.data for record in records) + b"]"
        query = _INSERT_RECORDS.format(name=first.table, columns=columns)
        await self._conns[first.service].execute(query, data.decode())

    async def _advance_identities(self, service: str) -> None:
        conn = self._conns[service]
        for table, column in await conn.fetch(_IDENTITIES):
            await conn.execute(_ADVANCE.format(table=table, column=column))


class _OutboxRow(NamedTuple):
    """The columns of an event in the outbox."""

    type: str
    occurred_at: datetime
    body: str


_Row = tuple[ChainedEvent, _OutboxRow]


def _outbox_row(event: ChainedEvent) -> _OutboxRow:
    """The row of an event. ValueError, KeyError or TypeError where it has none."""
    assert event.event is not None
    UUID(event.id)
    start, _, rest = event.event.partition(_DATA)
    attributes = orjson.loads(start + b"}")
    at = datetime.fromisoformat(attributes["time"])
    if not isinstance(attributes["type"], str) or at.tzinfo is None:
        raise ValueError("type is no text, or time has no zone")
    return _OutboxRow(attributes["type"], at, rest[:-1].decode())
