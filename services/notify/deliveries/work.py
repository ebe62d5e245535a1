"""Deliveries in the database: leased by workers, saved with their outcomes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.addresses import address_of, index, secret_of
from services.notify.deliveries.domain import (
    LEASE,
    AttemptResult,
    ChannelKind,
    Delivery,
    DeliveryTarget,
)
from services.notify.deliveries.parcels import Parcel
from services.notify.messages.stored import body_of
from shared.database.connection import Connection
from shared.database.locks import Lock, wait_for
from shared.database.rows import ManyRows

_LEASED = """
    ), taken as (
      update deliveries d set state = 'sending', next_at = :lease, attempts = d.attempts + 1, changed_at = :at
      from due where d.id = due.id returning d.*
    )
    select t.id, t.message_id, m.appeal_id, m.registration_number, a.file->>'pack' as pack,
      t.recipient, t.channel, t.address,
      c.secret, t.urgent, m.template, m.language, m.subject, m.body, m.occurred_at, t.written_at, t.attempts,
      t.parcel, m.traceparent
    from taken t join messages m on m.id = t.message_id left join appeals a on a.appeal_id = m.appeal_id
    left join contacts c on c.recipient = t.recipient and c.channel = t.channel
      and (c.address_index = t.address_index or c.address = t.address)
