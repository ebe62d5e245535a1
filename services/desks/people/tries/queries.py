"""Tries to sign in, counted by bucket, in the database."""

from datetime import datetime, timedelta

from sqlalchemy import text

from shared.database.connection import Connection

LONGEST_WAIT_S = 900
FORGOTTEN = timedelta(days=1)
"""A bucket in which nobody failed for so long begins anew."""
_TRY = text(
    """
    insert into sign_in_tries as t (bucket, failures, tried_at) values (:bucket, 1, :at)
    on conflict (bucket) do update set tried_at = :at, is_noted = false,
      failures = case when t.tried_at < :forgotten then 1 else t.failures + 1 end
    where t.tried_at < :forgotten or t.failures < :free
      or t.tried_at + make_interval(secs => least(power(2, least(t.failures - :free, 20)), :longest)) <= :at
    returning 1
    """
)
_WAIT = text(
    """
    select ceil(extract(epoch from tried_at - :at)
      + least(power(2, least(failures - :free, 20)), :longest)) as seconds
    from sign_in_tries where bucket = :bucket
    """
)
_NOTE_REFUSAL = text(
    "update sign_in_tries set is_noted = true where bucket = :bucket and not is_noted returning 1"
)
_UNDO_TRY = text("update sign_in_tries set failures = greatest(failures - :count, 0) where bucket = :bucket")
_FORGET_TRIES = text("delete from sign_in_tries where tried_at < :before")


async def take_try(conn: Connection, bucket: str, free: int, at: datetime) -> bool:
    """Take a try as a failure until it has succeeded; False where the bucket must wait."""
    values = {"free": free, "longest": LONGEST_WAIT_S, "bucket": bucket, "at": at}
    await conn.execute(_FORGET_TRIES, {"before": at - FORGOTTEN})
    return (await conn.execute(_TRY, {**values, "forgotten": at - FORGOTTEN})).scalar() is not None


async def wait_s(conn: Connection, bucket: str, free: int, at: datetime) -> int:
    """The seconds until a bucket gives the next try, at least one."""
    values = {"free": free, "longest": LONGEST_WAIT_S, "bucket": bucket, "at": at}
    return max(1, int((await conn.execute(_WAIT, values)).scalar() or 1))


async def note_refusal(conn: Connection, bucket: str) -> bool:
    """Whether a try is the first that a bucket refuses in its wait. The others write nothing."""
    return (await conn.execute(_NOTE_REFUSAL, {"bucket": bucket})).scalar() is not None


async def undo_try(conn: Connection, bucket: str, *, forget: bool) -> None:
    """What succeeded was no failure; `forget` those before it as well."""
    await conn.execute(_UNDO_TRY, {"bucket": bucket, "count": 1_000_000 if forget else 1})
