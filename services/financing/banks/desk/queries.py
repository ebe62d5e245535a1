"""Reads what a bank sees of its own legs at its desk, and marks the requests that it read as sent."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.financing.contract import PushedRequest, RequestWithdrawn
from services.financing.stored import message_of
from shared.database.connection import Connection

MOST_PLACES = 2_000
"""Messages that get their place at one reading: more than an answer has."""
_LEGS = """
    select l.leg, l.state, l.pushed_at, l.overdue, cast(l.deadlines as text) as deadlines,
      case when not exists (
        select 1 from bank_messages w where w.leg = l.leg and w.bank = l.bank and w.type = :withdrawal
      ) then m.body end as request
    from legs l left join bank_messages m on m.leg = l.leg and m.bank = l.bank and m.type = :request
    where l.bank = :bank and m.dropped_at is null
"""
_LEGS_OF_BANK = text(f"{_LEGS} and l.leg > :after order by l.leg limit :limit")
_LEG = text(f"{_LEGS} and l.leg = :leg")
_MARK_READ = text(
    """
    update bank_messages m set sent_at = :at from banks b
    where m.bank = :bank and m.leg = any(cast(:legs as text[])) and m.sent_at is null
      and m.dropped_at is null and b.code = m.bank and not b.bank->'ways' ?| array['kafka', 'webhook']
    """
)
_HAS_NO_PLACE = text(
    """
    select exists (select 1 from bank_messages where bank = :bank and place is null and dropped_at is null)
    """
)
_LOCK_BANK = text("select 1 from banks where code = :bank for no key update")
_GIVE_PLACES = text(
    """
    update bank_messages m set place = n.place from (
      select seq, row_number() over (order by seq) + (
          select coalesce(max(place), 0) from bank_messages where bank = :bank and place is not null
        ) as place
      from (
        select seq from bank_messages where bank = :bank and place is null and dropped_at is null
        order by seq limit :most
      ) waiting
    ) n where m.seq = n.seq
    """
)
_TOLD_AFTER = text(
    """
    select place, seq, message_id, type, leg, occurred_at, body from bank_messages m
    where bank = :bank and place > :after and dropped_at is null and not (type = :request and exists (
        select 1 from bank_messages w where w.leg = m.leg and w.bank = m.bank and w.type = :withdrawal))
    order by place limit :limit
    """
)
_MARK_TOLD = text(
    """
    update bank_messages m set sent_at = :at from banks b
    where m.bank = :bank and m.seq = any(cast(:seqs as bigint[])) and m.sent_at is null
      and m.dropped_at is null and b.code = m.bank and not b.bank->'ways' ?| array['kafka', 'webhook']
    """
)
_CASES = text("select distinct case_id from legs where leg = any(cast(:legs as text[]))")
_MESSAGES = text(
    """
    select type, occurred_at, body from bank_messages
    where bank = :bank and leg = :leg and type <> :request and dropped_at is null order by seq
    """
)
_RECEIPTS = text(
    """
    select cast(receipt as text) from reports where bank = :bank and leg = :leg
    order by reported_at, report_id
    """
)
_TYPES = {"request": PushedRequest.type, "withdrawal": RequestWithdrawn.type}


class ShownLeg(NamedTuple):
    """A leg of a bank; `request` is what pushed it, as JSON, None once it was withdrawn."""

    leg: str
    state: str
    pushed_at: datetime
    overdue: bool
    deadlines: str
    request: str | None


class ToldMessage(NamedTuple):
    """A message to a bank, at its place among those that it reads one after the other."""

    place: int
    seq: int
    message_id: UUID
    type: str
    leg: str
    occurred_at: datetime
    body: str


class LegMessage(NamedTuple):
    """What a bank was told of a leg after its request. `body` is JSON."""

    type: str
    occurred_at: datetime
    body: str


async def legs(conn: Connection, bank: str, *, after: str, limit: int) -> list[ShownLeg]:
    """The next legs of a bank by number, without the request of one that was withdrawn."""
    values = {"bank": bank, "after": after, "limit": limit}
    return [_with_request(conn, row) for row in await conn.execute(_LEGS_OF_BANK, values | _TYPES)]


def _with_request(conn: Connection, row: Any) -> ShownLeg:
    request = row.request and message_of(conn, row.leg, row.request)
    return ShownLeg(**{**row, "request": request})


async def leg(conn: Connection, bank: str, number: str) -> list[ShownLeg]:
    """The leg with this number, where it is the bank's."""
    rows = await conn.execute(_LEG, {"bank": bank, "leg": number} | _TYPES)
    return [_with_request(conn, row) for row in rows]


async def cases_of(conn: Connection, legs: Collection[str]) -> list[UUID]:
    """The loan requests of these legs."""
    return list((await conn.execute(_CASES, {"legs": list(legs)})).scalars())


async def told_after(conn: Connection, bank: str, after: int, limit: int) -> list[ToldMessage]:
    """The next messages to a bank after a place, in the order in which they were first found here.

    A message gets its place when the bank first reads so far: one that is written later comes later, whatever
    moment it tells of. Requests that were withdrawn are left out.
    """
    if (await conn.execute(_HAS_NO_PLACE, {"bank": bank})).scalar():
        await conn.execute(_LOCK_BANK, {"bank": bank})
        await conn.execute(_GIVE_PLACES, {"bank": bank, "most": MOST_PLACES})
    values = {"bank": bank, "after": after, "limit": limit}
    rows = await conn.execute(_TOLD_AFTER, values | _TYPES)
    return [ToldMessage(**{**row, "body": message_of(conn, row.leg, row.body)}) for row in rows]


async def mark_told(conn: Connection, bank: str, seqs: Collection[int], at: datetime) -> None:
    """Mark these messages as sent, where the desk is the bank's only integration."""
    await conn.execute(_MARK_TOLD, {"bank": bank, "seqs": list(seqs), "at": at})


async def mark_read(conn: Connection, bank: str, legs: Collection[str], at: datetime) -> None:
    """Mark messages on these legs as sent, where the desk is the bank's only integration."""
    await conn.execute(_MARK_READ, {"bank": bank, "at": at, "legs": list(legs)})


async def messages(conn: Connection, bank: str, leg: str) -> list[LegMessage]:
    """What the bank was told of its leg after the request: `type`, `occurred_at` and `body` as JSON text."""
    values = {"bank": bank, "leg": leg, "request": PushedRequest.type}
    rows = await conn.execute(_MESSAGES, values)
    return [LegMessage(row.type, row.occurred_at, message_of(conn, leg, row.body)) for row in rows]


async def receipts(conn: Connection, bank: str, leg: str) -> list[str]:
    """The receipts of the reports on a leg that were accepted, as JSON text."""
    return list((await conn.execute(_RECEIPTS, {"bank": bank, "leg": leg})).scalars())
