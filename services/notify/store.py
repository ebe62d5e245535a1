"""Notify's tables, and its batch: one document a case, and the messages, which are the inboxes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain import File
from services.notify.routing import Message, table
from shared.db import add_backbone
from shared.events import Event, NoticeSent
from shared.outbox import Batch, Said
from shared.telemetry import traceparent

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("file", pg.JSONB, nullable=False),
)
sa.Table(
    "messages",
    metadata,
    sa.Column("id", pg.UUID, primary_key=True, comment="of the event and the recipient"),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("registration_number", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("read_at", sa.DateTime(timezone=True)),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.Index("messages_inbox", "recipient", "created_at", "occurred_at", "id"),
    sa.Index(
        "messages_unread",
        "recipient",
        "created_at",
        "occurred_at",
        "id",
        postgresql_where=sa.text("read_at is null"),
    ),
    sa.Index("messages_appeal", "appeal_id", "created_at", "occurred_at", "id"),
)

_LOAD = text(
    """
    select file from appeals where appeal_id = any(cast(:keys as uuid[])) order by appeal_id for update
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

    def __init__(self, conn: AsyncConnection, at: datetime) -> None:
        super().__init__(conn, at)
        self.files: dict[UUID, File] = {}
        self.outgoing: dict[UUID, tuple[Message, str]] = {}
        self._changed: dict[UUID, File] = {}

    async def load(self, keys: Collection[Any]) -> None:
        if keys:
            rows = await self.conn.execute(_LOAD, {"keys": list(keys)})
            for row in rows.scalars():
                file = File.model_validate(row)
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
        for message in table().messages(file, event, self.zone):
            self.outgoing.setdefault(message.id, (message, traceparent()))

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
        for id_ in new.scalars():
            message, trace = self.outgoing[id_]
            self.said.append(Said(self._sent(message), trace))

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
