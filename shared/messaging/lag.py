"""How far a consumer is behind. The broker is not asked: the figures come from what was fetched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.service.clock import epoch_ns
from shared.telemetry.metrics import Gauge, Rows

LAG = Gauge("huying_consumer_lag_messages", "Records that are not committed here", ("topic", "partition"))
LAG_S = Gauge("huying_consumer_lag_seconds", "Age of the oldest record not committed", ("topic", "partition"))


class Lag:
    """Of each partition: the next offset to commit, the end of its log as last fetched, the oldest record."""

    def __init__(self, assigned: Callable[[], set[TopicPartition]]) -> None:
        self._assigned = assigned
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._oldest_ms: dict[TopicPartition, int] = {}

    def fetched(self, consumer: AIOKafkaConsumer, batch: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """A batch was fetched, and is not committed yet."""
        self._oldest_ms = {partition: records[0].timestamp for partition, records in batch.items()}
        for partition, records in batch.items():
            self._next[partition] = records[0].offset
        self._update_ends(consumer)

    def committed(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        """The batch is in the database, up to these offsets."""
        self._next |= offsets
        self._update_ends(consumer)

    def _update_ends(self, consumer: AIOKafkaConsumer) -> None:
        assigned = consumer.assignment()
        for partition in self._next:
            if partition in assigned and (end := consumer.highwater(partition)) is not None:
                self._ends[partition] = end

    def _behind(self) -> dict[TopicPartition, int]:
        assigned = self._assigned()
        return {
            partition: max(0, self._ends[partition] - offset)
            for partition, offset in self._next.items()
            if partition in assigned and partition in self._ends
        }

    def messages(self) -> Rows:
        """How many records are not committed, by topic and partition."""
        for partition, number in self._behind().items():
            yield (partition.topic, str(partition.partition)), number

    def seconds(self) -> Rows:
        """How old the oldest of them is, in seconds; 0 where there is none."""
        now_ms = epoch_ns() / 1e6
        for partition, number in self._behind().items():
            since_ms = self._oldest_ms.get(partition) if number else None
            age_s = 0.0 if since_ms is None else max(0.0, now_ms - since_ms) / 1000
            yield (partition.topic, str(partition.partition)), age_s
