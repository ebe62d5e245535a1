"""The part of a unit of work that is the same wherever each appeal is one document."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import text

from shared.appeals.document import AppealRecord, no_such_appeal
from shared.database.connection import Connection
from shared.messaging.outbox import UnitOfWork
from shared.telemetry import spans

Document = TypeVar("Document", bound=AppealRecord)
LOAD_APPEALS = text(
    """
    select appeal_id, cast(file as text) as file from appeals
    where appeal_id = any(cast(:ids as uuid[])) order by appeal_id for update
    """
)
"""Lock appeals in the order of their ids, so that two transactions never wait for each other."""
FILE = "appeals.file"
"""What the personal fields of a document are bound to, beside the id of its appeal."""


class AppealWork(UnitOfWork, Generic[Document]):
    """The appeals of one transaction, as documents in memory. A service's `flush` writes the changed ones."""

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.appeals: dict[UUID, Document] = {}
        self.changed: dict[UUID, Document] = {}

    def documents(self, rows: Iterable[Any]) -> list[str]:
        """The documents of rows that have `appeal_id` and `file`, as JSON, decrypted."""
        return [self.conn.cell(FILE, row.appeal_id).decrypt_json(row.file) for row in rows]

    def stored(self, appeal: Document) -> str:
        """The document of an appeal as it is stored: its personal fields are encrypted."""
        return self.conn.cell(FILE, appeal.appeal_id).dump(appeal)

    def add_loaded(self, appeals: Iterable[Document]) -> None:
        """Make appeals that were read and locked available to handlers and acts."""
        self.appeals |= {appeal.appeal_id: appeal for appeal in appeals}

    def appeal(self, appeal_id: UUID) -> Document:
        """The appeal, or `NotFound`. The current span is marked with its number."""
        if (appeal := self.appeals.get(appeal_id)) is None:
            raise no_such_appeal()
        spans.name_case(appeal_id, appeal.registration_number)
        return appeal

    def keep(self, appeal: Document) -> None:
        """Write `appeal` when this transaction commits."""
        self.appeals[appeal.appeal_id] = self.changed[appeal.appeal_id] = appeal
