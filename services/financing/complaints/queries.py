"""Reads complaints about banks."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.financing.complaints.document import ComplaintDocument
from shared.database.connection import Connection

_COMPLAINTS = text(
    """
    select cast(file as text) from cases
    where what = 'complaint' and number > :after order by number limit :limit
    """
)
_COMPLAINT = text("select cast(file as text) from cases where case_id = :id and what = 'complaint'")
_NUMBERED = text("select cast(file as text) from cases where number = :number and what = 'complaint'")
_WITH_IDS = text(
    """
    select cast(file as text) from cases
    where case_id = any(cast(:ids as uuid[])) and what = 'complaint' order by number
    """
)


async def complaints(conn: Connection, *, after: str, limit: int) -> list[ComplaintDocument]:
    """The next complaints by number."""
    return _documents((await conn.execute(_COMPLAINTS, {"after": after, "limit": limit})).scalars())


async def complaints_with_ids(conn: Connection, ids: Collection[UUID]) -> list[ComplaintDocument]:
    """The complaints with these ids, by number."""
    return _documents((await conn.execute(_WITH_IDS, {"ids": list(ids)})).scalars())


def _documents(files: Any) -> list[ComplaintDocument]:
    return [ComplaintDocument.model_validate_json(file) for file in files]


async def complaint(conn: Connection, complaint_id: UUID) -> ComplaintDocument | None:
    """The complaint with this id."""
    file = (await conn.execute(_COMPLAINT, {"id": complaint_id})).scalar()
    return ComplaintDocument.model_validate_json(file) if file else None


async def complaint_numbered(conn: Connection, number: str) -> ComplaintDocument | None:
    """The complaint with this number."""
    file = (await conn.execute(_NUMBERED, {"number": number})).scalar()
    return ComplaintDocument.model_validate_json(file) if file else None
