"""From Kafka to a service: a batch of records is one transaction, and has its effect once.

Events that are new to the inbox go to their handlers, on rows that were loaded at once. Watermarks are saved
in the same transaction: what the database knows never differs from how far it says it is complete. A
transient error holds the batch. A record that nobody can read, or that fails three times, is parked;
where its content cannot be stored, its place and the reason alone.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
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
from shared.messaging import message_spans
from shared.messaging.batching import Pace
from shared.messaging.broker import BrokerClient, may_pass
from shared.messaging.clients import connected
from shared.messaging.fetching import BoundedConsumer, Fetcher
from shared.messaging.lag import LAG, LAG_S, Lag
from shared.messaging.outbox import UnitOfWork, WorkFactory
from shared.messaging.parked import park
from shared.messaging.records import KafkaRecord, ReceivedRecord, decode
from shared.messaging.redriving import Redriver, Redrives
from shared.messaging.settling import settle
from shared.messaging.watermarks import Partition, newest_watermarks, save_watermarks
from shared.messaging.wire import Watermark
from shared.service.clock import Clock
from shared.service.settings import Settings
from shared.service.standing import Standing
from shared.telemetry.context import use_span
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import Span, transaction_spans

BATCH = 1_000
QUIET_GAP_S, BUSY_GAP_S = 0.05, 0.4
COMMIT_EVERY_S = 1.0
"""Offsets are committed this seldom: a successor reads a second's records again, and the inbox drops them."""
COMMIT_S = 10.0
"""How long a commit may take: aiokafka tries for ever where a topic is gone."""

Handlers = Mapping[type[Event], Callable[[Any, Any], None]]
"""By the class of an event: the function that is called with the unit of work and the event."""


class Listener(Protocol):
    """Is told what each committed batch brought."""

    def batch_committed(self, *, events: int, watermarks: int, asked: bool) -> None:
        """So many new events and watermarks came; `asked` where another service waits for a watermark."""


_INBOX = text(
    """
    with fresh as (
      insert into inbox (event_id) select unnest(cast(:ids as uuid[]))
      on conflict do nothing returning event_id
    )
    select now() as at, (select array_agg(event_id) from fresh) as ids
    """
)
_KNOWN = text("select topic, partition from heard where cluster = :cluster")


