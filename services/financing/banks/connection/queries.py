"""Reads how the connection of one bank stands."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from services.financing.banks.kafka.topics import requests
from services.financing.contract import PushedRequest
from services.financing.stored import HEADERS, RAW
from shared.database.connection import Connection
from shared.messaging.parked import OUTBOX

_BANK = text("select bank from banks where code = :bank")
_REPLIES = text(
    """
    select partition, nullif(next_offset, 0) - 1 as last_offset, log_end,
      greatest(log_end - next_offset, 0) as lag, looked_at, complete_upto
    from bank_replies where bank = :bank order by partition
    """
)
_LAST_REPORT = text(
    """
    select report_id, leg, receipt->>'code' as code, reported_at as at from reports
    where bank = :bank order by reported_at desc, report_id desc limit 1
    """
)
_LAST_REQUEST = text(
    """
    select leg, message_id, occurred_at, sent_at from bank_messages m
    where bank = :bank and sent_at is not null and type = :request
      and not exists (select 1 from outbox o where o.event_id = m.message_id and o.sent_at is null)
    order by sent_at desc, seq desc limit 1
    """
)
_UNSENT = """
    select seq, occurred_at from bank_messages m
    where m.bank = :bank and m.sent_at is null and m.dropped_at is null
"""
_WAITING_ON_KAFKA = text(
    f"""
    select count(*) as messages, min(occurred_at) as since, cast(null as timestamptz) as next_at,
      cast(null as int) as status, 0 as failed, (
        select reason from parked where topic = :topic and cluster = :outbox and redriven_at is null
        order by id desc limit 1) as reason
    from (
      select occurred_at from ({_UNSENT}) unsent
      union all select occurred_at from outbox where sent_at is null and topic = :topic
    ) waiting
    """
)
_WAITING_FOR_WEBHOOK = text(
    f"""
    select count(*) as messages, min(m.occurred_at) as since, min(w.next_at) as next_at,
      (select count(*) from bank_deliveries where bank = :bank and state = 'failed') as failed,
      max(e.status) as status, max(e.reason) as reason
    from (
      select seq, cast(null as timestamptz) as next_at from ({_UNSENT}) unsent
      where not exists (select 1 from bank_deliveries d where d.seq = unsent.seq)
      union all select seq, next_at from bank_deliveries
      where bank = :bank and state in ('waiting', 'sending')
    ) w join bank_messages m on m.seq = w.seq left join (
      select status, reason from bank_deliveries
      where bank = :bank and state = 'waiting' and reason is not null order by changed_at desc limit 1
    ) e on true
    """
)
_WAITING_AT_DESK = text(
    f"""
    select count(*) as messages, min(occurred_at) as since, cast(null as timestamptz) as next_at,
      cast(null as int) as status, cast(null as text) as reason, 0 as failed
    from ({_UNSENT}) unsent
    """
)
_REFUSED = text(
    """
    select source_id, reported_at, receipt, size, headers, raw from unrecorded_reports
    where bank = :bank and raw is not null order by seq desc limit :limit
    """
)
_WEBHOOK = text(
    """
    select url, called_at, status, reason, disabled_at, secret_at, old_until from bank_endpoints
    where bank = :bank
    """
)


class RefusedReport(NamedTuple):
    """A report that was refused, as it was sent."""

    source_id: str | None
    reported_at: datetime
    receipt: dict[str, Any]
    size: int
    headers: dict[str, str | None] | None
    raw: bytes


async def bank(conn: Connection, code: str) -> dict[str, Any] | None:
    """The bank in the directory; None where there is none of this code."""
    body: dict[str, Any] | None = (await conn.execute(_BANK, {"bank": code})).scalar()
    return body


async def replies(conn: Connection, bank: str) -> list[Any]:
    """How far each partition of the bank's replies was read."""
    return (await conn.execute(_REPLIES, {"bank": bank})).all()


async def last_report(conn: Connection, bank: str) -> Any:
    """The last report that was accepted; None before the first."""
    return (await conn.execute(_LAST_REPORT, {"bank": bank})).one_or_none()


async def last_request(conn: Connection, bank: str) -> Any:
    """The last loan request that left; None before the first."""
    values = {"bank": bank, "request": PushedRequest.type}
    return (await conn.execute(_LAST_REQUEST, values)).one_or_none()


async def waiting_on_kafka(conn: Connection, bank: str) -> Any:
    """What waits for the broker, and the reason why it does not take one that was laid aside."""
    values = {"bank": bank, "topic": requests(bank), "outbox": OUTBOX}
    return (await conn.execute(_WAITING_ON_KAFKA, values)).one()


async def waiting_for_webhook(conn: Connection, bank: str) -> Any:
    """What waits for the bank's address."""
    return (await conn.execute(_WAITING_FOR_WEBHOOK, {"bank": bank})).one()


async def waiting_at_desk(conn: Connection, bank: str) -> Any:
    """What the bank has not read at its desk."""
    return (await conn.execute(_WAITING_AT_DESK, {"bank": bank})).one()


async def refused(conn: Connection, bank: str, limit: int) -> list[RefusedReport]:
    """The latest reports that were refused and whose content is kept, the newest first."""
    rows = await conn.execute(_REFUSED, {"bank": bank, "limit": limit})
    return [RefusedReport(**{**row, **_sent(conn, row)}) for row in rows]


def _sent(conn: Connection, row: Any) -> dict[str, Any]:
    """What the sender of a refused report wrote."""
    raw = conn.cell(RAW, row.source_id).decrypt_bytes(row.raw)
    return {"raw": raw, "headers": conn.cell(HEADERS, row.source_id).decrypted(row.headers)}


async def webhook(conn: Connection, bank: str) -> Any:
    """Where the bank is called and what it answered last; None without an address."""
    return (await conn.execute(_WEBHOOK, {"bank": bank})).one_or_none()
