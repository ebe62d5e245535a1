"""What is to leave, kept in the database: intended with the message, taken, and recorded with its outcome."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.notify.deliveries.domain import (
    LEASE,
    STALE,
    ChannelKind,
    Delivery,
    DeliveryOutcome,
    DeliveryState,
    DeliveryTarget,
    Parcel,
    gathered,
)
from services.notify.messages.routing import Message
from shared.database.connection import Connection
from shared.database.locks import Lock, wait_for

_INTEND = text(
    """
    insert into deliveries
      (id, message_id, recipient, channel, address, urgent, state, next_at, written_at, changed_at)
    select cast(md5(concat(m.id, c.channel, c.address)) as uuid), m.id, m.recipient, c.channel, c.address,
      m.urgent, 'waiting', m.at + m.gathered, m.at, m.at
    from (
      select id, recipient, urgent, gathered, greatest(occurred_at, :at) as at from unnest(
        cast(:ids as uuid[]), cast(:recipients as text[]), cast(:urgent as boolean[]),
        cast(:gathered as interval[]), cast(:times as timestamptz[])
      ) as t (id, recipient, urgent, gathered, occurred_at)
    ) as m
    join contacts c on c.recipient = m.recipient
    where c.channel = any(cast(:channels as text[])) and (m.urgent or not c.urgent_only)
      and c.gone_at is null
    on conflict do nothing
    """
)
_EARLIER = text(
    """
    select id, occurred_at from messages m
    where recipient = :recipient and occurred_at > :since
      and not exists (select 1 from deliveries d where d.message_id = m.id)
    """
)
_LEASED = """
    ), taken as (
      update deliveries d set state = 'sending', next_at = :lease, attempts = d.attempts + 1, changed_at = :at
      from due where d.id = due.id returning d.*
    )
    select t.id, t.message_id, m.appeal_id, m.registration_number, t.recipient, t.channel, t.address,
      c.secret, t.urgent, m.template, m.language, m.subject, m.body, m.occurred_at, t.written_at, t.attempts,
      t.parcel, m.traceparent
    from taken t join messages m on m.id = t.message_id
    left join contacts c on c.recipient = t.recipient and c.channel = t.channel and c.address = t.address
