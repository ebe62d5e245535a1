"""A record as read from Kafka: its content, or the reason why it cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.events import Event
from shared.messaging import wire
from shared.messaging.topics import events_topic
from shared.service.standing import Place

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""When an event may have occurred: any moment outside would end the calculations of those who hear it."""


class KafkaRecord(Protocol):
    """The attributes that reading needs of a record: aiokafka's has them, and a parked one."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(slots=True)
class RecordPlace:
    """A record of which only the place is known or wanted: it has no key, no value and no headers."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass
class UndecodedRecord(ConsumerRecord):  # type: ignore[misc]
    """Stands for records that are not decoded, in the place of the last of them."""

    zh: str = ""
    reason: str = ""
    """Why, in English; `zh` in Chinese."""

    @classmethod
    def at(
        cls,
        partition: TopicPartition,
        offset: int,
        zh: str,
        reason: str,
        *,
        timestamp: int = 0,
        timestamp_type: int = 0,
    ) -> Self:
        """A record without content."""
        return cls(*partition, offset, timestamp, timestamp_type, None, None, None, -1, -1, (), zh, reason)


@dataclass(slots=True)
class ReceivedRecord:
    """A record and its content; or, without content, the reason for which it is parked."""

    raw: KafkaRecord
    envelope: wire.Envelope | None
    reason: str | None = None

    @property
    def event(self) -> Event | None:
        content = self.envelope.content if self.envelope else None
        return content if isinstance(content, Event) else None

    @property
    def watermark(self) -> wire.Watermark | None:
        content = self.envelope.content if self.envelope else None
        return content if isinstance(content, wire.Watermark) else None

    def without_content(self) -> "ReceivedRecord":
        """The record as it is parked where its content cannot be stored."""
        return ReceivedRecord(RecordPlace(**self.position()), None, self.reason)

    def place(self) -> Place:
        return place_of(self.raw)

    def position(self) -> dict[str, Any]:
        """Topic, partition and offset."""
        return {"topic": self.raw.topic, "partition": self.raw.partition, "offset": self.raw.offset}


def place_of(raw: KafkaRecord) -> Place:
    """Where a record stands."""
    return Place(raw.topic, raw.partition, raw.offset)


def decode(raw: KafkaRecord, latest_claim: datetime) -> ReceivedRecord:
    """Read one record. Never raises: one that is unreadable or not believed has a reason and no content.

    A watermark after `latest_claim` is not believed.
    """
    if isinstance(raw, UndecodedRecord):
        return ReceivedRecord(raw, None, raw.reason)
    try:
        envelope = wire.read(raw.headers, raw.value)
        _check_author(raw, envelope.content, latest_claim)
    except wire.Unreadable as error:
        return ReceivedRecord(raw, None, str(error))
    return ReceivedRecord(raw, envelope)


def _check_author(raw: KafkaRecord, content: Event | wire.Watermark, latest_claim: datetime) -> None:
    """Raise `Unreadable` where the owner of the topic cannot have said this, or not of that time.

    The broker lets a topic's owner alone write it. So an event counts on the topic of the service that its
    class names, and a watermark where its source is the topic's owner.
    """
    if isinstance(content, Event):
        if not EARLIEST <= content.occurred_at <= LATEST:
            raise wire.Unreadable(f"{content.type} occurred in the year {content.occurred_at.year}")
        if raw.topic != events_topic(content.source):
            raise wire.Unreadable(f"{content.type} counts on {events_topic(content.source)} alone")
        return
    source = (dict(raw.headers)["ce_source"] or b"").decode()
    if events_topic(source.removeprefix(wire.SOURCES)) != raw.topic:
        raise wire.Unreadable(f"a watermark of {source} does not count on {raw.topic}")
    if content.upto > latest_claim:
        raise wire.Unreadable(f"a watermark up to {content.upto.isoformat()} lies in the future")
