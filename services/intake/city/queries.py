"""What is counted of the city's channels."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.connection import Connection
from shared.judging.sight import SEEN, Sight
from shared.rules.judging.state import CaseState

OPEN = (CaseState.REGISTERED, CaseState.DISPATCHED, CaseState.LIFTED)
COMPLETED = (CaseState.COMPLETED, CaseState.CLOSED, CaseState.APPROVED)
_BY_CHANNEL = text(
    f"""
    select file->>'channel' as channel, count(*) as registered,
      count(*) filter (where state = any(cast(:open as text[]))) as open,
      count(*) filter (where state = any(cast(:completed as text[]))) as completed
    from appeals
    where received_at >= :since and received_at < :until and {SEEN}
    group by 1
    """
)


async def by_channel(
    conn: Connection, sight: Sight, since: datetime, until: datetime
) -> dict[str, dict[str, Any]]:
    """By code of the channel, how many appeals in `sight` came in from `since` until before `until`.

    Of those, how many are open and how many completed; the others were withdrawn or referred.
    """
    values = {**sight.values, "open": list(OPEN), "completed": list(COMPLETED)}
    rows = await conn.execute(_BY_CHANNEL, {**values, "since": since, "until": until})
    return {row.channel: {name: getattr(row, name) for name in COUNTED} for row in rows}


COUNTED = ("registered", "open", "completed")
