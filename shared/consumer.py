"""From Kafka to a service: a batch of records is one transaction, and has its effect once.

Events new to the inbox go to their handlers on rows loaded at once; watermarks are kept beside them, so
that what the database knows and how far it is complete never part. What passes by itself holds the batch
and backs off. A record nobody can read, or that fails three times alone, is parked with its reason.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import db, telemetry, wire
from shared.bus import Bus, end
from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.events import Event
from shared.outbox import Batch
from shared.settings import Settings

BATCH = 1_000
GAP_S = 0.05  # a transaction costs about as much for one record as for fifty: under load they go together
ATTEMPTS = 3
COMMIT_S = 10.0  # aiokafka tries for ever where a topic is gone
Handlers = Mapping[type[Event], Callable[[Any, Any], None]]


class Listener(Protocol):
    """Who is told what a committed batch brought."""

    def heard(self, *, events: int, watermarks: int, asked: bool) -> None: ...


class _Raw(Protocol):
    """What is needed of a record, from Kafka or from the parked table."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class _Parked:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class _Record:
    """A record with what it says, or why it cannot be read."""

    raw: _Raw
    heard: wire.Heard | None
    reason: str | None = None

    @property
    def event(self) -> Event | None:
        return self.heard.content if self.heard and isinstance(self.heard.content, Event) else None

    @property
    def watermark(self) -> wire.Watermark | None:
        return self.heard.content if self.heard and isinstance(self.heard.content, wire.Watermark) else None


def decode(raw: _Raw) -> _Record:
    """Read one record; never raises."""
    try:
        return _Record(raw, wire.read(list(raw.headers), raw.value))
    except wire.Unreadable as error:
        return _Record(raw, None, str(error))


_INBOX = text(
    """
    insert into inbox (event_id) select unnest(cast(:ids as uuid[]))
    on conflict do nothing returning event_id
    """
)
_HEARD = text(
    """
    insert into heard (topic, partition, cluster, watermark)
    select * from unnest(
      cast(:topics as text[]), cast(:partitions as int[]), cast(:clusters as text[]),
      cast(:marks as timestamptz[])
    )
    on conflict (topic, partition) do update
    set cluster = excluded.cluster, watermark = greatest(heard.watermark, excluded.watermark)
    """
)
_PARK = text(
    """
    with row as (
      insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
      values (:topic, :partition, :offset, :cluster, :key, cast(:headers as jsonb), :body, :reason)
      on conflict (topic, partition, "offset", cluster) do nothing returning *
    )
    insert into outbox (event_id, topic, key, type, occurred_at, body)
    select gen_random_uuid(), :parked, coalesce(key, ''), 'huying.parked.v1', now(), json_build_object(
      'topic', topic, 'partition', partition, 'offset', "offset", 'reason', reason, 'headers', headers,
      'body', encode(body, 'base64'))
    from row
    """
)
_PARKED = text("select * from parked where id = :id and redriven_at is null")


