"""Notify's batch: the cases of one transaction, and the messages, which are the inboxes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.notify.acknowledgements import work as acknowledgements
from services.notify.acknowledgements.work import (
    AcknowledgementEnd,
    AcknowledgementRequest,
    AcknowledgementState,
    EscalationStep,
)
from services.notify.contacts import inquiries
from services.notify.deliveries.domain import STALE, ChannelKind
from services.notify.deliveries.work import intend
from services.notify.domain import CaseDocument
from services.notify.messages.routing import Message, table
from services.notify.messages.words import USUAL, Language, PackNames, needs_names
from shared.database.connection import Connection
from shared.events import Event, NoticeSent
from shared.messaging.outbox import Pending, UnitOfWork
from shared.telemetry.context import traceparent

_LOAD = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
    """
)
_SAVE = text(
    """
    insert into appeals (appeal_id, registration_number, file)
    select id, number, cast(file as jsonb)
    from unnest(
      cast(:ids as uuid[]), cast(:numbers as text[]), cast(:files as text[])
    ) as t (id, number, file)
    on conflict (appeal_id) do update set file = excluded.file
    """
)
_PREFERENCES = text(
    """
    select recipient, language from preferences
    where recipient not like 'enterprise:%' or recipient = any(cast(:enterprises as text[]))
    """
)
_SEND = text(
    """
    insert into messages (
      id, appeal_id, registration_number, recipient, template, subject, body, occurred_at, traceparent,
      acknowledgement, language, created_at
    )
    select t.*, :at
    from unnest(
      cast(:ids as uuid[]), cast(:appeals as uuid[]), cast(:numbers as text[]), cast(:recipients as text[]),
      cast(:templates as text[]), cast(:subjects as text[]), cast(:bodies as text[]),
      cast(:times as timestamptz[]), cast(:traces as text[]), cast(:acknowledgements as uuid[]),
      cast(:languages as text[])
    ) as t
    on conflict do nothing returning id
    """
)


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """What a unit of work needs of the settings and of the packs."""

    names_of: Callable[[str | None], PackNames]
    """What a pack, by its reference, calls its own words; the city's pack for None."""
    zone: ZoneInfo
    """The time zone of the times in messages."""
    acknowledge_by: Callable[[str | None, datetime], datetime | None]
    """By when a message of a given time must be acknowledged, by the pack of its case; None for never."""
    channels: tuple[ChannelKind, ...]
    """The delivery channels that are set up, beside the inbox."""
    registrars: frozenset[str]
    """The services that can be asked how the enterprises of their cases are reached."""


