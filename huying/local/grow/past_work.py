"""Units of work that write a past: its events are sent and linked already, and everybody has heard them.

They are the units of work of the services, so that each document and row is as the service makes it. What
differs is the end of a transaction: the outbox, the hash chain and the inboxes are written by COPY, as the
relay and the consumers leave them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.desks.work import Work as DesksWork
from services.dispatch.work import Work as DispatchWork
from services.escalation.document import CaseDocument
from services.escalation.work import Work as EscalationWork
from services.intake.work import Work as IntakeWork
from services.notify.work import Work as NotifyWork
from shared.audit import chain
from shared.database.connection import Connection
from shared.events import Event
from shared.messaging import authors
from shared.messaging.consumer import Handlers
from shared.messaging.outbox import OutboxRow, Pending, UnitOfWork

_OUTBOX = ("seq", "event_id", "topic", "key", "type", "occurred_at", "traceparent", "body", "sent_at")
_LINKS = ("number", "seq", "event_id", "key", "position", "link", "linked_at")


class _Numbered(NamedTuple):
    """A row of the outbox with its number, which it has in the chain of the service too."""

    number: int
    row: OutboxRow


class PastWork(UnitOfWork):
    """The end of a transaction that writes a past.

    `number` counts the events that the service said so far. `said` are those of this transaction.
    """

    number = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.heard: dict[UUID, datetime] = {}
        self.said: list[Event] = []

    def hear(self, handlers: Handlers, event: Event) -> None:
        """Handle `event` of another service, where this one does anything about it."""
        if (handler := handlers.get(type(event))) is not None:
            handler(self, event)
            self.heard[event.id] = event.occurred_at

    async def flush(self) -> None:
        pending, self.pending = self.pending, []
        self.said = [emitted.event for emitted in pending]
        numbered = list(self._numbered(pending))
        await self.conn.copy("outbox", _OUTBOX, [(n, *row, row.occurred_at) for n, row in numbered])
        await self.conn.copy("links", _LINKS, list(_links(self.service, numbered)))
        authors.add(self.writes, [author for emitted in pending if (author := emitted.author()) is not None])
        await self.writes.execute(self.conn)
        await self.conn.copy("inbox", ("event_id", "received_at"), list(self.heard.items()))

    def _numbered(self, pending: Sequence[Pending]) -> Iterator[_Numbered]:
        for emitted in pending:
            self.number += 1
            yield _Numbered(self.number, emitted.row(self.service))


def _links(service: str, numbered: Sequence[_Numbered]) -> Iterator[tuple[Any, ...]]:
    """The links of these events. A case is written as a whole: its first event here is the first it has."""
    last: dict[str, tuple[int, bytes]] = {}
    for number, row in numbered:
        position, previous = last.get(row.key, (0, chain.START))
        at = row.occurred_at.astimezone(UTC)  # as the database gives it back
        event = chain.canonical(service, row.key, row.event_id, row.type, at, row.body)
        last[row.key] = position + 1, chain.link(previous, event)
        yield number, number, row.event_id, row.key, *last[row.key], row.occurred_at


class PastIntake(IntakeWork, PastWork):
    """Intake's part of a past."""


class PastDispatch(DispatchWork, PastWork):
    """Dispatch's part of a past."""


class PastEscalation(EscalationWork, PastWork):
    """Escalation's part of a past."""

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self._histories: dict[UUID, list[Event]] = defaultdict(list)

    def remember(self, event: Event) -> CaseDocument:
        self._histories[event.appeal_id].append(event)
        return super().remember(event)

    def history_of(self, appeal_id: UUID) -> list[Event]:
        """The acts that the case is judged by."""
        return self._histories[appeal_id]


class PastNotify(NotifyWork, PastWork):
    """Notify's part of a past."""


class PastDesks(DesksWork, PastWork):
    """The part of the desks in a past."""