class Consumer:
    """Hears the topics of other services for one service."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        handlers: Handlers,
        batch: type[Batch],
        engine: AsyncEngine,
        settings: Settings,
        clock: Clock,
        listener: Listener,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
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
            self._cluster = bus.cluster
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._settings.bootstrap,
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
                while True:
                    await bus.check()
                    records = await consumer.getmany(timeout_ms=500, max_records=BATCH)
                    if records:
                        taken_at = _seconds()
                        await self._take(consumer, records)
                        if sum(map(len, records.values())) < BATCH // 4:
                            await asyncio.sleep(taken_at + GAP_S - _seconds())
            finally:
                self._consumer = None
                await end(consumer.stop())

    def partitions(self) -> set[TopicPartition]:
        """What this process reads now."""
        return set(self._consumer.assignment()) if self._consumer else set()

    async def known(self) -> set[TopicPartition]:
        """The partitions of this broker that this database has heard."""
        query = text("select topic, partition from heard where cluster = :cluster")
        async with self._engine.connect() as conn:
            rows = (await conn.execute(query, {"cluster": self._cluster})).all()
        return {TopicPartition(row.topic, row.partition) for row in rows}

    async def _take(
        self, consumer: AIOKafkaConsumer, records: dict[TopicPartition, list[ConsumerRecord]]
    ) -> None:
        await self._settle([decode(raw) for raws in records.values() for raw in raws])
        await self._commit(consumer, {place: raws[-1].offset + 1 for place, raws in records.items()})

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        mine = {place: offset for place, offset in offsets.items() if place in consumer.assignment()}
        try:
            if mine:
                async with asyncio.timeout(COMMIT_S):
                    await consumer.commit(mine)
        except (CommitFailedError, IllegalStateError) as error:
            self._log.info("partitions moved on; the inbox will drop what comes twice", reason=repr(error))

    async def _settle(self, records: list[_Record]) -> None:
        """All at once; where that fails for good one by one, and what fails alone is parked."""
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
        for record in records:
            await self._settle([record])

    async def _transact(self, records: list[_Record]) -> None:
        async with self._engine.begin() as conn:
            batch = self._batch(conn, await self._clock.stamp(conn))
            fresh = await self._unseen(conn, records)
            await batch.load({event.appeal_id for event, _ in fresh})
            for event, traceparent in fresh:
                telemetry.follow(telemetry.continued(traceparent))
                self._handlers[type(event)](batch, event)
            telemetry.follow(None)
            await batch.flush()
            for record in records:
                if record.reason is not None:
                    await self._park(conn, record)
            marks = await self._keep_watermarks(conn, records)
        self._listener.heard(events=len(fresh), watermarks=len(marks), asked=any(mark.asks for mark in marks))

    async def redrive(self, parked_id: int) -> None:
        """Handle a parked record again. Raises `NotFound`, or `Conflict` with the reason it fails for now."""
        async with self._engine.connect() as conn:
            row = (await conn.execute(_PARKED, {"id": parked_id})).one_or_none()
        if row is None:
            raise NotFound(
                f"没有编号 {parked_id} 的待重放消息", f"no parked message {parked_id} waits to be redriven"
            )
        headers = [(name, value.encode()) for name, value in row.headers.items()]
        record = decode(_Parked(row.topic, row.partition, row.offset, None, row.body, headers))
        if record.reason is not None:
            raise Conflict(
                f"消息仍无法读取：{record.reason}", f"the message still cannot be read: {record.reason}"
            )
        await self._transact([record])
        async with self._engine.begin() as conn:
            await conn.execute(
                text("update parked set redriven_at = now() where id = :id"), {"id": parked_id}
            )

    async def _unseen(self, conn: AsyncConnection, records: list[_Record]) -> list[tuple[Event, str | None]]:
        """The events not in the inbox yet, each once, in order; those nobody handles are left out."""
        waiting = {
            record.event.id: (record.event, record.heard.traceparent)
            for record in records
            if record.event is not None and record.heard and record.reason is None
            if type(record.event) in self._handlers
        }
        if not waiting:
            return []
        new = set((await conn.execute(_INBOX, {"ids": sorted(waiting)})).scalars())
        return [found for id_, found in waiting.items() if id_ in new]

    async def _park(self, conn: AsyncConnection, record: _Record) -> None:
        raw = record.raw
        self._log.error("parked", topic=raw.topic, partition=raw.partition, offset=raw.offset)
        await conn.execute(
            _PARK,
            {
                "parked": f"{self._service}.parked",
                "topic": raw.topic,
                "partition": raw.partition,
                "offset": raw.offset,
                "cluster": self._cluster,
                "key": raw.key.decode(errors="replace") if raw.key else None,
                "headers": orjson.dumps({k: v.decode(errors="replace") for k, v in raw.headers}).decode(),
                "body": raw.value or b"",
                "reason": record.reason,
            },
        )

    async def _keep_watermarks(self, conn: AsyncConnection, records: list[_Record]) -> list[wire.Watermark]:
        newest: dict[tuple[str, int], wire.Watermark] = {}
        for record in records:
            mark = record.watermark
            if mark is not None and record.raw.offset >= mark.after:
                newest[record.raw.topic, record.raw.partition] = mark
        if newest:
            marks = sorted(newest.items())
            await conn.execute(
                _HEARD,
                {
                    "topics": [topic for (topic, _), _ in marks],
                    "partitions": [partition for (_, partition), _ in marks],
                    "clusters": [self._cluster] * len(marks),
                    "marks": [mark.upto for _, mark in marks],
                },
            )
        return list(newest.values())


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
