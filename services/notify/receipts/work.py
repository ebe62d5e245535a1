"""Receipts: what the SMS gateway says later of a message that it accepted. Each is saved once.

A receipt comes by itself (`api.py`) or is asked for (`polling.py`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.notify.channels.sms import ON_THE_WAY, RECEIPTS
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome
from shared.database.connection import Connection
from shared.events import NoticeFailed
from shared.messaging.outbox import Pending, publish
from shared.telemetry.context import traceparent

NO_RECEIPT = "NO_RECEIPT"
"""The code of the attempt that records that no receipt came."""

_KNOWN = text("select 1 from deliveries where channel = :channel and provider_id = :provider_id limit 1")
_SAVE = text(
    """
    with receipt as (
      select cast(:at as timestamptz) as at, cast(:outcome as text) as outcome, cast(:code as text) as code
    ), changed as (
      update deliveries d set changed_at = r.at, outcome = r.outcome, code = r.code,
        state = case when r.outcome = 'delivered' then 'delivered' else 'failed' end, poll_at = null
      from receipt r
      where d.channel = :channel and d.provider_id = :provider_id and d.state in ('sent', 'failed')
        and d.outcome is distinct from r.outcome
      returning d.id, d.message_id, d.provider_id
    ), attempt as (
      insert into attempts (delivery_id, at, outcome, code, provider_id)
      select c.id, r.at, r.outcome, r.code, c.provider_id from changed c, receipt r
    )
    select c.id, m.id as message_id, m.appeal_id, m.registration_number, m.recipient, m.template
    from changed c join messages m on m.id = c.message_id
    """
)
_LEASE_DUE = text(
    """
    with due as (
      select id, provider_id from deliveries where poll_at <= :at order by poll_at limit :most
      for update skip locked
    ), asked as (
      update deliveries d set polls = d.polls + 1,
        poll_at = cast(:at as timestamptz)
          + least(cast(:first as interval) * power(2, least(d.polls + 1, 20)), cast(:longest as interval))
      from due where d.id = due.id returning d.id, d.provider_id, d.changed_at
    )
    select provider_id, min(changed_at) as sent_at from asked group by provider_id
    """
)
_GIVE_UP = text(
    """
    with given_up as (
      update deliveries set poll_at = null
      where channel = 'sms' and provider_id = any(cast(:ids as text[])) and poll_at is not null returning id
    )
    insert into attempts (delivery_id, at, outcome, code, reason)
    select id, :at, 'temporary_failure', :code, 'the gateway has not said what became of it' from given_up
    """
)


async def is_known(conn: Connection, provider_id: str) -> bool:
    """Whether an SMS went out under this id of the provider's."""
    values = {"channel": ChannelKind.SMS, "provider_id": provider_id}
    return (await conn.execute(_KNOWN, values)).scalar() is not None


async def save(conn: Connection, at: datetime, provider_id: str, status: str) -> int:
    """Save a receipt, and publish which deliveries failed by it; returns how many deliveries it changed.

    A receipt that was saved before changes nothing.
    """
    if status in ON_THE_WAY:
        return 0
    outcome = RECEIPTS.get(status, DeliveryOutcome.TECHNICAL)
    values = {"at": at, "channel": ChannelKind.SMS, "outcome": outcome, "code": status}
    changed = (await conn.execute(_SAVE, values | {"provider_id": provider_id})).all()
    if outcome != DeliveryOutcome.DELIVERED:
        failed = [_notice_failed(row, at, outcome, status) for row in changed]
        await publish(conn, [Pending(event, traceparent()).row("notify") for event in failed])
    return len(changed)


async def lease_due(
    conn: Connection, at: datetime, most: int, first: timedelta, longest: timedelta
) -> dict[str, datetime]:
    """The provider's ids to ask about now, each with the time it was sent.

    Each is due again after `first`, doubled with every time that it was asked about, up to `longest`.
    """
    values = {"at": at, "most": most, "first": first, "longest": longest}
    return {row.provider_id: row.sent_at for row in await conn.execute(_LEASE_DUE, values)}


async def give_up(conn: Connection, at: datetime, provider_ids: Collection[str]) -> None:
    """Ask no more about these; an attempt of each delivery records that no receipt came."""
    await conn.execute(_GIVE_UP, {"ids": list(provider_ids), "at": at, "code": NO_RECEIPT})


def _notice_failed(row: Any, at: datetime, outcome: DeliveryOutcome, status: str) -> NoticeFailed:
    return NoticeFailed(
        occurred_at=at,
        appeal_id=row.appeal_id,
        registration_number=row.registration_number,
        message_id=row.message_id,
        recipient=row.recipient,
        channel=ChannelKind.SMS,
        template=row.template,
        outcome=outcome,
        reason=f"the gateway's receipt says {status}",
    )
