"""Loan requests that ended long ago and still have personal data, and refused reports of long ago."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection

BATCH = 50
_DUE = """
    from cases where what = 'loan' and cast(file->>'ended_at' as timestamptz) < cast(:before as timestamptz)
      and file->>'erased_at' is null and file->'wish' <> 'null'
"""
_COUNT = text(f"select count(*) {_DUE}")
_SOME = text(
    f"""
    select case_id, array(
        select cast(value as uuid) from jsonb_array_elements_text(file->'complaints')
      ) as complaints
    {_DUE} order by case_id limit {BATCH}
    """
)
_REPORTS = "raw is not null and reported_at < :before"
_COUNT_REPORTS = text(f"select count(*) from unrecorded_reports where {_REPORTS}")
_ERASE_REPORTS = text(
    f"update unrecorded_reports set raw = null, headers = null where {_REPORTS} returning 1"
)


class EndedLoan(NamedTuple):
    """A loan request and its complaints."""

    loan_id: UUID
    complaints: list[UUID]


async def count_due(conn: Connection, moment: datetime) -> int:
    """How many loan requests ended before this moment and were not erased."""
    return int((await conn.execute(_COUNT, {"before": moment})).scalar_one())


async def due(conn: Connection, moment: datetime) -> list[EndedLoan]:
    """Some of them."""
    return [EndedLoan(*row) for row in await conn.execute(_SOME, {"before": moment})]


async def count_reports(conn: Connection, moment: datetime) -> int:
    """Of how many refused reports the content is kept from before this moment."""
    return int((await conn.execute(_COUNT_REPORTS, {"before": moment})).scalar_one())


async def erase_reports(conn: Connection, moment: datetime) -> int:
    """Erase what was sent; that a report was refused stays on record."""
    return len((await conn.execute(_ERASE_REPORTS, {"before": moment})).all())
