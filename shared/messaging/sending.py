"""Sends rows and watermarks to Kafka, and notes the offsets that the broker gave."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    RecordListTooLargeError,
    UnknownError,
)
from aiokafka.structs import RecordMetadata

from shared.database.connection import Database
from shared.messaging import message_spans, wire
from shared.messaging.broker import NoIdempotence, key_hash, track_topics
from shared.messaging.clients import connected
from shared.messaging.parked import park_unsendable
from shared.messaging.sizes import LARGEST_RECORD, LARGEST_REQUEST
from shared.messaging.topics import events_topic
from shared.service.clock import epoch_ns
from shared.service.settings import Settings
from shared.service.standing import Stand
from shared.telemetry.metrics import Telemetry

UNSENDABLE = (MessageSizeTooLargeError, RecordListTooLargeError)
"""What a broker says of a record that it will never take."""


class LogLost(Exception):
    """The broker no longer has records that it had acknowledged."""


class Sender:
    """Sends for one service's relay: rows of the outbox, and watermarks of its topic of events."""

    def __init__(
        self,
        service: str,
        engine: Database,
        settings: Settings,
        own_topics: Collection[str],
        log: structlog.typing.FilteringBoundLogger,
        telemetry: Telemetry,
        stand: Stand[Any],
    ) -> None:
        self.upto: datetime | None = None
        """The watermark sent last."""
        self.offsets: dict[str, int] = {}
        """The next offset by `topic/partition`; under the topic alone, how many partitions it has."""
        self._service = service
        self._topic = events_topic(service)
        self._engine = engine
        self._settings = settings
        self._own_topics = own_topics
        self._log = log
        self._telemetry = telemetry
        self._stand = stand

    @asynccontextmanager
    async def producing(self) -> AsyncIterator[AIOKafkaProducer]:
        """A producer that was started. Raises `NoIdempotence` where the broker takes no idempotent one."""
        producer = AIOKafkaProducer(
            **self._settings.client(),
            acks="all",
            linger_ms=2,
            max_batch_size=262_144,
            max_request_size=LARGEST_REQUEST,
            enable_idempotence=self._settings.idempotent_producer,
            request_timeout_ms=10_000,
        )
        try:
            async with connected(producer):
                yield producer
        except UnknownError as error:
            if self._settings.idempotent_producer and self.upto is None:
                raise NoIdempotence(self._settings.bootstrap) from error
            raise

    async def send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> bool:
        """Send rows; those that can never be sent are laid aside, and the others go on.

        Returns whether the broker refused a batch, after which the producer is spent.
        """
        began_ns = epoch_ns()
        await track_topics(producer, {row.topic for row in rows})
        small = [row for row in rows if _size(row) <= LARGEST_RECORD]
        acknowledgements = [await self._enqueue(producer, row) for row in small]
        answers = await asyncio.gather(*acknowledgements, return_exceptions=True)
        spent = any(isinstance(answer, UNSENDABLE) for answer in answers)
        sent: list[tuple[Any, RecordMetadata]] = []
        failed = []
        for row, answer in zip(small, answers, strict=True):
            if not isinstance(answer, BaseException):
                sent.append((row, answer))
            elif spent and isinstance(answer, (*UNSENDABLE, OutOfOrderSequenceNumber)):
                failed.append(row)
            else:
                self._stand.reason = f"row {row.seq} to {row.topic}: {type(answer).__name__}"
                raise answer
        sent += await self._send_one_by_one(failed)
        for row in rows:
            if (size := _size(row)) > LARGEST_RECORD:
                await self._lay_aside(row, f"{size} bytes are more than {LARGEST_RECORD}")
        self._note_offsets([record for _, record in sent])
        self._telemetry.metrics.count_relayed(row.topic for row, _ in sent)
        for row, record in sent:
            message_spans.export_send_span(self._telemetry.tracer, row, record, began_ns)
        return spent

    async def _enqueue(self, producer: AIOKafkaProducer, row: Any) -> asyncio.Future[RecordMetadata]:
        acknowledgement: asyncio.Future[RecordMetadata] = await producer.send(
            row.topic,
            key=row.key.encode(),
            partition=self._partition(row.topic, row.key),
            value=row.body.encode(),
            headers=wire.headers(self._service, row.type, row.event_id, row.occurred_at, row.traceparent),
        )
        return acknowledgement

    async def _send_one_by_one(self, rows: Sequence[Any]) -> list[tuple[Any, RecordMetadata]]:
        """Send rows whose batches were refused, in their order; one that is refused alone is laid aside."""
        waiting, sent = deque(rows), []
        while waiting:
            async with self.producing() as producer:
                await track_topics(producer, {row.topic for row in waiting})
                while waiting:
                    row = waiting.popleft()
                    try:
                        sent.append((row, await (await self._enqueue(producer, row))))
                    except UNSENDABLE as error:
                        reason = f"the broker refuses {_size(row)} bytes: {type(error).__name__}"
                        await self._lay_aside(row, reason)
                        break
        return sent

    async def _lay_aside(self, row: Any, reason: str) -> None:
        reason = f"cannot be sent: {reason}"
        async with self._engine.begin() as conn:
            is_new = await park_unsendable(conn, self._service, row, reason)
        if is_new:
            self._log.error("parked", topic=row.topic, seq=row.seq, reason=reason)
            self._telemetry.metrics.count_parked(row.topic)

    def _partition(self, topic: str, key: str) -> int | None:
        """By HUYING_PARTITIONS for an own topic, also while some are added; else the producer chooses."""
        return key_hash(key) % self._settings.partitions if topic in self._own_topics else None

    async def send_watermarks(self, producer: AIOKafkaProducer, upto: datetime, *, asks: bool) -> None:
        """Send a watermark into every partition; it `asks` the other services for theirs."""
        acknowledgements = []
        for partition in range(self._settings.partitions):
            after = self.offsets.get(f"{self._topic}/{partition}", 0)
            watermark = wire.Watermark(upto=upto, after=after, asks=asks)
            headers = wire.headers(self._service, wire.WATERMARK, uuid4(), upto, None)
            body = watermark.model_dump_json().encode()
            acknowledgements.append(
                await producer.send(self._topic, partition=partition, value=body, headers=headers)
            )
        self._note_offsets(await asyncio.gather(*acknowledgements))
        self.upto = upto

    def _note_offsets(self, sent: Sequence[RecordMetadata]) -> None:
        """Note the offsets that the broker gave. Raises `LogLost` where it gave one of them before."""
        lost = False
        for record in sorted(sent, key=lambda record: record.offset):
            partition = f"{record.topic}/{record.partition}"
            lost = lost or record.offset < self.offsets.get(partition, 0)
            self.offsets[partition] = record.offset + 1
        if lost:
            raise LogLost(self._topic)


def _size(row: Any) -> int:
    """The bytes of a row's key and body."""
    return len(row.key.encode()) + len(row.body.encode())