"""
# A replica of an earlier version writes no index; within seconds `notify.encrypted` makes it.
_LEASE_DUE = text(
    f"""
    with due as (
      select id from deliveries
      where state in ('waiting', 'sending') and urgent = any(cast(:urgent as boolean[])) and next_at <= :at
        and channel = any(cast(:channels as text[]))
        and (cast(:wakes_until as timestamptz) is null or due_at is null or due_at <= :wakes_until)
      order by urgent desc, next_at, parcel, id limit :limit
    {_LEASED}
    """
)
_LEASE_PARCELS = text(
    f"""
    with due as (
      select id from deliveries
      where parcel = any(cast(:parcels as uuid[])) and state in ('waiting', 'sending') and next_at <= :at
    {_LEASED}
    """
)
_WAIT_FOR_OTHERS = wait_for(Lock.TAKE_PARCELS)  # two processes must not lease one half of a parcel each
_SAVE_PARCELS = ManyRows(
    "update deliveries d set parcel = t.parcel from {rows} where t.id = d.id",
    {"id": "uuid", "parcel": "uuid"},
)
_CALLS = ManyRows(
    """
    select d.channel, d.address_index, count(distinct d.parcel) as calls
    from deliveries d join {rows} on t.channel = d.channel and t.address_index = d.address_index
    where d.changed_at > :since and d.state in ('sent', 'delivered')
    group by d.channel, d.address_index
    """,
    {"channel": "text", "address_index": "text"},
)
_PUT_BACK = text(
    """
    update deliveries set state = 'waiting', next_at = :until, attempts = attempts - 1,
      parcel = case when attempts > 1 then parcel end
    where id = any(cast(:ids as uuid[])) and state = 'sending'
    """
)
_SAVE_RESULTS = ManyRows(
    """
    with result as (select * from {rows}), attempt as (
      insert into attempts (delivery_id, at, outcome, code, reason, provider_id, segments)
      select id, cast(:at as timestamptz), outcome, code, reason, provider_id, segments from result
    )
    update deliveries d set state = r.state, parcel = r.parcel, next_at = coalesce(r.next_at, d.next_at),
      outcome = r.outcome, code = r.code, reason = r.reason, provider_id = r.provider_id,
      changed_at = cast(:at as timestamptz), poll_at = r.poll_at, polls = 0
    from result r where d.id = r.id
    """,
    {
        "id": "uuid",
        "parcel": "uuid",
        "state": "text",
        "next_at": "timestamptz",
        "outcome": "text",
        "code": "text",
        "reason": "text",
        "provider_id": "text",
        "segments": "int",
        "poll_at": "timestamptz",
    },
)
_HOLD = ManyRows(
    """
    update deliveries d set next_at = greatest(d.next_at, t.until) from {rows}
    where d.channel = t.channel and d.address_index = t.address_index and d.state = 'waiting'
    """,
    {"channel": "text", "address_index": "text", "until": "timestamptz"},
)
_ADDRESS_GONE = ManyRows(
    """
    update contacts c set gone_at = :at from {rows}
    where c.channel = t.channel and c.address_index = t.address_index and c.gone_at is null
    """,
    {"channel": "text", "address_index": "text"},
)
_RESEND = text(
    """
    update deliveries set state = 'waiting', next_at = :at, written_at = :at, changed_at = :at,
      parcel = gen_random_uuid(), poll_at = null
    where id = :id and state = 'failed' returning cast(id as text), state, next_at
    """
)


async def lease_due(
    conn: Connection,
    at: datetime,
    channels: Collection[ChannelKind],
    limit: int,
    *,
    wakes_until: datetime | None,
) -> list[Delivery]:
    """Lease up to `limit` deliveries that are due, the urgent ones first. An expired lease counts as due.

    With `wakes_until`, in quiet hours, only urgent ones leave, and of what is due later than that none.

    Parcels that were made before are leased whole, beyond `limit` if need be.
    """
    await conn.execute(_WAIT_FOR_OTHERS)
    lease = {"at": at, "lease": at + LEASE}
    urgent = [True, False] if wakes_until is None else [True]
    values = lease | {
        "channels": list(channels),
        "limit": limit,
        "urgent": urgent,
        "wakes_until": wakes_until,
    }
    leased = [_delivery(conn, row) for row in await conn.execute(_LEASE_DUE, values)]
    if parcels := {delivery.parcel for delivery in leased} - {None}:
        rest = await conn.execute(_LEASE_PARCELS, lease | {"parcels": list(parcels)})
        leased += [_delivery(conn, row) for row in rest]
    return leased


def _delivery(conn: Connection, row: Any) -> Delivery:
    plain = {
        "address": address_of(conn, row.recipient, row.address),
        "secret": secret_of(conn, row.recipient, row.secret),
        "body": body_of(conn, row.message_id, row.body),
    }
    return Delivery.model_validate({**row, **plain})


async def save_parcels(conn: Connection, parcels: Iterable[Parcel]) -> None:
    """Save which deliveries go together, before they are tried."""
    if pairs := [(part.id, parcel.id) for parcel in parcels for part in parcel.parts if part.parcel is None]:
        await _SAVE_PARCELS.execute(conn, pairs)


async def calls_since(
    conn: Connection, since: datetime, targets: Iterable[DeliveryTarget]
) -> dict[DeliveryTarget, int]:
    """How many calls went to each of these targets since then."""
    by_index = {_indexed(conn, target): target for target in targets}
    rows = await _CALLS.execute(conn, by_index, since=since)
    return {by_index[row.channel, row.address_index]: row.calls for row in rows}


def _indexed(conn: Connection, target: DeliveryTarget) -> tuple[str, str]:
    return str(target.channel), index(conn, *target)


async def put_back(conn: Connection, leased: Iterable[Delivery], until: datetime) -> None:
    """Give back what was leased and not tried. It is due again at `until`.

    A delivery that was never tried leaves its parcel.
    """
    await conn.execute(_PUT_BACK, {"until": until, "ids": [delivery.id for delivery in leased]})


async def save_results(conn: Connection, at: datetime, results: Sequence[AttemptResult]) -> None:
    """Save attempts as evidence, and the state of their deliveries.

    Other deliveries to an address wait as long as its provider asked; an address that is no more gets none.
    """
    rows = [
        (
            result.delivery.id,
            result.parcel,
            result.state,
            result.next_at,
            result.outcome,
            result.code,
            result.reason,
            result.provider_id,
            result.segments,
            result.poll_at,
        )
        for result in results
    ]
    await _SAVE_RESULTS.execute(conn, rows, at=at)
    if held := {result.target: result.held_until for result in results if result.held_until is not None}:
        await _HOLD.execute(conn, [(*_indexed(conn, target), until) for target, until in held.items()])
    if gone := {result.target for result in results if result.is_gone}:
        await _ADDRESS_GONE.execute(conn, [_indexed(conn, target) for target in gone], at=at)


async def resend(conn: Connection, at: datetime, delivery_id: UUID) -> Any:
    """Make a failed delivery wait again, in a new parcel: id, state and next_at; None where none failed."""
    return (await conn.execute(_RESEND, {"id": delivery_id, "at": at})).one_or_none()
