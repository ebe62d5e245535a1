"""Allowances in the database: how often something was done in a span of time.

A value, such as a phone, is kept as a keyed hash: nobody finds it by trying all phones.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from shared.database.connection import Connection

KEPT = timedelta(days=2)

_USE = text(
    """
    insert into allowances (key, began_at, used) values (:key, :began_at, 1)
    on conflict (key, began_at) do update set used = allowances.used + 1 returning used
    """
)
_FORGET = text("delete from allowances where began_at < :before")


class Allowance(NamedTuple):
    """So many uses in a span of time, for each value of a purpose."""

    purpose: str
    most: int
    span: timedelta


async def use(conn: Connection, at: datetime, allowance: Allowance, value: str) -> datetime | None:
    """Use an allowance once; where it is used up, returns when there is a new one."""
    span_s = allowance.span.total_seconds()
    began_at = datetime.fromtimestamp(at.timestamp() // span_s * span_s, UTC)
    key = conn.ring.index(f"allowance {allowance.purpose}", value)
    used: int = (await conn.execute(_USE, {"key": key, "began_at": began_at})).scalar_one()
    if used == 1:
        await conn.execute(_FORGET, {"before": at - KEPT})
    return began_at + allowance.span if used > allowance.most else None
