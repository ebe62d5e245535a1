"""The unit of work of one transaction, and the outbox into which it publishes."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection
from shared.database.rows import Writes, insert
from shared.events import Event
from shared.messaging import authors, wire
from shared.messaging.authors import Author
from shared.messaging.encrypted import IS_EVENT, is_event, outbox_body
from shared.messaging.topics import events_topic
from shared.service.accounts import Caller
from shared.telemetry.spans import Span, note_event


class OutboxRow(NamedTuple):
    """A row of the outbox: what the relay sends to `topic`, in order for each `key`."""

    event_id: UUID
    topic: str
    key: str
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str


_PUBLISH = insert(
    "outbox",
    {
        "event_id": "uuid",
        "topic": "text",
        "key": "text",
        "type": "text",
        "occurred_at": "timestamptz",
        "traceparent": "text",
        "body": "text",
    },
    ordered=True,
    then="on conflict (event_id) do nothing",
)
_FORGET_OTHERS = text(f"delete from outbox where key = :key and not ({IS_EVENT})")
_FORGET = text("delete from outbox where event_id = any(cast(:ids as uuid[]))")


async def publish(conn: Connection, rows: Sequence[OutboxRow]) -> None:
    """Put rows into the outbox, in this order. One whose `event_id` is there already stays as it is.

    What is no event may hold personal data: it is encrypted until it leaves.
    """
    if rows:
        await _PUBLISH.execute(conn, [_stored(conn, row) for row in rows])


def _stored(conn: Connection, row: OutboxRow) -> OutboxRow:
    if is_event(row.topic):
        return row
    return row._replace(body=outbox_body(conn, row.event_id).encrypt(row.body))


class UnsentRow(NamedTuple):
    """A row of the outbox as the relay sends it. `seq` is its number there."""

    seq: int
    topic: str
    event_id: UUID
    key: str
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str
    salt: UUID | None = None

    @classmethod
    def of(cls, conn: Connection, row: Any) -> "UnsentRow":
        """The row, with its body decrypted."""
        body = row.body if is_event(row.topic) else outbox_body(conn, row.event_id).decrypt(row.body)
        return cls(**{**row, "body": body})


async def forget(conn: Connection, event_ids: Collection[UUID]) -> None:
    """Delete messages, sent or not: a broker that lost its log will not get them again."""
    await conn.execute(_FORGET, {"ids": list(event_ids)})


async def forget_others(conn: Connection, key: str) -> None:
    """Delete the messages of a key that are no events, sent or not."""
    await conn.execute(_FORGET_OTHERS, {"key": key})


class Pending(NamedTuple):
    """An event that waits for the transaction to end, with the trace in which it was made, and by whom."""

    event: Event
    trace: Span | str | None
    by: Caller | None = None

    @classmethod
    def done(cls, event: Event, by: Caller | None) -> "Pending":
        """`event`, made by an act of `by` in the present trace; `by` is None where nobody's act made it."""
        if by is not None:
            event = event.model_copy(update={"done_by": authors.actor(by)})
        return cls(event, note_event(event), by)

    def row(self, service: str) -> OutboxRow:
        """The event on the topic of its service."""
        event = self.event
        return OutboxRow(
            event.id,
            events_topic(service),
            str(event.key),
            event.type,
            event.occurred_at,
            None if self.trace is None else str(self.trace),
            wire.body(event),
        )

    def author(self) -> Author | None:
        """Whose act made the event; None where nobody's did."""
        event, by = self.event, self.event.done_by
        if self.by is None or by is None:
            return None
        name = authors.account(self.by)
        return Author(event.id, str(event.key), event.type, event.occurred_at, by.role, by.code, name)


async def publish_events(conn: Connection, service: str, pending: Sequence[Pending]) -> None:
    """Publish events of `service`, in this order, and keep who did them."""
    writes = Writes()
    _add_events(writes, service, pending)
    await writes.execute(conn)


def _add_events(writes: Writes, service: str, pending: Sequence[Pending]) -> None:
    if pending:
        writes.add(_PUBLISH, [event.row(service) for event in pending])
    authors.add(writes, [author for event in pending if (author := event.author()) is not None])


class UnitOfWork:
    """The work of one transaction, for one request or a thousand messages.

    A service's own class loads and locks rows in `load`, keeps them in memory for the handlers, and writes
    them in `flush`. A handler is a plain function of the unit of work and an event.
    `by` is the caller whose act is done now; None in handlers and judges, which act for nobody.
    """

    service: ClassVar[str]

    def __init__(self, conn: Connection, at: datetime) -> None:
        self.conn = conn
        self.at = at
        self.by: Caller | None = None
        self.pending: list[Pending] = []
        self.writes = Writes()
        """What the flush of a service leaves to be written in one statement with the events."""
        self.published: Counter[str] = Counter()
        """How many events of each type this transaction publishes."""

    def emit(self, event: Event) -> Event:
        """Publish `event` when this transaction commits; returns it with who did it."""
        self.pending.append(pending := Pending.done(event, self.by))
        return pending.event

    def keys_of(self, event: Event) -> Collection[Any]:
        """The keys of the rows that the handler of `event` needs."""
        return (event.key,)

    async def load(self, keys: Collection[Any]) -> None:
        """Lock and read the rows of these keys, in key order."""

    async def flush(self) -> None:
        """Write what changed, and the events that were emitted."""
        _add_events(self.writes, self.service, self.pending)
        await self.writes.execute(self.conn)
        self.published.update(pending.event.type for pending in self.pending)
        self.pending = []


WorkFactory = Callable[[Connection, datetime], UnitOfWork]
"""Makes the unit of work of one transaction, which began at the given time."""
