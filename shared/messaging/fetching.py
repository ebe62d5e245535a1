"""Fetches records. What the Kafka client cannot decode costs its own batch, not the consumer.

aiokafka unpacks batches and decodes the names of headers in `getmany`. An error there names neither partition
nor offset, and loses the records of other partitions. So the session begins again, and for a minute records
are fetched one by one: the position of the partition is then where the error is. The rest of the batch cannot
be decoded either: aiokafka decodes it from its start.
"""

import asyncio
import struct
from collections.abc import Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import ConsumerRecord

from shared.messaging.broker import close_client
from shared.messaging.records import UndecodedRecord
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


class Fetcher:
    """Fetches from the consumers of one task, one after the other."""

    def __init__(self, settings: Settings, log: structlog.typing.FilteringBoundLogger) -> None:
        self._settings = settings
        self._log = log
        self._careful_until = float("-inf")
        self._suspects: dict[TopicPartition, int] = {}
        """By partition, the offset at which decoding failed last."""

    async def fetch(self, consumer: AIOKafkaConsumer, *, timeout_ms: int, max_records: int) -> Batch:
        """Fetch records, as `getmany`. An `UndecodedRecord` stands for those that cannot be decoded.

        Raises `Undecodable` before the first of them.
        """
        if _seconds() < self._careful_until:
            return await self._fetch_one_by_one(consumer, _seconds() + timeout_ms / 1000, max_records)
        try:
            batch: Batch = await consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
        except Exception as error:
            if not _is_of_record(error):
                raise
            self._careful_until = _seconds() + CAREFUL_S
            raise Undecodable(type(error).__name__) from error
        return batch

    async def _fetch_one_by_one(self, consumer: AIOKafkaConsumer, until: float, max_records: int) -> Batch:
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
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, max_records: int
    ) -> list[ConsumerRecord]:
        """What was fetched of one partition, up to the first record that cannot be decoded; or that one."""
        records: list[ConsumerRecord] = []
        try:
            while len(records) < max_records and partition in consumer.assignment():
                fetched = await consumer.getmany(partition, timeout_ms=0, max_records=1)
                if not fetched:
                    break
                records += fetched[partition]
        except Exception as error:
            if not _is_of_record(error):
                raise
            self._careful_until = _seconds() + CAREFUL_S
            if not records:
                return await self._pass_over(consumer, partition, error)
        return records

    async def _pass_over(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, error: Exception
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
        self._log.error(
            "records cannot be decoded",
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            end_offset=end,
            reason=type(error).__name__,
        )
        reason = f"offsets {offset} to {end - 1} cannot be decoded: {type(error).__name__}"
        return [UndecodedRecord.at(partition, end - 1, reason)]

    async def _end_of_batch(self, partition: TopicPartition, offset: int) -> int:
        """The offset after the batch that holds this one, as the batch says."""
        client = AIOKafkaClient(**self._settings.client())
        try:
            await client.bootstrap()
            await client.set_topics([partition.topic])
            wanted = [(partition.topic, [(partition.partition, offset, FETCH_BYTES)])]
            node = client.cluster.leader_for_partition(partition)
            response = await client.send(node, FetchRequest(1_000, 1, FETCH_BYTES, 0, wanted))
            return _end_of_batch(response.topics[0][1][0][-1] or b"", offset)
        finally:
            await close_client(client.close())


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
