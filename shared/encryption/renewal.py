"""Encrypts what an earlier version wrote in plain, and anew what an older key encrypted, while people work.

Each column is walked once for each key, a batch of rows at a time, each batch in a transaction of its own
that keeps how far it came: a restart goes on there. Rows that are written meanwhile have the current key.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import TextClause, text

from shared.database.connection import Database
from shared.database.rows import ManyRows
from shared.encryption import proofs
from shared.encryption.cells import Cell
from shared.encryption.keyring import KeyRing, key_of

BATCH = 100
REST_S = 0.05
"""Between two batches: it never competes with people."""
LOOK_EVERY_S = 5.0
"""How often a service looks whether another key encrypts by now."""

Renew = Callable[[Cell, Any], Any]
"""What a column holds under the current key, made of what it holds now."""


def whole(cell: Cell, value: str) -> str:
    """A text that is encrypted as a whole."""
    return cell.encrypt(cell.decrypt(value))


def whole_json(cell: Cell, value: str) -> str:
    """JSON that is encrypted as a whole: a text in its place."""
    return orjson.dumps(cell.encrypt_json(orjson.loads(cell.decrypt_json(value)))).decode()


def whole_bytes(cell: Cell, value: bytes) -> bytes:
    """Bytes that are encrypted as a whole."""
    return cell.encrypt_bytes(cell.decrypt_bytes(value))


def document(model: type[BaseModel]) -> Renew:
    """A document whose personal fields are encrypted."""

    def renew(cell: Cell, value: str) -> str:
        return cell.dump(model.model_validate_json(cell.decrypt_json(value)))

    return renew


@dataclass(frozen=True)
class EncryptedColumn:
    """A column with encrypted values. Its rows are walked by their `key`, of SQL type `type`.

    `row` is the SQL expression of what values are bound to, the key where none is given; `bound` the name
    under which they are, where it is not `table.column`. `where` leaves out rows; then `part` names the rest.
    """

    table: str
    column: str
    key: str
    type: str
    renew: Renew
    row: str = ""
    bound: str = ""
    where: str = "true"
    stored_as: str = "text"
    part: str = ""

    @property
    def place(self) -> str:
        """What its values are bound to, beside the row."""
        return self.bound or f"{self.table}.{self.column}"

    @property
    def name(self) -> str:
        """Under which its renewal is noted."""
        return " ".join(filter(None, (f"{self.table}.{self.column}", self.part)))

    @property
    def reading(self) -> TextClause:
        """The next rows, locked."""
        value = f"cast({self.column} as text)" if self.stored_as == "jsonb" else self.column
        return text(
            f"""
            select cast({self.key} as text) as key, cast({self.row or self.key} as text) as row_id,
              {value} as value
            from {self.table}
            where (cast(:after as text) is null or {self.key} > cast(cast(:after as text) as {self.type}))
              and {self.column} is not null and {self.where}
            order by {self.key} limit {BATCH} for update
            """
        )

    @property
    def writing(self) -> ManyRows:
        """Writes rows by their keys."""
        return ManyRows(
            f"""
            update {self.table} as u set {self.column} = cast(t.value as {self.stored_as})
            from {{rows}} where u.{self.key} = cast(t.key as {self.type})
            """,
            {"key": "text", "value": "bytea" if self.stored_as == "bytea" else "text"},
        )


_STATE = text("select name, key_id, after, done_at from renewals where name = :name for update")
_BEGIN = text(
    """
    insert into renewals (name, key_id) values (:name, :key)
    on conflict (name) do update
    set key_id = excluded.key_id, after = null, seen = 0, changed = 0, done_at = null
    where renewals.key_id <> excluded.key_id
    """
)
_KEEP = text(
    """
    update renewals set after = :after, seen = seen + :seen, changed = changed + :changed,
      done_at = case when :done then now() end
    where name = :name
    """
)


class Renewal:
    """Renews the columns of one service."""

    def __init__(self, database: Database, ring: KeyRing, columns: Sequence[EncryptedColumn]) -> None:
        self._database = database
        self._ring = ring
        self._columns = columns

    async def turn(self) -> None:
        """Bring every column under the current key, where there is one, then wait a little."""
        if self._ring.current is not None:
            await self._renew_all()
        await asyncio.sleep(LOOK_EVERY_S)

    async def _renew_all(self) -> None:
        async with self._database.begin() as conn:
            await proofs.note(conn, self._ring)
            for column in self._columns:
                await conn.execute(_BEGIN, {"name": column.name, "key": self._ring.current})
        for column in self._columns:
            await self._renew(column)

    async def _renew(self, column: EncryptedColumn) -> None:
        more = True
        while more:
            more = await self._batch(column)
            await asyncio.sleep(REST_S if more else 0)

    async def _batch(self, column: EncryptedColumn) -> bool:
        """Renew the next rows of a column. Whether there may be more."""
        async with self._database.begin() as conn:
            state = (await conn.execute(_STATE, {"name": column.name})).one()
            if state.done_at is not None or state.key_id != self._ring.current:
                return False
            rows = (await conn.execute(column.reading, {"after": state.after})).all()
            changed = [(row.key, value) for row in rows if (value := self._renewed(column, row)) is not None]
            if changed:
                await column.writing.execute(conn, changed)
            values = {"name": column.name, "after": rows[-1].key if rows else state.after}
            done = len(rows) < BATCH
            await conn.execute(_KEEP, values | {"seen": len(rows), "changed": len(changed), "done": done})
        return not done

    def _renewed(self, column: EncryptedColumn, row: Any) -> Any:
        """What the column is to hold; None where it is encrypted by the current key alone as it stands."""
        cell = Cell(self._ring, column.place, row.row_id)
        renewed = column.renew(cell, row.value)
        return None if _keys(row.value) == _keys(renewed) else renewed


def _keys(value: str | bytes) -> list[str | None]:
    """The keys of the encrypted values in a text, each as often as it occurs."""
    content = value if isinstance(value, str) else value[:100].decode("latin-1")
    parts = content.replace("\\u001e", "\x1e").split("\x1e")[1:]
    return [key_of(f"\x1e{part}") for part in parts]
