"""The part of a unit of work that is the same wherever each appeal is one document."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import text

from shared.appeals.document import AppealRecord, no_such_appeal
from shared.database.connection import Connection
from shared.messaging.outbox import UnitOfWork
from shared.telemetry import spans

Document = TypeVar("Document", bound=AppealRecord)
LOAD_APPEALS = text(
    """
    select cast(file as text) from appeals
    where appeal_id = any(cast(:ids as uuid[])) order by appeal_id for update
    """
)
"""Lock appeals in the order of their ids, so that two transactions never wait for each other."""


class AppealWork(UnitOfWork, Generic[Document]):
    """The appeals of one transaction, as documents in memory. A service's `flush` writes the changed ones."""

    def __init__(self, conn: Connection, at: datetime) -> None:
        super().__init__(conn, at)
        self.appeals: dict[UUID, Document] = {}
        self.changed: dict[UUID, Document] = {}

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