class Work(UnitOfWork):
    """The cases of one transaction, and what is to be sent about them."""

    service = "notify"

    def __init__(self, conn: Connection, at: datetime, config: NotifyConfig) -> None:
        super().__init__(conn, at)
        self._config = config
        self.files: dict[UUID, CaseDocument] = {}
        self.outgoing: dict[UUID, tuple[Message, str]] = {}
        self._changed: dict[UUID, CaseDocument] = {}
        self._languages: dict[str, Language] = {}
        self._asked: dict[UUID, AcknowledgementRequest] = {}
        self._part_of: dict[UUID, UUID] = {}
        self._ended: list[AcknowledgementEnd] = []

    async def load(self, keys: Collection[Any]) -> None:
        enterprises = [f"enterprise:{key}" for key in keys]
        rows = await self.conn.execute(_PREFERENCES, {"enterprises": enterprises})
        self._languages = {row.recipient: Language(row.language) for row in rows}
        if keys:
            rows = await self.conn.execute(_LOAD, {"keys": list(keys)})
            for row in rows.scalars():
                file = CaseDocument.model_validate_json(row)
                self.files[file.appeal_id] = file

    def file(self, event: Event) -> CaseDocument:
        """The case of `event`, new where nothing was heard of it yet."""
        if (file := self.files.get(event.appeal_id)) is None:
            file = CaseDocument(appeal_id=event.appeal_id, registration_number=event.registration_number)
            self.keep(file)
        return file

    def keep(self, file: CaseDocument) -> None:
        """Write `file` when this transaction commits."""
        self.files[file.appeal_id] = self._changed[file.appeal_id] = file

    def tell(self, file: CaseDocument, event: Event) -> None:
        """Send what is to be said about `event`; what was sent before is not sent again."""
        if not self.can_name(file, event):
            return
        for message in self._write(file, event):
            if message.acknowledge:
                self._ask(file, event, message)
        if (ended := acknowledgements.ended(event)) is not None:
            self._ended.append(ended)

    def _write(self, file: CaseDocument, event: Event) -> list[Message]:
        names = self._config.names_of(file.pack) if needs_names(event) else USUAL
        found = table().messages(file, event, self._config.zone, names, self._languages)
        for message in found:
            self.outgoing.setdefault(message.id, (message, traceparent()))
        return found

    def _ask(self, file: CaseDocument, event: Event, message: Message) -> None:
        due_at = self._config.acknowledge_by(file.pack, event.occurred_at)
        if due_at is not None and event.occurred_at > self.at - STALE:
            card_id = getattr(event, "card_id", None)
            self._asked[message.id] = AcknowledgementRequest(message, card_id, due_at, traceparent())
            self._part_of[message.id] = message.id

    def climb(self, row: Any) -> EscalationStep:
        """Tell whoever stands above the one who did not acknowledge. `row` is locked, and its case loaded."""
        file = self.files[row.appeal_id]
        to = acknowledgements.superior(row.recipient, row.level, file)
        assert to is not None
        event = acknowledgements.not_acknowledged(row, to, file.registration_number, self.at)
        self.emit(event)
        (message,) = self._write(file, event)
        self._part_of[message.id] = row.id
        is_last = acknowledgements.superior(to, row.level + 1, file) is None
        due_at = None if is_last else self._config.acknowledge_by(file.pack, row.due_at)
        return EscalationStep(row.id, to, message.id, due_at)

    def can_name(self, file: CaseDocument, event: Event) -> bool:
        """Whether the words of `event` can be said; those of a pack wait for the registration."""
        return file.received or not needs_names(event)

    async def flush(self) -> None:
        files = list(self._changed.values())
        if files:
            await self.conn.execute(
                _SAVE,
                {
                    "ids": [file.appeal_id for file in files],
                    "numbers": [file.registration_number for file in files],
                    "files": [file.model_dump_json() for file in files],
                },
            )
            await inquiries.case_ended(self.conn, self.at, [f.appeal_id for f in files if f.has_ended])
        if self.outgoing:
            await self._send()
        for row in await acknowledgements.end_all(self.conn, self._ended):
            if row.state == AcknowledgementState.ACKNOWLEDGED:
                number = self.files[row.appeal_id].registration_number
                self.emit(acknowledgements.acknowledged(row, number, self.at))
        await super().flush()

    async def _send(self) -> None:
        messages, traces = zip(*self.outgoing.values(), strict=True)
        new = await self.conn.execute(
            _SEND,
            {
                "at": self.at,
                "ids": [message.id for message in messages],
                "appeals": [message.appeal_id for message in messages],
                "numbers": [message.registration_number for message in messages],
                "recipients": [message.recipient for message in messages],
                "templates": [message.template for message in messages],
                "subjects": [message.subject for message in messages],
                "bodies": [message.body for message in messages],
                "times": [message.occurred_at for message in messages],
                "traces": list(traces),
                "languages": [message.language for message in messages],
                "acknowledgements": [self._part_of.get(message.id) for message in messages],
            },
        )
        fresh = [self.outgoing[id_] for id_ in new.scalars()]
        self.pending += [Pending(self._sent(message), trace) for message, trace in fresh]
        told = [message for message, _ in fresh]
        await intend(self.conn, self.at, told, self._config.channels)
        if unknown := [one for one in told if self.files[one.appeal_id].registrar in self._config.registrars]:
            await inquiries.write(self.conn, self.at, unknown)
        asked = [self._asked[message.id] for message in told if message.id in self._asked]
        await acknowledgements.open_all(self.conn, asked)

    def _sent(self, message: Message) -> NoticeSent:
        return NoticeSent(
            occurred_at=self.at,
            appeal_id=message.appeal_id,
            registration_number=message.registration_number,
            message_id=message.id,
            recipient=message.recipient,
            channel="inbox",
            template=message.template,
        )
