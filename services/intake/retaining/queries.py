"""Appeals that ended long ago and still have personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.intake.document import ENDED
from shared.database.connection import Connection

BATCH = 50
_DUE = """
    from appeals where state = any(cast(:ended as text[])) and greatest(
      cast(file->>'closed_at' as timestamptz), cast(file->>'withdrawn_at' as timestamptz),
      cast(file->>'referred_at' as timestamptz), cast(file->>'approved_at' as timestamptz)
    ) < cast(:before as timestamptz)
    and not jsonb_path_exists(file, '$.timeline[*] ? (@.type == "appeal.persons_erased.v1")')
"""
_COUNT = text(f"select count(*) {_DUE}")
_IDS = text(f"select appeal_id {_DUE} order by appeal_id limit {BATCH}")


async def count_due(conn: Connection, moment: datetime) -> int:
    """How many appeals ended before this moment and were not erased."""
    return int((await conn.execute(_COUNT, {"ended": list(ENDED), "before": moment})).scalar_one())


async def due(conn: Connection, moment: datetime) -> list[UUID]:
    """Some of them."""
    return list((await conn.execute(_IDS, {"ended": list(ENDED), "before": moment})).scalars())