"""
_TAKE = text(
    f"""
    with due as (
      select id from deliveries
      where state in ('waiting', 'sending') and urgent = any(cast(:urgent as boolean[])) and next_at <= :at
        and channel = any(cast(:channels as text[]))
      order by urgent desc, next_at, parcel, id limit :limit
    {_LEASED}
    """
)
_TAKE_REST = text(
    f"""
    with due as (
      select id from deliveries
      where parcel = any(cast(:parcels as uuid[])) and state in ('waiting', 'sending') and next_at <= :at
    {_LEASED}
    """
)
_ALONE = wait_for(Lock.TAKE_PARCELS)  # a parcel must not be taken in two halves
_PACK = text(
    """
    update deliveries d set parcel = p.parcel
    from unnest(cast(:ids as uuid[]), cast(:parcels as uuid[])) as p (id, parcel) where p.id = d.id
    """
)
_CALLS = text(
    """
    select d.channel, d.address, count(distinct d.parcel) as calls
    from deliveries d
    join unnest(cast(:channels as text[]), cast(:addresses as text[])) as p (channel, address)
      on p.channel = d.channel and p.address = d.address
    where d.changed_at > :since and d.state in ('sent', 'delivered')
    group by d.channel, d.address
    """
)
_PUT_BACK = text(
    """
    update deliveries set state = 'waiting', next_at = :until, attempts = attempts - 1,
      parcel = case when attempts > 1 then parcel end
    where id = any(cast(:ids as uuid[])) and state = 'sending'
    """
)
_RECORD = text(
    """
    with result as (
      select * from unnest(
        cast(:ids as uuid[]), cast(:parcels as uuid[]), cast(:states as text[]),
        cast(:nexts as timestamptz[]), cast(:outcomes as text[]), cast(:codes as text[]),
        cast(:reasons as text[]), cast(:providers as text[]), cast(:segments as int[]),
        cast(:polls as timestamptz[])
      ) as t (id, parcel, state, next, outcome, code, reason, provider_id, segments, poll_at)
    ), kept as (
      insert into attempts (delivery_id, at, outcome, code, reason, provider_id, segments)
      select id, cast(:at as timestamptz), outcome, code, reason, provider_id, segments from result
    )
    update deliveries d set state = r.state, parcel = r.parcel, next_at = coalesce(r.next, d.next_at),
      outcome = r.outcome, code = r.code, reason = r.reason, provider_id = r.provider_id,
      changed_at = cast(:at as timestamptz), poll_at = r.poll_at, polls = 0
    from result r where d.id = r.id
    """
)
_HOLD = text(
    """
    update deliveries d set next_at = greatest(d.next_at, t.until)
    from unnest(cast(:channels as text[]), cast(:addresses as text[]), cast(:untils as timestamptz[]))
      as t (channel, address, until)
    where d.channel = t.channel and d.address = t.address and d.state = 'waiting'
    """
)
_GONE = text(
    """
    update contacts c set gone_at = :at
    from unnest(cast(:channels as text[]), cast(:addresses as text[])) as t (channel, address)
    where c.channel = t.channel and c.address = t.address and c.gone_at is null
    """
)
_KNOWN = text("select 1 from deliveries where channel = :channel and provider_id = :provider_id limit 1")
_RECEIVED = text(
    """
    with said as (
      select cast(:at as timestamptz) as at, cast(:outcome as text) as outcome, cast(:code as text) as code
    ), found as (
      update deliveries d set changed_at = said.at, outcome = said.outcome, code = said.code,
        state = case when said.outcome = 'delivered' then 'delivered' else 'failed' end, poll_at = null
      from said
      where d.channel = :channel and d.provider_id = :provider_id and d.state in ('sent', 'failed')
        and d.outcome is distinct from said.outcome
      returning d.id, d.message_id, d.provider_id
    ), kept as (
      insert into attempts (delivery_id, at, outcome, code, provider_id)
      select found.id, said.at, said.outcome, said.code, found.provider_id from found, said
    )
    select f.id, m.id as message_id, m.appeal_id, m.registration_number, m.recipient, m.template
    from found f join messages m on m.id = f.message_id
    """
)


class AttemptResult(NamedTuple):
    """What came of one attempt at one delivery; `next_at` where it will be tried again.

    `poll_at`: when to ask for its receipt. `held_until`: until when its address wants to be let alone.
    """

    delivery: Delivery
    parcel: UUID
    outcome: DeliveryOutcome
    next_at: datetime | None = None
    code: str | None = None
    reason: str | None = None
    provider_id: str | None = None
    segments: int | None = None
    poll_at: datetime | None = None
    held_until: datetime | None = None
    is_gone: bool = False

    @property
    def place(self) -> DeliveryTarget:
        """Where it went."""
        return DeliveryTarget(self.delivery.channel, self.delivery.address)

    @property
    def state(self) -> DeliveryState:
        """How the delivery stands after it."""
        if self.outcome == DeliveryOutcome.SENT:
            return DeliveryState.SENT
        return DeliveryState.FAILED if self.next_at is None else DeliveryState.WAITING


class MessageToSend(NamedTuple):
    """A message that is to leave."""

    id: UUID
    recipient: str
    urgent: bool
    occurred_at: datetime


async def intend(
    conn: Connection, at: datetime, messages: Iterable[Message], channels: Sequence[ChannelKind]
) -> None:
    """Write with the messages themselves that they are to leave, for each address of their recipients.

    None was written before it occurred, even where this service's clock is behind.
    """
    fresh = [
        MessageToSend(one.id, one.recipient, one.urgent, one.occurred_at)
        for one in messages
        if one.occurred_at > at - STALE
    ]
    await _intend(conn, at, fresh, channels)


async def intend_earlier(
    conn: Connection, at: datetime, recipient: str, channels: Sequence[ChannelKind]
) -> None:
    """The same for what a recipient was told before an address of it was known; it is not urgent any more."""
    rows = await conn.execute(_EARLIER, {"recipient": recipient, "since": at - STALE})
    found = [MessageToSend(row.id, recipient, False, row.occurred_at) for row in rows]
    await _intend(conn, at, found, channels)


async def _intend(
    conn: Connection, at: datetime, found: Sequence[MessageToSend], channels: Sequence[ChannelKind]
) -> None:
    if found and channels:
        await conn.execute(
            _INTEND,
            {
                "at": at,
                "ids": [one.id for one in found],
                "recipients": [one.recipient for one in found],
                "urgent": [one.urgent for one in found],
                "gathered": [gathered(one.recipient) for one in found],
                "times": [one.occurred_at for one in found],
                "channels": list(channels),
            },
        )


async def take(
    conn: Connection, at: datetime, channels: Sequence[ChannelKind], limit: int, *, quiet: bool
) -> list[Delivery]:
    """Lease what is due, the urgent first; in quiet hours that alone. A lease that ended counts as due.

    Parcels already made are taken whole, beyond `limit` if need be.
    """
    await conn.execute(_ALONE)
    lease = {"at": at, "lease": at + LEASE}
    urgent = [True] if quiet else [True, False]
    values = lease | {"channels": list(channels), "limit": limit, "urgent": urgent}
    found = [_outgoing(row) for row in await conn.execute(_TAKE, values)]
    if made := {one.parcel for one in found} - {None}:
        rest = await conn.execute(_TAKE_REST, lease | {"parcels": list(made)})
        found += [_outgoing(row) for row in rest]
    return found


def _outgoing(row: Any) -> Delivery:
    return Delivery.model_validate(dict(row))


async def pack(conn: Connection, found: Iterable[Parcel]) -> None:
    """Keep what goes together, before it is tried."""
    pairs = [(part.id, parcel.id) for parcel in found for part in parcel.parts if part.parcel is None]
    if pairs:
        ids, parcels = zip(*pairs, strict=True)
        await conn.execute(_PACK, {"ids": list(ids), "parcels": list(parcels)})


async def calls(
    conn: Connection, since: datetime, places: Sequence[DeliveryTarget]
) -> dict[DeliveryTarget, int]:
    """How many calls went to each of these places since then."""
    rows = await conn.execute(_CALLS, {"since": since, **_places(places)})
    return {DeliveryTarget(ChannelKind(row.channel), row.address): row.calls for row in rows}


async def put_back(conn: Connection, deliveries: Iterable[Delivery], until: datetime) -> None:
    """Give back what was taken and not tried: due again at `until`, in a new parcel if it never was tried."""
    await conn.execute(_PUT_BACK, {"until": until, "ids": [one.id for one in deliveries]})


async def record(conn: Connection, at: datetime, results: Sequence[AttemptResult]) -> None:
    """Keep what came of each attempt, as evidence and as the delivery's state."""
    await conn.execute(
        _RECORD,
        {
            "at": at,
            "ids": [one.delivery.id for one in results],
            "parcels": [one.parcel for one in results],
            "states": [one.state for one in results],
            "nexts": [one.next_at for one in results],
            "outcomes": [one.outcome for one in results],
            "codes": [one.code for one in results],
            "reasons": [one.reason for one in results],
            "providers": [one.provider_id for one in results],
            "segments": [one.segments for one in results],
            "polls": [one.poll_at for one in results],
        },
    )


async def hold(conn: Connection, at: datetime, results: Sequence[AttemptResult]) -> None:
    """Let alone the addresses that ask for it, and for good those that are no more."""
    if held := {one.place: one.held_until for one in results if one.held_until is not None}:
        await conn.execute(_HOLD, _places(held) | {"untils": list(held.values())})
    if gone := {one.place for one in results if one.is_gone}:
        await conn.execute(_GONE, _places(gone) | {"at": at})


def _places(places: Iterable[DeliveryTarget]) -> dict[str, Any]:
    found = list(places)
    return {"channels": [one.channel for one in found], "addresses": [one.address for one in found]}


async def knows(conn: Connection, channel: ChannelKind, provider_id: str) -> bool:
    """Whether something went out under this id of the provider's."""
    values = {"channel": channel, "provider_id": provider_id}
    return (await conn.execute(_KNOWN, values)).scalar() is not None


async def receive(
    conn: Connection,
    at: datetime,
    channel: ChannelKind,
    provider_id: str,
    outcome: DeliveryOutcome,
    code: str,
) -> list[Any]:
    """Keep a provider's receipt: delivered, or failed after all. What it changed: nothing the second time."""
    values = {"at": at, "channel": channel, "provider_id": provider_id, "outcome": outcome, "code": code}
    return (await conn.execute(_RECEIVED, values)).all()
