"""Which appeals have something to be said of a joint study."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection

_DUE = text("select appeal_id from appeals where study_next_at <= :upto order by study_next_at limit :most")


async def due(conn: Connection, upto: datetime, most: int) -> list[UUID]:
    """The appeals of which something is to be said as of `upto`, the longest due first."""
    return list((await conn.execute(_DUE, {"upto": upto, "most": most})).scalars())
