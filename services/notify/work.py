"""Notify's unit of work: loads and locks cases, and saves them with the messages written about them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.acknowledgements import work as acknowledgements
from services.notify.acknowledgements.domain import (
    AcknowledgementEnd,
    AcknowledgementRequest,
    AcknowledgementState,
    EscalationStep,
    acknowledged,
    end_by,
    not_acknowledged,
    superior,
)
from services.notify.config import NotifyConfig
from services.notify.contacts import work as contacts
from services.notify.deliveries.domain import STALE
from services.notify.deliveries.planning import work as planning
from services.notify.document import CaseDocument
from services.notify.domain import acting
from services.notify.erasing import work as erasing
from services.notify.messages.message import Message
from services.notify.messages.routing import table
from services.notify.messages.words import USUAL, Language, needs_names, written_by_people
from services.notify.messages.work import WrittenMessage, send
from shared.database.connection import Connection
from shared.database.rows import excluded, insert
from shared.directory import copies
from shared.directory.leaders import Leaders
from shared.events import DirectoryEvent, Event, LeaderChanged, NoticePersonsErased, NoticeSent
from shared.messaging.outbox import Pending, UnitOfWork
from shared.telemetry.context import traceparent

_LOAD = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_SAVE = insert(
    "appeals",
    {"appeal_id": "uuid", "registration_number": "text", "file": "jsonb"},
    then=f"on conflict (appeal_id) do update set {excluded('file')}",
)
_PREFERENCES = text(
    """
    select recipient, language from preferences
    where recipient not like 'enterprise:%' or recipient = any(cast(:enterprises as text[]))
    """
)


class Work(UnitOfWork):
    """The cases of one transaction, and the messages written about them."""

    service = "notify"

    def __init__(self, conn: Connection, at: datetime, config: NotifyConfig) -> None:
        super().__init__(conn, at)
        self._config = config
        self.cases: dict[UUID, CaseDocument] = {}
        self.messages: dict[UUID, Message] = {}
        self._traces: dict[UUID, str] = {}
        self._changed: dict[UUID, CaseDocument] = {}
        self._languages: dict[str, Language] = {}
        self._requests: dict[UUID, AcknowledgementRequest] = {}
        self._acknowledgements: dict[UUID, UUID] = {}
        """The acknowledgement that a message asks for; its id is that of the first message that asked."""
        self._ends: list[AcknowledgementEnd] = []
        self._leaders = Leaders()
        self._leaders_said: list[LeaderChanged] = []
        self._outdated: list[UUID] = []
        self._erased: list[UUID] = []

    def keys_of(self, event: Event) -> Collection[Any]:
        """An entry of a directory is about no case."""
        return () if isinstance(event, DirectoryEvent) else super().keys_of(event)

    def keep_leader(self, event: LeaderChanged) -> None:
        """Write what escalation said of a leader when this transaction commits."""
        self._leaders_said.append(event)

    async def load(self, keys: Collection[Any]) -> None:
        self._leaders = await copies.known_leaders(self.conn)
        enterprises = [f"enterprise:{key}" for key in keys]
        rows = await self.conn.execute(_PREFERENCES, {"enterprises": enterprises})
        self._languages = {row.recipient: Language(row.language) for row in rows}
        if keys:
            for document in (await self.conn.execute(_LOAD, {"keys": list(keys)})).scalars():
                case = CaseDocument.model_validate_json(document)
                self.cases[case.appeal_id] = case

    def case_of(self, event: Event) -> CaseDocument:
        """The case of `event`: a new one where `event` is the first that is heard of it."""
        if (case := self.cases.get(event.appeal_id)) is None:
            case = CaseDocument(appeal_id=event.appeal_id, registration_number=event.registration_number)
            self.save(case)
        return case

    def forget_contact(self, appeal_id: UUID) -> None:
        """Forget what was learnt of how the enterprise is reached: the next message asks anew."""
        self._outdated.append(appeal_id)

    def erase_persons(self, appeal_id: UUID) -> None:
        """Take out how the enterprise was reached, and what was written to it."""
        self._erased.append(appeal_id)

    def save(self, case: CaseDocument) -> None:
        """Write `case` when this transaction commits."""
        self.cases[case.appeal_id] = self._changed[case.appeal_id] = case

    def write_messages(self, case: CaseDocument, event: Event) -> None:
        """Write the messages about `event`. One that was sent before is not sent again."""
        if not self.knows_words(case, event):
            return
        for message in self._write(case, event):
            if message.acknowledge:
                self._request_acknowledgement(case, event, message)
        if (end := end_by(event)) is not None:
            self._ends.append(end)

    def knows_words(self, case: CaseDocument, event: Event) -> bool:
        """Whether it is known how to tell of `event`.

        Until its case is registered that is not so for words that a pack names, and for what people wrote,
        which a pack may keep confidential.
        """
        return case.is_registered or not (needs_names(event) or written_by_people(event))

    def escalate(self, row: Any) -> EscalationStep:
        """Tell the next in rank that nobody acknowledged. `row` is locked, and its case loaded."""
        case = self.cases[row.appeal_id]
        to = superior(row.recipient, row.level, case)
        assert to is not None
        to = acting(to, self._leaders, self.at.astimezone(self._config.zone).date())
        event = not_acknowledged(row, to, case.registration_number, self.at)
        self.emit(event)
        (message,) = self._write(case, event)
        self._acknowledgements[message.id] = row.id
        is_last = superior(to, row.level + 1, case) is None
        due_at = None if is_last else self._config.acknowledge_by(case.pack, row.due_at)
        return EscalationStep(row.id, to, message.id, due_at)

    def _write(self, case: CaseDocument, event: Event) -> list[Message]:
        names = self._config.names_of(case.pack) if needs_names(event) else USUAL
        withheld = self._config.is_confidential(case.pack)
        messages = table().messages(
            case, event, self._config.zone, names, self._languages, self._leaders, withheld=withheld
        )
        for message in messages:
            if message.id not in self.messages:
                self.messages[message.id], self._traces[message.id] = message, traceparent()
        return messages

    def _request_acknowledgement(self, case: CaseDocument, event: Event, message: Message) -> None:
        due_at = self._config.acknowledge_by(case.pack, event.occurred_at)
        if due_at is not None and event.occurred_at > self.at - STALE:
            card_id = getattr(event, "card_id", None)
            self._requests[message.id] = AcknowledgementRequest(message, card_id, due_at, traceparent())
            self._acknowledgements[message.id] = message.id

    async def flush(self) -> None:
        for change in self._leaders_said:
            await copies.keep_leader(self.conn, change)
        await contacts.forget_learnt(self.conn, self._outdated)
        if cases := list(self._changed.values()):
            rows = [(case.appeal_id, case.registration_number, case.model_dump_json()) for case in cases]
            self.writes.add(_SAVE, rows)
            ended = [case.appeal_id for case in cases if case.has_ended]
            await contacts.forget_ended(self.conn, self.at, ended)
        for appeal_id in self._erased:
            values = await erasing.erase(self.conn, appeal_id)
            self.emit(self._persons_erased(appeal_id, values))
        if self.messages:
            await self._send()
        for row in await acknowledgements.end_all(self.conn, self._ends):
            if row.state == AcknowledgementState.ACKNOWLEDGED:
                number = self.cases[row.appeal_id].registration_number
                self.emit(acknowledged(row, number, self.at))
        await super().flush()

    async def _send(self) -> None:
        """Put the messages into the inboxes, and plan what follows from those that are new."""
        written = [
            WrittenMessage(message, self._traces[message.id], self._acknowledgements.get(message.id))
            for message in self.messages.values()
        ]
        new_ids = await send(self.conn, self.at, written)
        new = [message for message in self.messages.values() if message.id in new_ids]
        self.pending += [Pending(self._notice_sent(message), self._traces[message.id]) for message in new]
        await planning.plan(self.conn, self.at, new, self._config.channels)
        await contacts.ask(self.conn, self.at, [message for message in new if self._can_ask(message)])
        requests = [self._requests[message.id] for message in new if message.id in self._requests]
        await acknowledgements.open_all(self.conn, requests)

    def _can_ask(self, message: Message) -> bool:
        """Whether the service that registered the case can be asked how its enterprise is reached."""
        return self.cases[message.appeal_id].registrar in self._config.registrars

    def _persons_erased(self, appeal_id: UUID, values: int) -> NoticePersonsErased:
        number = self.cases[appeal_id].registration_number
        return NoticePersonsErased(
            occurred_at=self.at, appeal_id=appeal_id, registration_number=number, values=values
        )

    def _notice_sent(self, message: Message) -> NoticeSent:
        return NoticeSent(
            occurred_at=self.at,
            appeal_id=message.appeal_id,
            registration_number=message.registration_number,
            message_id=message.id,
            recipient=message.recipient,
            channel="inbox",
            template=message.template,
        )
