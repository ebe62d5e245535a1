"""What escalation reads and writes of publications (红黑榜)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from services.escalation.document import CaseDocument, Publication
from shared.database.connection import Connection
from shared.database.rows import Writes, excluded, insert
from shared.judging.sight import Sight, seen

_SAVE_PUBLICATIONS = insert(
    "publications",
    {
        "publication_id": "uuid",
        "appeal_id": "uuid",
        "unit": "text",
        "published": "boolean",
        "expires_on": "date",
        "file": "jsonb",
    },
    then="on conflict (publication_id) do update set " + excluded("published", "expires_on", "file"),
)
_PUBLICATIONS_OF_CASES = text(
    "select appeal_id, file from publications where appeal_id = any(cast(:keys as uuid[])) order by id"
)
_PUBLICATIONS = """
    select p.id, p.file from publications p join cases c on c.appeal_id = p.appeal_id
    where p.id > :after and {seen} and {filter} order by p.id limit :limit
"""
_PUBLICATIONS_OF_UNIT = text(
    _PUBLICATIONS.format(seen=seen("c.file"), filter="(cast(:unit as text) is null or p.unit = :unit)")
)
_PUBLISHED = text(_PUBLICATIONS.format(seen=seen("c.file"), filter="p.published and p.expires_on >= :today"))


def save_publications(writes: Writes, cases: Sequence[CaseDocument]) -> None:
    """Have the publications of these cases written."""
    rows = [_row(case, publication) for case in cases for publication in case.publications]
    if rows:
        writes.add(_SAVE_PUBLICATIONS, rows)


def _row(case: CaseDocument, publication: Publication) -> dict[str, Any]:
    about_case = {
        "appeal_id": str(case.appeal_id),
        "registration_number": case.registration_number,
        "unit_name": case.units.get(publication.unit or "", ""),
    }
    return {
        "publication_id": publication.publication_id,
        "appeal_id": case.appeal_id,
        "unit": publication.unit,
        "published": publication.published,
        "expires_on": publication.expires_on,
        "file": orjson.dumps(publication.model_dump(mode="json") | about_case).decode(),
    }


async def publications_of(conn: Connection, keys: Sequence[UUID]) -> dict[UUID, list[Publication]]:
    """What is proposed for publication in these cases."""
    publications: dict[UUID, list[Publication]] = {}
    for row in await conn.execute(_PUBLICATIONS_OF_CASES, {"keys": keys}):
        publications.setdefault(row.appeal_id, []).append(Publication.model_validate(row.file))
    return publications


async def published(conn: Connection, sight: Sight, after: int, limit: int, today: date) -> Sequence[Any]:
    """What is published on this day, of cases in `sight`."""
    values = {**sight.values, "after": after, "limit": limit, "today": today}
    return (await conn.execute(_PUBLISHED, values)).all()


async def publications(
    conn: Connection, sight: Sight, after: int, limit: int, unit: str | None
) -> Sequence[Any]:
    """What is or was proposed for publication in cases in `sight`, of one unit or of all."""
    values = {**sight.values, "after": after, "limit": limit, "unit": unit}
    return (await conn.execute(_PUBLICATIONS_OF_UNIT, values)).all()
