"""Fetches records. What the Kafka client cannot decode costs its own batch, not the consumer.

Batches are unpacked within a bound (`unpacking`) as they come from the broker; aiokafka gets none that is
compressed. It decodes them and the names of headers in `getmany`. An error there names neither partition
nor offset, and loses the records of other partitions. So the session begins again, and for a minute records
are fetched one by one: the position of the partition is then where the error is. The rest of the batch cannot
be decoded either: aiokafka decodes it from its start.
"""

import asyncio
import struct
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import ConsumerRecord

from shared.messaging.clients import connected
from shared.messaging.records import UndecodedRecord
from shared.messaging.sizes import LARGEST_UNPACKED
from shared.messaging.unpacking import StandIn, stand_in_of, unpack
from shared.service.settings import Settings

CAREFUL_S = 60.0
POLL_S = 0.01
FETCH_BYTES = 4 * 1024 * 1024
_BATCH_START = struct.Struct(">qi4xb6xi")
"""Base offset, length after it, magic byte, offset of the last record from the base."""
_LENGTH_END = 12

Batch = Mapping[TopicPartition, list[ConsumerRecord]]


class Undecodable(KafkaError):  # type: ignore[misc]
    """A record cannot be decoded: the session begins again, and finds it."""


class _UnpackingClient(AIOKafkaClient):  # type: ignore[misc]
    """A client that unpacks what it fetched."""

    async def send(self, node_id: Any, request: Any, **options: Any) -> Any:
        """Send a request; the batches of the answer to a fetch are not compressed."""
        response, room = await super().send(node_id, request, **options), LARGEST_UNPACKED
        if isinstance(request, FetchRequest):
            topics = []
            for topic, partitions in response.topics:
                unpacked = []
                for *state, batches in partitions:
                    batches, room = unpack(batches or b"", room)
                    unpacked.append((*state, batches))
                topics.append((topic, unpacked))
            response.topics = topics
        return response


class BoundedConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer of aiokafka that holds at most `LARGEST_UNPACKED` bytes and one batch more of each fetch."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**settings.client(), **options)
        self._client = _UnpackingClient(**settings.client())


class Fetcher:
    """Fetches from the consumers of one task, one after the other."""

    def __init__(self, settings: Settings, log: structlog.typing.FilteringBoundLogger) -> None:
        self._settings = settings
        self._log = log
        self._careful_until = float("-inf")
        self._suspects: dict[TopicPartition, int] = {}
        """By partition, the offset at which decoding failed last."""

    async def fetch(self, consumer: BoundedConsumer, *, timeout_ms: int, max_records: int) -> Batch:
        """Fetch records, as `getmany`. An `UndecodedRecord` stands for those that cannot be decoded.

        Raises `Undecodable` before the first of them.
        """
        if _seconds() < self._careful_until:
            return await self._fetch_one_by_one(consumer, _seconds() + timeout_ms / 1000, max_records)
        try:
            batch: Batch = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
            return {partition: self._marked(records) for partition, records in batch.items()}
        except Exception as error:
            if not _is_of_record(error):
                raise
            self._careful_until = _seconds() + CAREFUL_S
            raise Undecodable(type(error).__name__) from error

    async def _fetch_one_by_one(self, consumer: BoundedConsumer, until: float, max_records: int) -> Batch:
        while True:
            batch = {}
            assigned = consumer.assignment()
            for partition in assigned:
                if records := await self._take(consumer, partition, max(1, max_records // len(assigned))):
                    batch[partition] = records
            if batch or _seconds() >= until:
                return batch
            await asyncio.sleep(POLL_S)

    async def _take(
        self, consumer: BoundedConsumer, partition: TopicPartition, max_records: int
    ) -> list[ConsumerRecord]:
        """What was fetched of one partition, up to the first record that cannot be decoded; or that one."""
        records: list[ConsumerRecord] = []
        try:
            while len(records) < max_records and partition in consumer.assignment():
                fetched = await consumer.getmany(partition, timeout_ms=0, max_records=1)
                if not fetched:
                    break
                records += self._marked(fetched[partition])
        except Exception as error:
            if not _is_of_record(error):
                raise
            self._careful_until = _seconds() + CAREFUL_S
            if not records:
                return await self._pass_over(consumer, partition, error)
        return records

    async def _pass_over(
        self, consumer: BoundedConsumer, partition: TopicPartition, error: Exception
    ) -> list[ConsumerRecord]:
        """Seek past the batch at the partition's position, where it fails for the second time."""
        offset = await consumer.position(partition)
        if (
            self._suspects.get(partition) != offset
        ):  # what was damaged on its way is whole when it comes again
            self._suspects[partition] = offset
            return []
        end = max(await self._end_of_batch(partition, offset), offset + 1)
        consumer.seek(partition, end)
        zh = f"偏移量 {offset} 至 {end - 1} 的消息无法解码：{type(error).__name__}"
        reason = f"offsets {offset} to {end - 1} cannot be decoded: {type(error).__name__}"
        return [self._noted(UndecodedRecord.at(partition, end - 1, zh, reason))]

    def _marked(self, records: list[ConsumerRecord]) -> list[ConsumerRecord]:
        """The records, with an `UndecodedRecord` for each that stands for a batch."""
        return [
            record if (stand_in := stand_in_of(record)) is None else self._noted(_instead(record, stand_in))
            for record in records
        ]

    def _noted(self, record: UndecodedRecord) -> UndecodedRecord:
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._log.error("records are not decoded", **place, reason=record.reason)
        return record

    async def _end_of_batch(self, partition: TopicPartition, offset: int) -> int:
        """The offset after the batch that holds this one, as the batch says."""
        async with connected(AIOKafkaClient(**self._settings.client())) as client:
            await client.set_topics([partition.topic])
            wanted = [(partition.topic, [(partition.partition, offset, FETCH_BYTES)])]
            node = client.cluster.leader_for_partition(partition)
            response = await client.send(node, FetchRequest(1_000, 1, FETCH_BYTES, 0, wanted))
            return _end_of_batch(response.topics[0][1][0][-1] or b"", offset)


def _instead(record: ConsumerRecord, reason: StandIn) -> UndecodedRecord:
    """A record without content, at the place and the time of the one that stands for a batch."""
    place = TopicPartition(record.topic, record.partition)
    time = {"timestamp": record.timestamp, "timestamp_type": record.timestamp_type}
    return UndecodedRecord.at(place, record.offset, reason.zh, reason.en, **time)


def _end_of_batch(batches: bytes, offset: int) -> int:
    position, end = 0, offset
    while end <= offset and position + _BATCH_START.size <= len(batches):
        base_offset, length, magic, last_delta = _BATCH_START.unpack_from(batches, position)
        end = base_offset + 1 + (last_delta if magic >= 2 else 0)
        position += _LENGTH_END + length
    return end


def _is_of_record(error: Exception) -> bool:
    """Whether `getmany` failed for what it decoded. What the broker and the group raise is a `KafkaError`."""
    return not isinstance(error, KafkaError) or isinstance(
        error, CorruptRecordException | UnsupportedCodecError
    )


def _seconds() -> float:
    return asyncio.get_running_loop().time()
