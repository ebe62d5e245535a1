"""What is asked of the hashes by which appeals are found, and how they are written."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from services.intake.search.indexed import IndexRow
from shared.appeals.work import FILE
from shared.database.connection import Connection
from shared.database.rows import Writes, excluded, insert
from shared.judging.sight import Sight, seen

NEWEST = 2_000
"""So many appeals that share a word are compared: the newest."""
_SAVE = insert(
    "search_keys",
    {
        "appeal_id": "uuid",
        "received_at": "timestamptz",
        "key_version": "text",
        "words": "bigint[]",
        "tails": "bigint[]",
        "wholes": "bigint[]",
    },
    then="on conflict (appeal_id) do update set " + excluded("key_version", "words", "tails", "wholes"),
)
_SAME = text(
    """
    select c.content, a.registration_number
    from unnest(cast(:contents as bigint[])) as c (content)
    join search_keys k on k.wholes @> array[c.content] and k.received_at > cast(:since as timestamptz)
    join appeals a on a.appeal_id = k.appeal_id
    order by k.received_at desc
    """
)
_FOUND = """
    select a.registration_number, a.appeal_id, a.state, a.received_at, a.file->>'title' as title,
      a.file->>'kind' as kind, a.file->'enterprise'->>'name' as enterprise
"""
_BY_HASH = """
    {found}
    from search_keys k join appeals a on a.appeal_id = k.appeal_id
    where k.{column} @> array[cast(:hash as bigint)] and a.registration_number > :after and {seen}
    order by a.registration_number limit :limit
"""
_BY_WHOLE = text(_BY_HASH.format(found=_FOUND, column="wholes", seen=seen("a.file")))
_BY_TAIL = text(_BY_HASH.format(found=_FOUND, column="tails", seen=seen("a.file")))
CANDIDATES = """
    select appeal_id, received_at, words, wholes from search_keys
    where words && cast(:words as bigint[]) and received_at > cast(:since as timestamptz)
    order by received_at desc limit :newest
"""
_ALIKE = text(
    f"""
    with candidates as ({CANDIDATES}), compared as (
      select appeal_id, received_at, wholes && cast(:enterprise as bigint[]) as same_enterprise,
        (select count(*) from unnest(words) as w where w = any(cast(:words as bigint[]))) as shared
      from candidates
    )
    {_FOUND}, k.same_enterprise, k.shared
    from compared k join appeals a on a.appeal_id = k.appeal_id
    where k.shared >= :least and {seen("a.file")}
    order by k.same_enterprise desc, k.shared desc, k.received_at desc limit :limit
    """
)
_NOT_INDEXED = text(
    """
    select a.appeal_id, cast(a.file as text) as file from appeals a
    where not exists (
      select 1 from search_keys k where k.appeal_id = a.appeal_id and k.key_version = :version
    )
    order by a.appeal_id limit :limit for update of a skip locked
    """
)

MOST_MATCHES = 1_000
_MATCHING = """
    select appeal_id from search_keys where key_version = :version and {where}
    order by received_at desc, appeal_id limit :limit
"""


class Matches(NamedTuple):
    """The ids of appeals, the newest appeals first; `more`: others were left out."""

    ids: list[UUID]
    more: bool


async def matching(conn: Connection, version: str, words: Sequence[int], tails: Sequence[int]) -> Matches:
    """The newest appeals that have all these words, and all these ends of phones."""
    wanted = {"words": list(words), "tails": list(tails)}
    where = " and ".join(f"{name} @> cast(:{name} as bigint[])" for name, hashes in wanted.items() if hashes)
    values = {"version": version, "limit": MOST_MATCHES + 1, **wanted}
    ids = list((await conn.execute(text(_MATCHING.format(where=where)), values)).scalars())
    return Matches(ids[:MOST_MATCHES], len(ids) > MOST_MATCHES)


def add_hashes(writes: Writes, rows: Iterable[IndexRow]) -> None:
    """Have the hashes of appeals written; those of an appeal that has some are replaced."""
    writes.add(_SAVE, rows)


async def save(conn: Connection, rows: Iterable[IndexRow]) -> None:
    """Write the hashes of appeals; those of an appeal that has some are replaced."""
    await _SAVE.execute(conn, rows)


async def same_contents(conn: Connection, contents: Collection[int], since: datetime) -> dict[int, str]:
    """By the hash of a content, the number of the newest appeal since then that has it."""
    rows = await conn.execute(_SAME, {"contents": list(contents), "since": since})
    numbers: dict[int, str] = {}
    for row in rows:
        numbers.setdefault(row.content, row.registration_number)
    return numbers


async def of_enterprise(
    conn: Connection, sight: Sight, hash_: int, *, after: str, limit: int
) -> list[dict[str, Any]]:
    """The appeals in `sight` with this hash of an enterprise, after the number `after`, in order."""
    return await _appeals_with(conn, _BY_WHOLE, sight, hash_, after, limit)


async def of_phone(
    conn: Connection, sight: Sight, hash_: int, *, after: str, limit: int
) -> list[dict[str, Any]]:
    """The appeals in `sight` with this hash of a phone, after the number `after`, in order."""
    return await _appeals_with(conn, _BY_TAIL, sight, hash_, after, limit)


async def _appeals_with(
    conn: Connection, query: TextClause, sight: Sight, hash_: int, after: str, limit: int
) -> list[dict[str, Any]]:
    values = {**sight.values, "hash": hash_, "after": after, "limit": limit}
    return [dict(row) for row in (await conn.execute(query, values)).mappings()]


async def alike(
    conn: Connection, sight: Sight, words: list[int], enterprise: list[int], since: datetime, limit: int
) -> list[dict[str, Any]]:
    """The appeals in `sight` since then that share a third of these words, those of the enterprise first."""
    values = {
        **sight.values,
        "words": words,
        "enterprise": enterprise,
        "since": since,
        "newest": NEWEST,
        "least": max(1, len(words) // 3),
        "limit": limit,
    }
    return [dict(row) for row in (await conn.execute(_ALIKE, values)).mappings()]


async def not_indexed(conn: Connection, version: str, limit: int) -> list[str]:
    """Documents, as JSON, of appeals without hashes under the key of this version."""
    rows = await conn.execute(_NOT_INDEXED, {"version": version, "limit": limit})
    return [conn.cell(FILE, row.appeal_id).decrypt_json(row.file) for row in rows]
