"""Reads complaints about banks."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.financing.complaints.document import ComplaintDocument
from services.financing.stored import file_of
from shared.database.connection import Connection

_COMPLAINTS = text(
    """
    select case_id, cast(file as text) as file from cases
    where what = 'complaint' and number > :after order by number limit :limit
    """
)
_COMPLAINT = text(
    "select case_id, cast(file as text) as file from cases where case_id = :id and what = 'complaint'"
)
_NUMBERED = text(
    "select case_id, cast(file as text) as file from cases where number = :number and what = 'complaint'"
)
_WITH_IDS = text(
    """
    select case_id, cast(file as text) as file from cases
    where case_id = any(cast(:ids as uuid[])) and what = 'complaint' order by number
    """
)


async def complaints(conn: Connection, *, after: str, limit: int) -> list[ComplaintDocument]:
    """The next complaints by number."""
    return _documents(conn, await conn.execute(_COMPLAINTS, {"after": after, "limit": limit}))


async def complaints_with_ids(conn: Connection, ids: Collection[UUID]) -> list[ComplaintDocument]:
    """The complaints with these ids, by number."""
    return _documents(conn, await conn.execute(_WITH_IDS, {"ids": list(ids)}))


def _documents(conn: Connection, rows: Iterable[Any]) -> list[ComplaintDocument]:
    return [ComplaintDocument.model_validate_json(file_of(conn, row)) for row in rows]


async def complaint(conn: Connection, complaint_id: UUID) -> ComplaintDocument | None:
    """The complaint with this id."""
    return next(iter(_documents(conn, await conn.execute(_COMPLAINT, {"id": complaint_id}))), None)


async def complaint_numbered(conn: Connection, number: str) -> ComplaintDocument | None:
    """The complaint with this number."""
    return next(iter(_documents(conn, await conn.execute(_NUMBERED, {"number": number}))), None)
