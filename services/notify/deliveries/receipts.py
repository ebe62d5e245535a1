"""What the SMS gateway says later of a message it took: kept once, whether it came or was asked for."""

from datetime import datetime
from typing import Any

from services.notify.channels.sms import ON_THE_WAY, RECEIPTS
from services.notify.deliveries import work as deliveries
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome
from shared.database.connection import Connection
from shared.events import NoticeFailed
from shared.messaging.outbox import Pending, publish
from shared.telemetry.context import traceparent


async def keep(conn: Connection, at: datetime, provider_id: str, status: str) -> int:
    """Keep a receipt, and say what failed by it; returns how many deliveries it changed."""
    if status in ON_THE_WAY:
        return 0
    outcome = RECEIPTS.get(status, DeliveryOutcome.TECHNICAL)
    changed = await deliveries.receive(conn, at, ChannelKind.SMS, provider_id, outcome, status)
    if outcome != DeliveryOutcome.DELIVERED:
        failed = [_failed(dict(row), at, outcome, status) for row in changed]
        await publish(conn, [Pending(event, traceparent()).message("notify") for event in failed])
    return len(changed)


def _failed(row: dict[str, Any], at: datetime, outcome: DeliveryOutcome, status: str) -> NoticeFailed:
    return NoticeFailed(
        occurred_at=at,
        appeal_id=row["appeal_id"],
        registration_number=row["registration_number"],
        message_id=row["message_id"],
        recipient=row["recipient"],
        channel=ChannelKind.SMS,
        template=row["template"],
        outcome=outcome,
        reason=f"the gateway's receipt says {status}",
    )
