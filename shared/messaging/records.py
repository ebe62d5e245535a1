"""A record of Kafka as it was read, and what of records a database keeps: watermarks, and the parked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import text

from shared.database.connection import Connection
from shared.events import Event
from shared.messaging import wire


class Raw(Protocol):
    """What is needed of a record, from Kafka or from the parked table."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class Record:
    """A record with what it says, or why it cannot be read."""

    raw: Raw
    heard: wire.Heard | None
    reason: str | None = None

    @property
    def event(self) -> Event | None:
        return self.heard.content if self.heard and isinstance(self.heard.content, Event) else None

    @property
    def watermark(self) -> wire.Watermark | None:
        return self.heard.content if self.heard and isinstance(self.heard.content, wire.Watermark) else None

    def place(self) -> dict[str, Any]:
        """Where it stands."""
        return {"topic": self.raw.topic, "partition": self.raw.partition, "offset": self.raw.offset}


def decode(raw: Raw) -> Record:
    """Read one record; never raises."""
    try:
        return Record(raw, wire.read(list(raw.headers), raw.value))
    except wire.Unreadable as error:
        return Record(raw, None, str(error))


def watermarks(records: Sequence[Record]) -> dict[tuple[str, int], wire.Watermark]:
    """The newest of each partition that may be believed."""
    newest: dict[tuple[str, int], wire.Watermark] = {}
    for record in records:
        mark = record.watermark
        if mark is not None and record.raw.offset >= mark.after:
            newest[record.raw.topic, record.raw.partition] = mark
    return newest


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


async def keep_watermarks(
    conn: Connection, cluster: str, newest: Mapping[tuple[str, int], wire.Watermark]
) -> None:
    """Keep up to when each partition (a topic and an index) is complete here, as `cluster` has it."""
    if newest:
        marks = sorted(newest.items())
        await conn.execute(
            _HEARD,
            {
                "topics": [topic for (topic, _), _ in marks],
                "partitions": [partition for (_, partition), _ in marks],
                "clusters": [cluster] * len(marks),
                "marks": [mark.upto for _, mark in marks],
            },
        )
