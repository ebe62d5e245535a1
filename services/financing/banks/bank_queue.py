"""What the window tells banks leaves here: to a bank's topic through the outbox, to its webhook by its queue.

`bank_messages.sent_at` says when a message began to leave; one to a desk leaves when the bank reads it.
"""

import asyncio
from typing import Any

from sqlalchemy import text

from services.financing.banks.kafka.receipts import requests
from services.financing.contract import PushedRequest, RequestWithdrawn
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.database.locks import Lock, take
from shared.messaging.outbox import Message, forget, publish
from shared.service.service import ServiceContext

POLL_S = 0.2
LIMIT = 500

_ALONE = take(Lock.FORWARD_MESSAGES)  # two at once would mix a bank's order up
_FORWARD = text(
    """
    with due as (
      select m.*, b.bank->'ways' as ways
      from bank_messages m join banks b on b.code = m.bank
      where m.sent_at is null and m.dropped_at is null and (
        b.bank->'ways' ? 'kafka'
        or b.bank->'ways' ? 'webhook' and not exists (select 1 from bank_deliveries d where d.seq = m.seq))
      order by m.seq limit :limit for update of m
    ), sent as (
      update bank_messages m set sent_at = :at from due where m.seq = due.seq and due.ways ? 'kafka'
    ), queued as (
      insert into bank_deliveries (seq, message_id, bank, request, state, next_at, changed_at)
      select seq, message_id, bank, split_part(leg, '/', 1), 'waiting', :at, :at
      from due where ways ? 'webhook' on conflict do nothing
    )
    select message_id, bank, leg, type, occurred_at, traceparent, body, ways ? 'kafka' as by_kafka, case
      when type = :withdrawal then array(
        select p.message_id from bank_messages p where p.leg = due.leg and p.type = :request)
      else '{}' end as withdrawn
    from due order by seq
    """
)


async def forward(context: ServiceContext) -> int:
    """Send on what waits; returns how many messages. Where another replica is at it: none.

    A request that was withdrawn is not kept to be sent again to a broker that lost it.
    """
    async with context.engine.begin() as conn:
        if not (await conn.execute(_ALONE)).scalar_one():
            return 0
        values = {
            "at": await context.clock.stamp(conn),
            "limit": LIMIT,
            "request": PushedRequest.type,
            "withdrawal": RequestWithdrawn.type,
        }
        rows = (await conn.execute(_FORWARD, values)).all()
        if withdrawn := [event_id for row in rows for event_id in row.withdrawn]:
            await forget(conn, withdrawn)
        await publish(conn, [_message(row) for row in rows if row.by_kafka])
    return len(rows)


def _message(row: Any) -> Message:
    number = row.leg.partition("/")[0]
    return Message(
        row.message_id, requests(row.bank), number, row.type, row.occurred_at, row.traceparent, row.body
    )


async def tell_banks(context: ServiceContext) -> None:
    """The task that sends on what banks are told, until cancelled."""
    while True:
        try:
            sent = await forward(context)
        except DATABASE_ERRORS as error:
            if not is_transient(error):
                raise
            context.log.warning("messages to banks wait for the database", reason=repr(error))
            sent = 0
        if sent:
            context.relay.poke()
        if sent < LIMIT:
            await asyncio.sleep(POLL_S)
