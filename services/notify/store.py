"""Notify's batch: the cases of one transaction, and the messages, which are the inboxes."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.notify.delivery import Channel
from services.notify.domain import File
from services.notify.outgoing import intend
from services.notify.routing import Message, table
from services.notify.tables import metadata as metadata
from services.notify.words import USUAL, Names, needs_names
from shared.database import Connection
from shared.events import Event, NoticeSent
from shared.outbox import Batch, Said
from shared.telemetry import traceparent

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
_SEND = text(
    """
    insert into messages (
      id, appeal_id, registration_number, recipient, template, subject, body, occurred_at, traceparent,
      created_at
    )
    select t.*, :at
    from unnest(
      cast(:ids as uuid[]), cast(:appeals as uuid[]), cast(:numbers as text[]), cast(:recipients as text[]),
      cast(:templates as text[]), cast(:subjects as text[]), cast(:bodies as text[]),
      cast(:times as timestamptz[]), cast(:traces as text[])
    ) as t
    on conflict do nothing returning id
    """
)


class Mailroom(Batch):
    """The cases of one transaction, and what is to be sent about them."""

    service = "notify"
    zone: ClassVar[ZoneInfo] = ZoneInfo("Asia/Shanghai")
    """In which times are written; the service's setting, taken when it starts."""
    names_of: ClassVar[Callable[[str | None], Names]]
    """What the pack a case names calls its words; the city's pack for None. Given when the service starts."""

    channels: ClassVar[tuple[Channel, ...]] = ()
    """The ways out beside the inbox."""

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.files: dict[UUID, File] = {}
        self.outgoing: dict[UUID, tuple[Message, str]] = {}
        self._changed: dict[UUID, File] = {}

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            rows = await self.conn.execute(_LOAD, {"keys": list(keys)})
            for row in rows.scalars():
                file = File.model_validate_json(row)
                self.files[file.appeal_id] = file

    def file(self, event: Event) -> File:
        """The case of `event`, new where nothing was heard of it yet."""
        if (file := self.files.get(event.appeal_id)) is None:
            file = File(appeal_id=event.appeal_id, registration_number=event.registration_number)
            self.keep(file)
        return file

    def keep(self, file: File) -> None:
        """Write `file` when this transaction commits."""
        self.files[file.appeal_id] = self._changed[file.appeal_id] = file

    def tell(self, file: File, event: Event) -> None:
        """Send what is to be said about `event`; what was sent before is not sent again."""
        if not self.can_name(file, event):
            return
        names = Mailroom.names_of(file.pack) if needs_names(event) else USUAL
        for message in table().messages(file, event, self.zone, names):
            self.outgoing.setdefault(message.id, (message, traceparent()))

    def can_name(self, file: File, event: Event) -> bool:
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
        if self.outgoing:
            await self._send()
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
            },
        )
        fresh = [self.outgoing[id_] for id_ in new.scalars()]
        self.said += [Said(self._sent(message), trace) for message, trace in fresh]
        await intend(self.conn, self.at, [message for message, _ in fresh], Mailroom.channels)

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
