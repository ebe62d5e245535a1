"""What is done to accounts and at signing in is on record: an event in the chain, the address beside it."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from services.desks.people import queries
from shared.database.connection import Connection
from shared.events import AccountChanged, PersonSignedIn, SessionEnded, SignInRefused
from shared.events.people import AccountChange, PersonEvent, RefusalReason, SessionEnd
from shared.messaging.outbox import UnitOfWork
from shared.service.accounts import Caller
from shared.service.service import ServiceContext
from shared.telemetry.metrics import Counter

SIGN_INS = Counter("huying_sign_ins", "Tries to sign in, by what became of them", ("outcome",))
NOWHERE = "-"
"""The address of what no request did."""


class Record:
    """Puts what is done in one transaction on record. `address` is that of the request."""

    def __init__(
        self,
        context: ServiceContext,
        conn: Connection,
        work: UnitOfWork,
        address: str,
        by: Caller | None = None,
    ) -> None:
        self._metrics = context.telemetry.metrics
        self._conn = conn
        self._work = work
        self._work.by = by
        self._address = address or NOWHERE

    @property
    def address(self) -> str:
        return self._address

    @property
    def at(self) -> datetime:
        return self._work.at

    async def account_changed(self, account_id: UUID, change: AccountChange, more: str = "") -> None:
        """`more` stands behind the change in the record: the other account that it concerns."""
        salt = secrets.token_hex(16)
        event = AccountChanged.about(account_id, self.at, change=change, origin=self._origin(salt))
        await self._add(event, account_id, f"{change} {more}".strip(), salt)

    async def signed_in(self, account_id: UUID, session_id: UUID) -> None:
        salt = secrets.token_hex(16)
        event = PersonSignedIn.about(account_id, self.at, session_id=session_id, origin=self._origin(salt))
        await self._add(event, account_id, str(session_id), salt)
        self._metrics.count(SIGN_INS, "signed_in")

    async def refused(self, account_id: UUID | None, reason: RefusalReason) -> None:
        salt = secrets.token_hex(16)
        event = SignInRefused.about(account_id, self.at, reason=reason, origin=self._origin(salt))
        await self._add(event, account_id, reason, salt)
        self._metrics.count(SIGN_INS, reason)

    async def session_ended(self, account_id: UUID, session_id: UUID, reason: SessionEnd) -> None:
        salt = secrets.token_hex(16)
        event = SessionEnded.about(
            account_id, self.at, session_id=session_id, reason=reason, origin=self._origin(salt)
        )
        await self._add(event, account_id, reason, salt)

    def _origin(self, salt: str) -> str:
        """A commitment to the address: it can be checked by whoever has salt and address, and not guessed."""
        return sha256(f"{salt} {self._address}".encode()).hexdigest()

    async def _add(self, event: PersonEvent, account_id: UUID | None, detail: str, salt: str) -> None:
        self._work.emit(event)
        await queries.add_origin(
            self._conn,
            event_id=event.id,
            account_id=account_id,
            type=event.type,
            detail=detail,
            at=self.at,
            address=self._address,
            salt=salt,
        )


async def record_on(
    context: ServiceContext, conn: Connection, address: str, by: Caller | None = None
) -> tuple[Record, UnitOfWork]:
    """The record of a transaction, and the unit of work that is to be flushed at its end."""
    work = context.work(conn, await context.clock.stamp(conn))
    return Record(context, conn, work, address, by), work
