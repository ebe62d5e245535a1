"""Moves messages on to the banks: to a bank's topic through the outbox, to its webhook as a delivery.

`bank_messages.sent_at` says when a message began to leave. A message to a desk leaves when the bank reads it.
"""

from services.financing.banks.kafka.topics import requests
from services.financing.banks.queue import queries
from services.financing.banks.queue.queries import QueuedMessage
from shared.database.retry import keep_running
from shared.messaging.outbox import OutboxRow, forget, publish
from shared.service.service import ServiceContext

POLL_S = 0.2
LIMIT = 500


async def forward(context: ServiceContext) -> int:
    """Move on what waits; returns how many messages: 0 where another replica is moving them.

    A request that was withdrawn leaves the outbox, so a broker that lost its log is not sent it again.
    """
    async with context.engine.begin() as conn:
        if not await queries.may_forward(conn):
            return 0
        rows = await queries.forward(conn, await context.clock.stamp(conn), LIMIT)
        if withdrawn := [event_id for row in rows for event_id in row.withdrawn]:
            await forget(conn, withdrawn)
        await publish(conn, [_message(row) for row in rows if row.by_kafka])
    return len(rows)


def _message(row: QueuedMessage) -> OutboxRow:
    topic, key = requests(row.bank), row.leg.partition("/")[0]
    return OutboxRow(row.message_id, topic, key, row.type, row.occurred_at, row.traceparent, row.body)


async def tell_banks(context: ServiceContext) -> None:
    """The task that moves messages on to the banks, until cancelled."""

    async def forward_and_relay() -> bool:
        forwarded = await forward(context)
        if forwarded:
            context.relay.poke()
        return forwarded == LIMIT

    await keep_running(forward_and_relay, context.log, "messages to banks", rest_s=POLL_S, pause_s=POLL_S)
