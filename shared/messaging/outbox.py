"""One transaction's work: cases loaded at once, events emitted, all written together."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import text

from shared.database.connection import Connection
from shared.events import Event
from shared.messaging import wire
from shared.telemetry.spans import Span, said


class Pending(NamedTuple):
    """An event with the trace that made it."""

    event: Event
    trace: Span | str | None


class UnitOfWork:
    """What one transaction does, for one request or a thousand messages.

    A service's own batch loads and locks its rows in `load`, keeps them in memory for the handlers,
    and writes them in `flush`. Handlers are plain functions of the batch and an event.
    """

    service: ClassVar[str]

    def __init__(self, conn: Connection, at: datetime) -> None:
        self.conn = conn
        self.at = at
        self.pending: list[Pending] = []
        self.published: Counter[str] = Counter()
        """How many events of each type this transaction says."""

    def emit(self, event: Event) -> None:
        """Say `event` when this transaction commits."""
        self.pending.append(Pending(event, said(event)))

    def keys_of(self, event: Event) -> Collection[Any]:
        """The rows that the handler of `event` needs: its case."""
        return (event.appeal_id,)

    async def load(self, keys: Collection[Any]) -> None:
        """Lock and read the rows these keys name (a case by its id), in key order."""

    async def flush(self) -> None:
        """Write what changed, and the outbox."""
        await publish(self.conn, self.service, self.pending)
        self.published.update(one.event.type for one in self.pending)
        self.pending = []


WorkFactory = Callable[[Connection, datetime], UnitOfWork]
"""Makes the unit of work of one transaction, which began at the given time."""

_INSERT = text(
    """
    insert into outbox (event_id, topic, key, type, occurred_at, traceparent, body)
    select event_id, :topic, key, type, occurred_at, traceparent, body
    from unnest(
      cast(:ids as uuid[]), cast(:keys as text[]), cast(:types as text[]), cast(:times as timestamptz[]),
      cast(:traces as text[]), cast(:bodies as text[])
    ) with ordinality as t (event_id, key, type, occurred_at, traceparent, body, position)
    order by position
    on conflict (event_id) do nothing
    """
)


async def publish(conn: Connection, service: str, pending: Sequence[Pending]) -> None:
    """Put events into the outbox, in this order; one already said is not said again."""
    if not pending:
        return
    events = [one.event for one in pending]
    await conn.execute(
        _INSERT,
        {
            "topic": f"{service}.events",
            "ids": [event.id for event in events],
            "keys": [str(event.appeal_id) for event in events],
            "types": [event.type for event in events],
            "times": [event.occurred_at for event in events],
            "traces": [None if one.trace is None else str(one.trace) for one in pending],
            "bodies": [wire.body(event) for event in events],
        },
    )
