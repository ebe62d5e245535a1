"""From Kafka to a service: a batch of records is one transaction, and has its effect once.

Events new to the inbox go to their handlers on rows loaded at once; watermarks are kept beside them, so
that what the database knows and how far it is complete never part. What passes by itself holds the batch
and backs off. A record nobody can read, or that fails three times alone, is parked with its reason.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError
from sqlalchemy import text

from shared.database.connection import Connection, Database
from shared.database.retry import keep_running
from shared.events import Event
from shared.messaging import message_spans, wire
from shared.messaging.batching import Pace
from shared.messaging.broker import Bus, end, may_pass
from shared.messaging.lag import LAG, LAG_S, Lag
from shared.messaging.outbox import UnitOfWork, WorkFactory
from shared.messaging.parked import Parked, mark_redriven, park, waiting
from shared.messaging.records import Record, decode, keep_watermarks, watermarks
from shared.messaging.settling import settle
from shared.service.clock import Clock
from shared.service.errors import Conflict, NotFound
from shared.service.settings import Settings
from shared.telemetry.context import use_span
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import Span, together

BATCH = 1_000
QUIET_GAP_S, BUSY_GAP_S = 0.05, 0.4
COMMIT_EVERY_S = 1.0  # what a successor reads again, the inbox drops
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


class Consumer:
    """Hears the topics of other services for one service."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        handlers: Handlers,
        batch: WorkFactory,
        engine: Database,
        settings: Settings,
        clock: Clock,
        listener: Listener,
        log: structlog.typing.FilteringBoundLogger,
        redrives: Redrives,
        telemetry: Telemetry,
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
        self._telemetry = telemetry
        self._lag = Lag(self.partitions)
        telemetry.metrics.read(LAG, self._lag.messages)
        telemetry.metrics.read(LAG_S, self._lag.seconds)

    async def run(self) -> None:
        """Consume until cancelled; a broker that is away is waited for."""
        await keep_running(self._session, self._log, "consumer", may_pass=may_pass)

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
            self._lag.took(consumer, records)
            events = await self._settle([decode(raw) for raws in records.values() for raw in raws])
            upto = {place: raws[-1].offset + 1 for place, raws in records.items()}
            self._lag.settled(consumer, upto)
            self._done |= upto
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

    async def _settle(self, records: Sequence[Record]) -> int:
        """Get the records handled or parked; returns how many events were new."""
        return sum(await settle(records, self._transact, self._log))

    async def _transact(self, records: Sequence[Record], reason: str | None = None) -> int:
        """Handle records in one transaction, or park them for a `reason`; returns how many events were new.

        Watermarks, and events that nobody handles, take one statement at most.
        """
        if reason is not None:
            records = [replace(record, reason=reason) for record in records]
        waiting, marks = self._events(records), watermarks(records)
        fresh, faulty = 0, [record for record in records if record.reason is not None]
        if waiting or faulty:
            fresh = await self._traced(waiting, faulty, marks)
        elif marks:
            async with self._engine.connect() as conn:
                await keep_watermarks(conn, self._cluster, marks)
        asked = any(mark.asks for mark in marks.values())
        self._listener.heard(events=fresh, watermarks=len(marks), asked=asked)
        return fresh

    async def _traced(
        self, waiting: dict[UUID, Record], faulty: list[Record], marks: dict[tuple[str, int], wire.Watermark]
    ) -> int:
        """One transaction, with a span for each record that it is about; returns how many events were new."""
        with together() as spans:
            async with self._engine.begin() as conn:
                fresh, batch = await self._handle(conn, waiting, spans)
                for record in faulty:
                    self._log.error("parked", **record.place())
                    await park(conn, self._service, self._cluster, record)
                await keep_watermarks(conn, self._cluster, marks)
        message_spans.settled(self._telemetry, self._service, fresh, faulty, batch)
        return len(fresh)

    async def _handle(
        self, conn: Connection, waiting: dict[UUID, Record], spans: list[Span]
    ) -> tuple[list[Record], UnitOfWork | None]:
        """Hand the events that are not in the inbox yet to their handlers; returns them, and the batch."""
        if not waiting:
            return [], None
        started_at, ids = (await conn.execute(_INBOX, {"ids": sorted(waiting)})).one()
        new = set(ids or ())
        fresh = [record for id_, record in waiting.items() if id_ in new]
        if not fresh:
            return [], None
        batch = self._batch(conn, self._clock.occurred(started_at))
        events = [record.event for record in fresh if record.event is not None]
        await batch.load({key for event in events for key in batch.keys_of(event)})
        for record, event in zip(fresh, events, strict=True):
            span = message_spans.received(self._telemetry.tracer, self._service, record)
            spans.append(span)
            use_span(span)
            self._handlers[type(event)](batch, event)
        use_span(None)
        await batch.flush()
        return fresh, batch

    async def redrive(self, parked_id: int) -> None:
        """Handle a parked record again. Raises `NotFound`, or `Conflict` with the reason it fails for now."""
        async with self._engine.connect() as conn:
            parked = await waiting(conn, parked_id)
        if parked is None:
            raise NotFound(
                f"没有编号 {parked_id} 的待重放消息", f"no parked message {parked_id} waits to be redriven"
            )
        if (again := self._redrive_of(parked.topic)) is not None:
            async with self._engine.begin() as conn:
                await again(conn, parked, await self._clock.stamp(conn))
                await mark_redriven(conn, parked_id)
            return
        record = decode(parked)
        if record.reason is not None:
            raise Conflict(
                f"消息仍无法读取：{record.reason}", f"the message still cannot be read: {record.reason}"
            )
        await self._transact([record])
        async with self._engine.begin() as conn:
            await mark_redriven(conn, parked_id)

    def _redrive_of(self, topic: str) -> Callable[[Connection, Parked, datetime], Awaitable[None]] | None:
        return next((again for name, again in self._redrives.items() if fnmatchcase(topic, name)), None)

    def _events(self, records: Sequence[Record]) -> dict[UUID, Record]:
        """The events by id, each once, in order; those nobody handles are left out."""
        return {
            record.event.id: record
            for record in records
            if record.event is not None and record.reason is None
            if type(record.event) in self._handlers
        }


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