class Consumer:
    """Consumes the topics of other services for one service."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        handlers: Handlers,
        work: WorkFactory,
        engine: Database,
        settings: Settings,
        clock: Clock,
        listener: Listener,
        log: structlog.typing.FilteringBoundLogger,
        redrives: Redrives,
        telemetry: Telemetry,
        standing: Standing,
    ) -> None:
        self._service = service
        self._topics = list(topics)
        self._handlers = handlers
        self._work = work
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._listener = listener
        self._log = log
        self._telemetry = telemetry
        self._stand = standing.stand("consumer", ReceivedRecord.place)
        self.redriver = Redriver(engine, clock, self._transact, redrives, log, standing)
        self._cluster = ""
        self._uncommitted: dict[TopicPartition, int] = {}
        """Next offsets that the database has reached and the broker does not know yet."""
        self._consumer: BoundedConsumer | None = None
        self._fetcher = Fetcher(settings, log)
        self._lag = Lag(self.partitions)
        telemetry.metrics.add_gauge(LAG, self._lag.messages)
        telemetry.metrics.add_gauge(LAG_S, self._lag.seconds)

    async def run(self) -> None:
        """Consume until cancelled; a broker or a database that is away is waited for."""
        await keep_running(self._session, self._log, "consumer", may_pass=may_pass)

    async def _session(self) -> None:
        async with BrokerClient(self._settings) as broker:
            await broker.ensure(self._topics)
            await self.redriver.redrive_known_types()
            self._cluster, self._uncommitted = broker.cluster, {}
            consumer = BoundedConsumer(
                self._settings,
                group_id=self._service,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                partition_assignment_strategy=(RangePartitionAssignor,),
                fetch_max_wait_ms=self._settings.fetch_wait_ms,
                session_timeout_ms=self._settings.session_timeout_ms,
                heartbeat_interval_ms=self._settings.session_timeout_ms // 3,
                max_partition_fetch_bytes=4 * 1024 * 1024,
            )
            consumer.subscribe(self._topics, listener=_SeekToStart(consumer, self))
            self._consumer = consumer
            try:
                async with connected(consumer):
                    await self._read(consumer, broker)
            finally:
                self._consumer = None

    async def _read(self, consumer: BoundedConsumer, broker: BrokerClient) -> None:
        pace, committed_at = Pace(QUIET_GAP_S, BUSY_GAP_S), _seconds()
        while True:
            await broker.check()
            batch = await self._fetcher.fetch(consumer, timeout_ms=500, max_records=BATCH)
            pace.begin()
            self._lag.fetched(consumer, batch)
            events = await self._settle(self._decode(raw for raws in batch.values() for raw in raws))
            offsets = {partition: raws[-1].offset + 1 for partition, raws in batch.items()}
            self._lag.committed(consumer, offsets)
            self._uncommitted |= offsets
            if _seconds() >= committed_at + COMMIT_EVERY_S:
                await self._commit(consumer)
                committed_at = _seconds()
            if batch and sum(map(len, batch.values())) < BATCH:
                await pace.rest(events)

    def partitions(self) -> set[TopicPartition]:
        """The partitions that this process reads now."""
        return set(self._consumer.assignment()) if self._consumer else set()

    async def known_partitions(self) -> set[TopicPartition]:
        """The partitions of this broker of which the database has a watermark."""
        async with self._engine.connect() as conn:
            rows = (await conn.execute(_KNOWN, {"cluster": self._cluster})).all()
        return {TopicPartition(row.topic, row.partition) for row in rows}

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        assigned = consumer.assignment()
        offsets = {
            partition: offset for partition, offset in self._uncommitted.items() if partition in assigned
        }
        self._uncommitted = {}
        try:
            if offsets:
                async with asyncio.timeout(COMMIT_S):
                    await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            self._log.info("partitions moved on; the inbox will drop what comes twice", reason=repr(error))

    def _decode(self, raws: Iterable[KafkaRecord]) -> list[ReceivedRecord]:
        latest_claim = self._clock.latest_claim()
        return [decode(raw, latest_claim) for raw in raws]

    async def _settle(self, records: Sequence[ReceivedRecord]) -> int:
        """Get the records handled or parked; returns how many events were new."""
        without_content = ReceivedRecord.without_content
        return sum(await settle(records, self._transact, without_content, self._log, self._stand))

    async def _transact(self, records: Sequence[ReceivedRecord], reason: str | None = None) -> int:
        """Handle records in one transaction, or park them for a `reason`; returns how many events were new.

        Watermarks, and events that nobody handles, take one statement at most.
        """
        if reason is not None:
            records = [replace(record, reason=record.reason or reason) for record in records]
        events, marks = self._handled_events(records), newest_watermarks(records)
        new, unreadable = 0, [record for record in records if record.reason is not None]
        if events or unreadable:
            new = await self._handle_and_park(events, unreadable, marks)
        elif marks:
            async with self._engine.connect() as conn:
                await save_watermarks(conn, self._cluster, marks)
        asked = any(mark.asks for mark in marks.values())
        self._listener.batch_committed(events=new, watermarks=len(marks), asked=asked)
        return new

    def _handled_events(self, records: Sequence[ReceivedRecord]) -> dict[UUID, ReceivedRecord]:
        """The records of events that have a handler: by the event's id, each once, in order."""
        return {
            record.event.id: record
            for record in records
            if record.event is not None and record.reason is None
            if type(record.event) in self._handlers
        }

    async def _handle_and_park(
        self,
        events: dict[UUID, ReceivedRecord],
        unreadable: list[ReceivedRecord],
        marks: dict[Partition, Watermark],
    ) -> int:
        """The transaction of a batch, with a span for each record; returns how many events were new."""
        with transaction_spans() as spans:
            async with self._engine.begin() as conn:
                new, work = await self._handle(conn, events, spans)
                for record in unreadable:
                    self._log.error("parked", **record.position())
                    await park(conn, self._service, self._cluster, record)
                await save_watermarks(conn, self._cluster, marks)
        message_spans.report_batch(self._telemetry, self._service, new, unreadable, work)
        return len(new)

    async def _handle(
        self, conn: Connection, events: dict[UUID, ReceivedRecord], spans: list[Span]
    ) -> tuple[list[ReceivedRecord], UnitOfWork | None]:
        """Give the events that are not in the inbox yet to their handlers; returns their records."""
        if not events:
            return [], None
        started_at, new_ids = (await conn.execute(_INBOX, {"ids": sorted(events)})).one()
        fresh = set(new_ids or ())
        new = [record for event_id, record in events.items() if event_id in fresh]
        if not new:
            return [], None
        work = self._work(conn, self._clock.occurred(started_at))
        pairs = [(record, record.event) for record in new if record.event is not None]
        await work.load({key for _, event in pairs for key in work.keys_of(event)})
        for record, event in pairs:
            span = message_spans.begin_handling_span(self._telemetry.tracer, self._service, record)
            spans.append(span)
            use_span(span)
            self._handlers[type(event)](work, event)
        use_span(None)
        await work.flush()
        return new, work


def _seconds() -> float:
    return asyncio.get_running_loop().time()


class _SeekToStart(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads a partition from its start where this database knows nothing of it on this broker.

    The broker may have offsets of the consumer group from a database that was lost.
    """

    def __init__(self, consumer: AIOKafkaConsumer, owner: Consumer) -> None:
        self._consumer = consumer
        self._owner = owner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None: ...

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        for partition in assigned - await self._owner.known_partitions():
            self._consumer.seek(partition, 0)
