"""Messages that wait for banks: queued, dropped, moved on, erased."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.financing.contract import BANK_MESSAGES, PushedRequest, RequestWithdrawn
from services.financing.stored import MESSAGE, message_of
from shared.database.connection import Connection
from shared.database.locks import Lock, take
from shared.database.rows import ManyRows
from shared.encryption.fields import erased
from shared.messaging.outbox import forget_others

_DROP_REQUESTS = text(
    """
    update bank_messages set dropped_at = :at
    where leg = any(cast(:legs as text[])) and type = :request and sent_at is null and dropped_at is null
    """
)
_ADD_MESSAGES = ManyRows(
    """
    insert into bank_messages (bank, message_id, type, leg, occurred_at, traceparent, body)
    select bank, gen_random_uuid(), type, leg, :at, traceparent, body from {rows}
    where type <> :withdrawal or not exists (
      select 1 from bank_messages m where m.leg = t.leg and m.type = :request and m.dropped_at is not null
    )
    order by position
    """,
    {"bank": "text", "type": "text", "leg": "text", "body": "text", "traceparent": "text"},
    numbered=True,
)
_MAY_FORWARD = take(Lock.FORWARD_MESSAGES)  # two at once would mix up the order of a bank's messages
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
_MESSAGES_OF = text(
    "select seq, type, leg, body from bank_messages where leg like :legs order by seq for update"
)
_SAVE_MESSAGES = ManyRows(
    "update bank_messages m set body = t.body from {rows} where m.seq = t.seq",
    {"seq": "bigint", "body": "text"},
)


class QueuedMessage(NamedTuple):
    """A message to a bank that is moved on."""

    message_id: UUID
    bank: str
    leg: str
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str
    by_kafka: bool
    withdrawn: list[UUID]


async def drop_requests(conn: Connection, legs: Sequence[str], at: datetime) -> None:
    """Drop the requests on these legs that have not begun to leave."""
    await conn.execute(_DROP_REQUESTS, {"legs": list(legs), "at": at, "request": PushedRequest.type})


async def add_messages(conn: Connection, rows: Collection[Mapping[str, Any]], at: datetime) -> None:
    """Queue messages to banks in this order. A withdrawal is left out where its request was dropped."""
    stored = [{**row, "body": conn.cell(MESSAGE, row["leg"]).encrypt(row["body"])} for row in rows]
    await _ADD_MESSAGES.execute(
        conn, stored, at=at, request=PushedRequest.type, withdrawal=RequestWithdrawn.type
    )


async def erase_messages(conn: Connection, number: str) -> None:
    """Take personal data out of what banks were told of a loan request; nothing of it is sent again."""
    rows = (await conn.execute(_MESSAGES_OF, {"legs": f"{number}/%"})).all()
    without = [
        (
            row.seq,
            conn.cell(MESSAGE, row.leg).encrypt(_without(row.type, message_of(conn, row.leg, row.body))),
        )
        for row in rows
    ]
    if without:
        await _SAVE_MESSAGES.execute(conn, without)
    await forget_others(conn, number)


def _without(type_: str, body: str) -> str:
    message, _ = erased(BANK_MESSAGES[type_].model_validate_json(body))
    return message.model_dump_json()


async def may_forward(conn: Connection) -> bool:
    """Whether this transaction may move messages on; False where another one is doing so."""
    return bool((await conn.execute(_MAY_FORWARD)).scalar_one())


async def forward(conn: Connection, at: datetime, limit: int) -> list[QueuedMessage]:
    """Up to `limit` messages, marked as sent where they leave by Kafka (`by_kafka`), queued for a webhook.

    `withdrawn` are the ids of the requests that a withdrawal takes back.
    """
    values = {"at": at, "limit": limit, "request": PushedRequest.type, "withdrawal": RequestWithdrawn.type}
    rows = await conn.execute(_FORWARD, values)
    return [QueuedMessage(**{**row, "body": message_of(conn, row.leg, row.body)}) for row in rows]
