"""The rows behind the red and black list: what is proposed in the cases, and how it was decided."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import text

from services.escalation.case import Case, Publication
from shared.database.connection import Connection

_PUBLISH = text(
    """
    insert into publications (publication_id, appeal_id, unit, published, expires_on, file)
    select id, appeal, unit, published, day, cast(file as jsonb) from unnest(
      cast(:ids as uuid[]), cast(:appeals as uuid[]), cast(:units as text[]), cast(:published as boolean[]),
      cast(:days as date[]), cast(:files as text[])
    ) as t (id, appeal, unit, published, day, file)
    on conflict (publication_id) do update set
      published = excluded.published, expires_on = excluded.expires_on, file = excluded.file
    """
)


async def save(conn: Connection, cases: Iterable[Case]) -> None:
    """Write what is proposed in `cases`."""
    if found := [(case, one) for case in cases for one in case.publications]:
        await conn.execute(_PUBLISH, _rows(found))


def _rows(found: Sequence[tuple[Case, Publication]]) -> dict[str, Any]:
    return {
        "ids": [one.publication_id for _, one in found],
        "appeals": [case.appeal_id for case, _ in found],
        "units": [one.unit for _, one in found],
        "published": [one.published for _, one in found],
        "days": [one.expires_on for _, one in found],
        "files": [_publication(case, one) for case, one in found],
    }


def _publication(case: Case, one: Publication) -> str:
    told = {
        "appeal_id": str(case.appeal_id),
        "registration_number": case.registration_number,
        "unit_name": case.units.get(one.unit or "", ""),
    }
    return orjson.dumps(one.model_dump(mode="json") | told).decode()
