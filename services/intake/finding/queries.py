"""The index of texts and phones: hashes of an appeal's bigrams and of the ends of its phone numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.finding.words import IndexedAppeal
from shared.database.connection import Connection
from shared.database.rows import excluded, insert

MOST = 1_000
_INDEX = insert(
    "finding",
    {
        "appeal_id": "uuid",
        "received_at": "timestamptz",
        "key_id": "bigint",
        "words": "bigint[]",
        "tails": "bigint[]",
    },
    then=f"on conflict (appeal_id) do update set {excluded('received_at', 'key_id', 'words', 'tails')}",
)
_UNINDEXED = text(
    """
    select a.appeal_id, a.received_at, a.file from appeals a
    where not exists (select from finding f where f.appeal_id = a.appeal_id and f.key_id = :key_id)
    order by a.appeal_id limit :limit for update of a
    """
)
_MATCHING = """
    select appeal_id from finding where key_id = :key_id and {where}
    order by received_at desc, appeal_id limit :limit
"""


class Matches(NamedTuple):
    """The ids of appeals, the newest appeals first; `more`: others were left out."""

    ids: list[UUID]
    more: bool


async def index(conn: Connection, appeals: Sequence[IndexedAppeal]) -> None:
    """Write the hashes of appeals, in place of those they have."""
    if appeals:
        await _INDEX.execute(conn, appeals)


async def unindexed(conn: Connection, key_id: int, limit: int) -> list[Any]:
    """Appeals that have no hashes under this key, locked."""
    return (await conn.execute(_UNINDEXED, {"key_id": key_id, "limit": limit})).all()


async def matching(conn: Connection, key_id: int, words: Sequence[int], tails: Sequence[int]) -> Matches:
    """The newest appeals that have all these words, and all these ends of phones."""
    wanted = {"words": list(words), "tails": list(tails)}
    where = " and ".join(f"{name} @> cast(:{name} as bigint[])" for name, hashes in wanted.items() if hashes)
    values = {"key_id": key_id, "limit": MOST + 1, **wanted}
    ids = list((await conn.execute(text(_MATCHING.format(where=where)), values)).scalars())
    return Matches(ids[:MOST], len(ids) > MOST)
