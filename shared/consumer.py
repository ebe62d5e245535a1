"""From Kafka to a service: a batch of records is one transaction, and has its effect once.

Events new to the inbox go to their handlers on rows loaded at once; watermarks are kept beside them, so
that what the database knows and how far it is complete never part. What passes by itself holds the batch
and backs off. A record nobody can read, or that fails three times alone, is parked with its reason.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from sqlalchemy import text

from shared import db, telemetry, wire
from shared.bus import Bus, end
from shared.clock import Clock
from shared.database import Connection, Database
from shared.errors import Conflict, NotFound
from shared.events import Event
from shared.outbox import Batch
from shared.pace import Pace
from shared.records import Parked, Record, decode, keep_watermarks, park
from shared.settings import Settings

BATCH = 1_000
QUIET_GAP_S, BUSY_GAP_S = 0.05, 0.4
COMMIT_EVERY_S = 1.0  # what a successor reads again, the inbox drops
ATTEMPTS = 3
COMMIT_S = 10.0  # aiokafka tries for ever where a topic is gone
Handlers = Mapping[type[Event], Callable[[Any, Any], None]]
Redrives = Mapping[str, Callable[[Connection, Parked, datetime], Awaitable[None]]]
"""How what is no event heard is tried again, in a transaction of that time: by topic, where `*` fits any."""


class Listener(Protocol):
    """Who is told what a committed batch brought."""

    def heard(self, *, events: int, watermarks: int, asked: bool) -> None: ...


_INBOX = text(
    """
    with fresh as (
      insert into inbox (event_id) select unnest(cast(:ids as uuid[]))
      on conflict do nothing returning event_id
    )
    select now() as at, (select array_agg(event_id) from fresh) as ids
    """
)
_PARKED = text("select * from parked where id = :id and redriven_at is null")
_REDRIVEN = text("update parked set redriven_at = now() where id = :id")


class Consumer:
    """Hears the topics of other services for one service."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        handlers: Handlers,
        batch: type[Batch],
        engine: Database,
        settings: Settings,
        clock: Clock,
        listener: Listener,
        log: structlog.typing.FilteringBoundLogger,
        redrives: Redrives,
    ) -> None:
        self._redrives = redrives
        self._service = service
        self._topics = list(topics)
        self._handlers = handlers
        self._batch = batch
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._listener = listener
        self._log = log
        self._cluster = ""
        self._done: dict[TopicPartition, int] = {}
        """Offsets up to which all is in the database and the broker was not told so."""
        self._consumer: AIOKafkaConsumer | None = None

    async def run(self) -> None:
        """Consume until cancelled; a broker that is away is waited for."""
        while True:
            try:
                await self._session()
            except (KafkaError, *db.DATABASE_ERRORS) as error:
                self._log.warning("consumer waits", reason=repr(error))
                await asyncio.sleep(1)

    async def _session(self) -> None:
        async with Bus(self._settings) as bus:
            await bus.ensure(self._topics)
            self._cluster, self._done = bus.cluster, {}
            consumer = AIOKafkaConsumer(
                **self._settings.client(),
                group_id=self._service,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                partition_assignment_strategy=(RangePartitionAssignor,),
                fetch_max_wait_ms=self._settings.fetch_wait_ms,
                session_timeout_ms=self._settings.session_timeout_ms,
                heartbeat_interval_ms=self._settings.session_timeout_ms // 3,
                max_partition_fetch_bytes=4 * 1024 * 1024,
            )
            consumer.subscribe(self._topics, listener=_FromTheStart(consumer, self))
            self._consumer = consumer
            try:
                await consumer.start()
                await self._read(consumer, bus)
            finally:
                self._consumer = None
                await end(consumer.stop())

    async def _read(self, consumer: AIOKafkaConsumer, bus: Bus) -> None:
        pace, committed_at = Pace(QUIET_GAP_S, BUSY_GAP_S), _seconds()
        while True:
            await bus.check()
            records = await consumer.getmany(timeout_ms=500, max_records=BATCH)
            pace.begin()
            events = await self._settle([decode(raw) for raws in records.values() for raw in raws])
            self._done |= {place: raws[-1].offset + 1 for place, raws in records.items()}
            if _seconds() >= committed_at + COMMIT_EVERY_S:
                await self._commit(consumer)
                committed_at = _seconds()
            if records and sum(map(len, records.values())) < BATCH // 4:
                await pace.rest(events)

    def partitions(self) -> set[TopicPartition]:
        """What this process reads now."""
        return set(self._consumer.assignment()) if self._consumer else set()

    async def known(self) -> set[TopicPartition]:
        """The partitions of this broker that this database has heard."""
        query = text("select topic, partition from heard where cluster = :cluster")
        async with self._engine.connect() as conn:
            rows = (await conn.execute(query, {"cluster": self._cluster})).all()
        return {TopicPartition(row.topic, row.partition) for row in rows}

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        mine = {place: offset for place, offset in self._done.items() if place in consumer.assignment()}
        self._done = {}
        try:
            if mine:
                async with asyncio.timeout(COMMIT_S):
                    await consumer.commit(mine)
        except (CommitFailedError, IllegalStateError) as error:
            self._log.info("partitions moved on; the inbox will drop what comes twice", reason=repr(error))

    async def _settle(self, records: list[Record]) -> int:
        """All at once; where that fails for good one by one, and what fails alone is parked.

        Returns how many events were new.
        """
        failures, wait_s = 0, 0.2
        while True:
            try:
                return await self._transact(records)
            except Exception as error:  # the one place: a handler's defect must not stop the partition
                self._log.warning("batch failed", reason=repr(error), records=len(records))
                failures += not db.is_transient(error)
                if failures and len(records) > 1:
                    break
                if failures == ATTEMPTS:
                    records[0].reason = f"failed {ATTEMPTS} times: {error!r}"
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 10)
        return sum([await self._settle([record]) for record in records])

    async def _transact(self, records: list[Record]) -> int:
        """Records of watermarks and of events that nobody handles are one statement at most."""
        waiting, marks = self._events(records), self._watermarks(records)
        fresh, faulty = 0, [record for record in records if record.reason is not None]
        if waiting or faulty:
            async with self._engine.begin() as conn:
                fresh = await self._handle(conn, waiting)
                for record in faulty:
                    self._log.error("parked", **record.place())
                    await park(conn, self._service, self._cluster, record)
                await keep_watermarks(conn, self._cluster, marks)
        elif marks:
            async with self._engine.connect() as conn:
                await keep_watermarks(conn, self._cluster, marks)
        asked = any(mark.asks for mark in marks.values())
        self._listener.heard(events=fresh, watermarks=len(marks), asked=asked)
        return fresh

    async def _handle(self, conn: Connection, waiting: dict[UUID, tuple[Event, str | None]]) -> int:
        """Hand the events that are not in the inbox yet to their handlers; returns how many."""
        if not waiting:
            return 0
        started_at, ids = (await conn.execute(_INBOX, {"ids": sorted(waiting)})).one()
        new = set(ids or ())
        fresh = [found for id_, found in waiting.items() if id_ in new]
        if fresh:
            batch = self._batch(conn, self._clock.occurred(started_at))
            await batch.load({key for event, _ in fresh for key in batch.keys_of(event)})
            for event, traceparent in fresh:
                telemetry.follow(telemetry.continued(traceparent))
                self._handlers[type(event)](batch, event)
            telemetry.follow(None)
            await batch.flush()
        return len(fresh)

    async def redrive(self, parked_id: int) -> None:
        """Handle a parked record again. Raises `NotFound`, or `Conflict` with the reason it fails for now."""
        async with self._engine.connect() as conn:
            row = (await conn.execute(_PARKED, {"id": parked_id})).one_or_none()
        if row is None:
            raise NotFound(
                f"没有编号 {parked_id} 的待重放消息", f"no parked message {parked_id} waits to be redriven"
            )
        parked = _parked(row)
        if (again := self._redrive_of(row.topic)) is not None:
            async with self._engine.begin() as conn:
                await again(conn, parked, await self._clock.stamp(conn))
                await conn.execute(_REDRIVEN, {"id": parked_id})
            return
        record = decode(parked)
        if record.reason is not None:
            raise Conflict(
                f"消息仍无法读取：{record.reason}", f"the message still cannot be read: {record.reason}"
            )
        await self._transact([record])
        async with self._engine.begin() as conn:
            await conn.execute(_REDRIVEN, {"id": parked_id})

    def _redrive_of(self, topic: str) -> Callable[[Connection, Parked, datetime], Awaitable[None]] | None:
        return next((again for name, again in self._redrives.items() if fnmatchcase(topic, name)), None)

    def _events(self, records: list[Record]) -> dict[UUID, tuple[Event, str | None]]:
        """The events by id, each once, in order, with their traces; those nobody handles are left out."""
        return {
            record.event.id: (record.event, record.heard.traceparent)
            for record in records
            if record.event is not None and record.heard and record.reason is None
            if type(record.event) in self._handlers
        }

    def _watermarks(self, records: list[Record]) -> dict[tuple[str, int], wire.Watermark]:
        """The newest of each partition that may be believed."""
        newest: dict[tuple[str, int], wire.Watermark] = {}
        for record in records:
            mark = record.watermark
            if mark is not None and record.raw.offset >= mark.after:
                newest[record.raw.topic, record.raw.partition] = mark
        return newest


def _parked(row: Any) -> Parked:
    headers = [(name, value.encode()) for name, value in row.headers.items()]
    key = row.key.encode() if row.key is not None else None
    place = (row.topic, row.partition, row.offset)
    return Parked(row.cluster, row.parked_at, *place, key, row.body, headers)


def _seconds() -> float:
    return asyncio.get_running_loop().time()


class _FromTheStart(ConsumerRebalanceListener):  # type: ignore[misc]
    """A partition this database never heard on this broker is read from its start."""

    def __init__(self, consumer: AIOKafkaConsumer, owner: Consumer) -> None:
        self._consumer = consumer
        self._owner = owner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None: ...

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        for partition in assigned - await self._owner.known():
            self._consumer.seek(partition, 0)
