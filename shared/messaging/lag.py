"""How far a consumer is behind, by what it fetched: the broker is not asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.service.clock import epoch_ns
from shared.telemetry.metrics import Gauge, Rows

LAG = Gauge("huying_consumer_lag_messages", "Records that are not committed here", ("topic", "partition"))
LAG_S = Gauge("huying_consumer_lag_seconds", "Age of the oldest record not committed", ("topic", "partition"))


class Lag:
    """By partition: the records in hand, and the end of the log as last fetched."""

    def __init__(self, mine: Callable[[], set[TopicPartition]]) -> None:
        self._mine = mine
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._oldest_ms: dict[TopicPartition, int] = {}

    def took(self, consumer: AIOKafkaConsumer, records: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Records were taken in hand."""
        self._oldest_ms = {place: raws[0].timestamp for place, raws in records.items()}
        for place, raws in records.items():
            self._next[place] = raws[0].offset
        self._look(consumer)

    def settled(self, consumer: AIOKafkaConsumer, upto: Mapping[TopicPartition, int]) -> None:
        """They are committed, up to these offsets."""
        self._next |= upto
        self._look(consumer)

    def _look(self, consumer: AIOKafkaConsumer) -> None:
        assigned = consumer.assignment()
        for place in self._next:
            if place in assigned and (end := consumer.highwater(place)) is not None:
                self._ends[place] = end

    def _behind(self) -> dict[TopicPartition, int]:
        mine = self._mine()
        return {
            place: max(0, self._ends[place] - offset)
            for place, offset in self._next.items()
            if place in mine and place in self._ends
        }

    def messages(self) -> Rows:
        """How many records by topic and partition."""
        return [((place.topic, str(place.partition)), number) for place, number in self._behind().items()]

    def seconds(self) -> Rows:
        """How old the oldest of them is."""
        now_ms = epoch_ns() / 1e6
        for place, number in self._behind().items():
            since_ms = self._oldest_ms.get(place) if number else None
            age_s = 0.0 if since_ms is None else max(0.0, now_ms - since_ms) / 1000
            yield (place.topic, str(place.partition)), age_s
