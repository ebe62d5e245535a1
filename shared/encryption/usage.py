"""Which keys a database still needs, and how far renewal has come: for those who look after the keys."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from shared.database.connection import Connection
from shared.encryption.keyring import INDEX
from shared.encryption.renewal import EncryptedColumn

_KEYS = text("select key_id from data_keys where key_id <> :index order by key_id")
_RENEWALS = text("select name, key_id, seen, changed, done_at from renewals order by name")
_FORGET = text("delete from data_keys where key_id = :key")


class RenewalState(NamedTuple):
    """How far a column has come: rows looked at, rows encrypted anew, and when it was done."""

    name: str
    key_id: str
    seen: int
    changed: int
    done_at: datetime | None


async def renewals(conn: Connection) -> list[RenewalState]:
    """The renewal of each column."""
    return [RenewalState(*row) for row in await conn.execute(_RENEWALS)]


async def noted_keys(conn: Connection) -> list[str]:
    """The ids of the keys that the database may need."""
    return list((await conn.execute(_KEYS, {"index": INDEX})).scalars())


async def keys_needed(conn: Connection, columns: Collection[EncryptedColumn]) -> dict[str, int]:
    """By id, each key that the database may need, with the rows that it still encrypts. Reads all rows."""
    keys = await noted_keys(conn)
    needed = dict.fromkeys(keys, 0)
    for column in columns:
        content = (
            f"encode({column.column}, 'escape')" if column.stored_as == "bytea" else f"{column.column}::text"
        )
        for key in keys:
            query = text(f"select count(*) from {column.table} where {content} like :like and {column.where}")
            needed[key] += (await conn.execute(query, {"like": f"%enc:{key}:%"})).scalar_one()
    return needed


async def forget(conn: Connection, key: str) -> None:
    """Note that no row is encrypted by a key any more."""
    await conn.execute(_FORGET, {"key": key})
