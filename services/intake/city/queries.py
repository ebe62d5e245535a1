"""What is counted of the city's channels, and which units are known."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from services.intake.city.units import Units
from services.intake.reading import InCharge
from shared.database.connection import Connection
from shared.directory.copies import known_leaders
from shared.judging.sight import SEEN, Sight
from shared.rules.judging.state import CaseState

OPEN = (CaseState.REGISTERED, CaseState.DISPATCHED, CaseState.LIFTED)
COMPLETED = (CaseState.COMPLETED, CaseState.CLOSED, CaseState.APPROVED)
DISPATCHED = "jsonb_path_exists(file, '$.legs[*] ? (@.ended == false)')"
RESPONDED = f"""
    ({DISPATCHED} and not jsonb_path_exists(file, '$.legs[*] ? (
      @.ended == false && (@.role == null || @.role == "lead" || @.role == "assist")
      && @.responded_at == null && @.completed_at == null)'))
"""
"""Every unit that handles it has answered: 响应率 is the share of these among the dispatched."""
SAID_WHETHER_SOLVED = "file->'rating'->>'solved' is not null"
SOLVED = "coalesce(cast(file->'rating'->>'solved' as boolean), false)"
"""By the word of the enterprise: 解决率 is their share among those of which it said whether they are."""
RATED = "file->'rating'->>'rating' is not null"
SATISFIED = f"({RATED} and file->'rating'->>'rating' not in ('not_satisfied', 'very_dissatisfied'))"
"""By the upper three grades: 满意率 is their share among the rated."""
COUNTED = {
    "registered": "true",
    "open": "state = any(cast(:open as text[]))",
    "completed": "state = any(cast(:completed as text[]))",
    "dispatched": DISPATCHED,
    "responded": RESPONDED,
    "said_whether_solved": SAID_WHETHER_SOLVED,
    "solved": SOLVED,
    "rated": RATED,
    "satisfied": SATISFIED,
}
"""What is counted of the appeals of a channel, as conditions."""
_UNITS = text("select code, name, directory_size from units order by code")
_IN_CHARGE = text("select code, leader from units where leader is not null")
_BY_CHANNEL = text(
    f"""
    select file->>'channel' as channel,
      {", ".join(f'count(*) filter (where {condition}) as "{name}"' for name, condition in COUNTED.items())}
    from appeals
    where received_at >= :since and received_at < :until and {SEEN}
    group by 1
    """
)


async def by_channel(
    conn: Connection, sight: Sight, since: datetime, until: datetime
) -> dict[str, dict[str, Any]]:
    """By code of the channel, how many appeals in `sight` came in from `since` until before `until`.

    Of those, how many are open and how many completed (the others were withdrawn or referred), and how many
    were answered, solved and satisfied, each beside what its share is of.
    """
    values = {**sight.values, "open": list(OPEN), "completed": list(COMPLETED)}
    rows = await conn.execute(_BY_CHANNEL, {**values, "since": since, "until": until})
    return {row.channel: {name: getattr(row, name) for name in COUNTED} for row in rows}


async def known_units(conn: Connection) -> Units:
    """The units that dispatch has said, and whether these are all."""
    rows = (await conn.execute(_UNITS)).all()
    size = max((row.directory_size or 0 for row in rows), default=0)
    return Units({row.code: row.name for row in rows}, is_whole=0 < size <= len(rows))


async def in_charge(conn: Connection, on: date) -> InCharge:
    """Who leads, and who is in charge of which unit, on this day."""
    of_units = {row.code: row.leader for row in await conn.execute(_IN_CHARGE)}
    return InCharge(await known_leaders(conn), of_units, on)
