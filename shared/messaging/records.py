"""A record as read from Kafka: its content, or the reason why it cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.events import Event
from shared.messaging import wire


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

    def position(self) -> dict[str, Any]:
        """Topic, partition and offset."""
        return {"topic": self.raw.topic, "partition": self.raw.partition, "offset": self.raw.offset}


def decode(raw: KafkaRecord) -> ReceivedRecord:
    """Read one record. Never raises: an unreadable record has a reason and no content."""
    try:
        return ReceivedRecord(raw, wire.read(list(raw.headers), raw.value))
    except wire.Unreadable as error:
        return ReceivedRecord(raw, None, str(error))
