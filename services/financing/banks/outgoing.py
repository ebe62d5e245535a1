"""What one transaction leaves for the banks: messages to send, and requests that must no longer be sent."""

from datetime import datetime
from typing import Any

from services.financing.banks.messages import messages
from services.financing.banks.queue import queries
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.database.connection import Connection
from shared.events import Event
from shared.telemetry.context import traceparent


class OutgoingMessages:
    """The messages of one transaction to banks."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._withdrawn_legs: list[str] = []

    def add(self, case: JudgedDocument, event: Event) -> None:
        """Add the messages that `event`, which happened to `case`, makes, with the trace it happened in."""
        for bank, message in messages(case, event):
            row = {"bank": bank, "type": message.type, "leg": message.leg, "body": message.model_dump_json()}
            self._rows.append(row | {"traceparent": traceparent()})
        if isinstance(case, LoanDocument) and isinstance(
            event, events.LoanConsentWithdrawn | events.LoanWithdrawn
        ):
            self._withdrawn_legs += [leg.leg for leg in case.legs]

    async def flush(self, conn: Connection, at: datetime) -> None:
        """Drop requests that were withdrawn before they left, then queue the messages."""
        if self._withdrawn_legs:
            await queries.drop_requests(conn, self._withdrawn_legs, at)
        if self._rows:
            await queries.add_messages(conn, self._rows, at)
        self._rows, self._withdrawn_legs = [], []
