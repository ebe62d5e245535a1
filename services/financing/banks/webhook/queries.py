"""Reads and writes the webhook of each bank, and the calls of it that wait or were made."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.financing.contract import PushedRequest, RequestWithdrawn
from services.financing.stored import ENDPOINT_SECRET, message_of, secrets_of
from shared.database.connection import Connection
from shared.database.rows import ManyRows

LEASE = timedelta(minutes=2)
"""How long a call that was taken belongs to the process that took it."""

_WAYS = text("select bank->'ways' as ways from banks where code = :bank")
_ENDPOINT = text("select url, disabled_at, old_until from bank_endpoints where bank = :bank")
_WAS_DISABLED = text("select disabled_at is not null from bank_endpoints where bank = :bank for update")
_SAVE_ENDPOINT = text(
    """
    insert into bank_endpoints as e (bank, url, secret, secret_at) values (:bank, :url, :secret, :at)
    on conflict (bank) do update set url = excluded.url, disabled_at = null,
      called_at = case when e.url = excluded.url then e.called_at end,
      status = case when e.url = excluded.url then e.status end,
      reason = case when e.url = excluded.url then e.reason end
    returning secret = :secret as is_new
    """
)
_FAILED_AGAIN = text(
    """
    update bank_deliveries set state = 'waiting', attempts = 0, next_at = :at, changed_at = :at
    where bank = :bank and state = 'failed' returning seq
    """
)
_CALL_AGAIN = text(
    """
    update bank_deliveries set state = 'waiting', attempts = 0, next_at = :at, changed_at = :at
    where seq = any(cast(:seqs as bigint[])) and state = 'failed'
    """
)
_MAKE_WAITING_DUE = text("update bank_deliveries set next_at = :at where bank = :bank and state = 'waiting'")
_ROTATE_SECRET = text(
    """
    update bank_endpoints set old_secret = secret, old_until = :until, secret = :secret, secret_at = :at
    where bank = :bank returning old_until
    """
)
_DISABLE = text(
    """
    update bank_endpoints set disabled_at = coalesce(disabled_at, :at) where bank = :bank and url = :url
    returning bank
    """
)
_NOTE_CALL = text(
    """
    update bank_endpoints set called_at = :at, status = :status, reason = :reason
    where bank = :bank and url = :url
    """
)
_DELIVERIES = text(
    """
    select d.seq, cast(d.message_id as text) as message_id, m.type, m.leg, m.occurred_at, d.state, d.attempts,
      case when d.state = 'waiting' then d.next_at end as next_at, d.changed_at, d.status, d.reason
    from bank_deliveries d join bank_messages m on m.seq = d.seq
    where d.bank = :bank and d.seq > :after and d.state = any(cast(:states as text[]))
    order by d.seq limit :limit
    """
)
_REPLAY = text(
    """
    update bank_deliveries d set state = 'waiting', attempts = 0, next_at = :at, changed_at = :at
    from bank_messages m
    where m.seq = d.seq and d.bank = :bank and m.occurred_at >= :since and m.occurred_at < :before
      and d.state = any(cast(:states as text[]))
    returning d.seq
    """
)
_DUE_BANKS = text(
    """
    select distinct d.bank from bank_deliveries d join bank_endpoints e on e.bank = d.bank
    where d.state in ('waiting', 'sending') and d.next_at <= :at and e.disabled_at is null
    """
)
_TAKE = text(
    """
    with withdrawn as (
      update bank_deliveries d set state = 'stopped', changed_at = :at
      from bank_messages m
      where m.seq = d.seq and d.bank = :bank and d.state = 'waiting' and m.type = :request
        and (m.dropped_at is not null or exists (
          select 1 from bank_messages w where w.leg = m.leg and w.type = :withdrawal))
      returning d.seq
    ), due as (
      select d.seq from bank_deliveries d join bank_endpoints e on e.bank = d.bank
      where d.bank = :bank and d.state in ('waiting', 'sending') and d.next_at <= :at
        and e.disabled_at is null and d.seq not in (select seq from withdrawn)
        and not exists (
          select 1 from bank_deliveries b
          where b.bank = d.bank and b.request = d.request and b.seq < d.seq
            and b.state in ('waiting', 'sending') and b.seq not in (select seq from withdrawn))
      order by d.seq limit :limit for update of d skip locked
    ), taken as (
      update bank_deliveries d set state = 'sending', attempts = d.attempts + 1, next_at = :lease,
        changed_at = :at
      from due where d.seq = due.seq returning d.seq, d.message_id, d.attempts
    ), leaving as (
      update bank_messages m set sent_at = coalesce(m.sent_at, :at) from taken t where m.seq = t.seq
    )
    select t.seq, t.message_id, t.attempts, m.type, m.occurred_at, m.traceparent, m.body, m.leg, e.url,
      array_remove(array[e.secret, case when e.old_until > :at then e.old_secret end], null) as secrets
    from taken t join bank_messages m on m.seq = t.seq join bank_endpoints e on e.bank = m.bank
    order by t.seq
    """
)
_RECORD = ManyRows(
    """
    update bank_deliveries d set state = t.state, next_at = coalesce(t.next_at, d.next_at), changed_at = :at,
      status = t.status, reason = t.reason
    from {rows} where d.seq = t.seq and d.state = 'sending'
    """,
    {"seq": "bigint", "state": "text", "next_at": "timestamptz", "status": "int", "reason": "text"},
)


class WebhookCall(NamedTuple):
    """One message that is being sent to one bank's webhook. `secrets` sign it: the newest and, for a day,
    the one before.
    """

    seq: int
    message_id: UUID
    attempts: int
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str
    leg: str
    url: str
    secrets: list[str]


class SavedEndpoint(NamedTuple):
    """What saving an endpoint did: whether it is the bank's first, and how many calls are made anew."""

    is_new: bool
    again: int


class CallResult(NamedTuple):
    """What came of one attempt at a call; `next_at` is None where none follows."""

    seq: int
    state: str
    next_at: datetime | None
    status: int | None
    reason: str


async def ways(conn: Connection, bank: str) -> list[str] | None:
    """The integrations of a bank; None where the directory has no such bank."""
    bank_ways: list[str] | None = (await conn.execute(_WAYS, {"bank": bank})).scalar()
    return bank_ways


async def endpoint(conn: Connection, bank: str) -> dict[str, Any] | None:
    """Where a bank is called: `url`, `disabled_at` and `old_until`, without secrets."""
    row = (await conn.execute(_ENDPOINT, {"bank": bank})).one_or_none()
    return None if row is None else dict(row)


async def save_endpoint(conn: Connection, bank: str, url: str, secret: str, at: datetime) -> SavedEndpoint:
    """Call the bank at `url` from now on. What waits is due, and what failed where the bank had said 410."""
    was_disabled = (await conn.execute(_WAS_DISABLED, {"bank": bank})).scalar()
    values = {"bank": bank, "url": url, "secret": conn.cell(ENDPOINT_SECRET, bank).encrypt(secret), "at": at}
    row = (await conn.execute(_SAVE_ENDPOINT, values)).one()
    await conn.execute(_MAKE_WAITING_DUE, {"bank": bank, "at": at})
    again = (await conn.execute(_FAILED_AGAIN, {"bank": bank, "at": at})).all() if was_disabled else []
    return SavedEndpoint(is_new=row.is_new, again=len(again))


async def rotate_secret(conn: Connection, bank: str, secret: str, at: datetime, until: datetime) -> bool:
    """Sign with `secret`, and with the secret before it `until` then. False where there is no endpoint."""
    encrypted = conn.cell(ENDPOINT_SECRET, bank).encrypt(secret)
    values = {"bank": bank, "secret": encrypted, "at": at, "until": until}
    return (await conn.execute(_ROTATE_SECRET, values)).one_or_none() is not None


async def note_call(conn: Connection, bank: str, url: str, last: CallResult, at: datetime) -> None:
    """Keep what the bank's address answered last."""
    values = {"at": at, "bank": bank, "url": url, "status": last.status, "reason": last.reason}
    await conn.execute(_NOTE_CALL, values)


async def disable(conn: Connection, bank: str, url: str, at: datetime) -> bool:
    """Call the bank at `url` no more; messages wait until it has a new endpoint. False where it has one."""
    return bool((await conn.execute(_DISABLE, {"at": at, "bank": bank, "url": url})).all())


async def call_again(conn: Connection, seqs: Collection[int], at: datetime) -> None:
    """Make calls that failed anew."""
    await conn.execute(_CALL_AGAIN, {"seqs": list(seqs), "at": at})


async def deliveries(
    conn: Connection, bank: str, states: Sequence[str], *, after: int, limit: int
) -> list[dict[str, Any]]:
    """The next calls of a bank in one of `states`, in their order."""
    values = {"bank": bank, "states": list(states), "after": after, "limit": limit}
    return [dict(row) for row in await conn.execute(_DELIVERIES, values)]


async def replay(
    conn: Connection, bank: str, states: Sequence[str], since: datetime, before: datetime, at: datetime
) -> int:
    """Have messages that occurred from `since` up to, without, `before` called again; returns how many."""
    values = {"bank": bank, "states": list(states), "since": since, "before": before, "at": at}
    return len((await conn.execute(_REPLAY, values)).all())


async def banks_with_due_calls(conn: Connection, at: datetime) -> list[str]:
    """The banks that a call is due for at `at`."""
    return list((await conn.execute(_DUE_BANKS, {"at": at})).scalars())


async def take_due(conn: Connection, bank: str, at: datetime, limit: int) -> list[WebhookCall]:
    """Take up to `limit` due calls of a bank for `LEASE`, the first of each loan request alone.

    Requests that were withdrawn meanwhile are stopped. A call whose lease has ended is taken again.
    """
    values = {
        "bank": bank,
        "at": at,
        "lease": at + LEASE,
        "limit": limit,
        "request": PushedRequest.type,
        "withdrawal": RequestWithdrawn.type,
    }
    rows = await conn.execute(_TAKE, values)
    return [_call(conn, bank, row) for row in rows]


def _call(conn: Connection, bank: str, row: Any) -> WebhookCall:
    """A call with its body and its secrets decrypted."""
    secrets = secrets_of(conn, ENDPOINT_SECRET, bank, row.secrets)
    return WebhookCall(**{**row, "body": message_of(conn, row.leg, row.body), "secrets": secrets})


async def record(conn: Connection, results: Collection[CallResult], at: datetime) -> None:
    """Write what came of calls that were taken."""
    await _RECORD.execute(conn, results, at=at)
