"""A service's connections to its database: statements go straight to the driver, named values by place.

They are written with SQLAlchemy's `text()`; run by SQLAlchemy they took two to three times as long.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
from sqlalchemy import TextClause, text

from shared.database.errors import DRIVER_ERRORS
from shared.service.clock import epoch_ns
from shared.telemetry import spans

PATIENCE_S = 10.0
_VALUE = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_DEAD = (*DRIVER_ERRORS, OSError, TimeoutError)
_ENDED = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_SERVER_SETTINGS = {"idle_in_transaction_session_timeout": "30000", "timezone": "UTC", "jit": "off"}


class Row(asyncpg.Record):  # type: ignore[misc]
    """One row: values by name, by place or as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Result:
    """The rows of a statement, or after `scalars` their first values."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def one(self) -> Any:
        """The only row. LookupError where there is none or more than one."""
        if len(self._rows) != 1:
            raise LookupError(f"the statement gave {len(self._rows)} rows where one was expected")
        return self._rows[0]

    def one_or_none(self) -> Any:
        return self.one() if self._rows else None

    def scalars(self) -> "Result":
        return Result([row[0] for row in self._rows])

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def mappings(self) -> "Result":
        return self  # a row is one


class Connection:
    """One connection while it is held. Outside `Database.begin` each statement stands alone."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Result:
        """Run `statement` with its named `values`."""
        query, names = _by_place(statement.text)
        given = () if values is None else [values[name] for name in names]
        return Result(await self._raw.fetch(query, *given, record_class=Row))

    async def invalidate(self) -> None:
        """End the session at once, with its locks."""
        self._raw.terminate()


class Database:
    """The connections of one service: up to `size`, the last one used first.

    One that the server closed is replaced unseen; so nothing is asked before use.
    """

    def __init__(self, url: str, size: int = 10) -> None:
        self._dsn = url.replace("+asyncpg", "")
        self._name = urlsplit(url).path.lstrip("/")
        self._room = asyncio.Semaphore(size)
        self._free: list[Any] = []

    def reading(self) -> Connection:
        """Takes a connection for each statement, no longer than it runs."""
        return _Borrowing(self)

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """A connection on which each statement is a transaction of its own."""
        await self._enter()
        raw = None
        try:
            raw = await self._take()
            yield Connection(raw)
        except (asyncio.CancelledError, *_ENDED):
            if raw is not None:
                raw.terminate()  # a statement may still be running, or the server be gone
            raise
        finally:
            self._leave(raw)

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back where something is raised."""
        began_ns = epoch_ns()
        await self._enter()
        raw, failure = None, "ended"
        try:
            raw = await self._begun()
            yield Connection(raw)
            await raw.execute("commit")
            failure = ""
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            if failure and not (raw is None or raw.is_closed()):
                with contextlib.suppress(*_DEAD):
                    await raw.execute("rollback")
            self._leave(raw)
            spans.record_transaction(self._name, began_ns, failure or None)

    async def _enter(self) -> None:
        if self._room.locked():
            async with asyncio.timeout(PATIENCE_S):
                await self._room.acquire()
        else:
            await self._room.acquire()

    async def _take(self) -> Any:
        while self._free:
            raw = self._free.pop()
            if not raw.is_closed():
                return raw
        return await self._connected()

    async def _begun(self) -> Any:
        """In a transaction; where the connection turns out to be dead, on a new one: nothing is done yet."""
        try:
            return await _begin(await self._take())
        except _DEAD:
            return await _begin(await self._connected())

    def _leave(self, raw: Any) -> None:
        self._room.release()
        if raw is not None and not raw.is_closed():
            if raw.is_in_transaction():
                raw.terminate()
            else:
                self._free.append(raw)

    async def _connected(self) -> Any:
        raw = await asyncpg.connect(
            self._dsn,
            timeout=PATIENCE_S,
            max_cached_statement_lifetime=0,
            server_settings=_SERVER_SETTINGS,
        )
        for kind in ("json", "jsonb"):
            await raw.set_type_codec(
                kind, schema="pg_catalog", encoder=_as_written, decoder=orjson.loads, format="text"
            )
        return raw

    async def dispose(self) -> None:
        """Close the connections that are free."""
        while self._free:
            with contextlib.suppress(*_DEAD):
                await self._free.pop().close(timeout=5)


class _Borrowing(Connection):
    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        super().__init__(None)
        self._database = database

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Result:
        """Run `statement`; on another connection once more where the server has ended this one."""
        try:
            return await self._once(statement, values)
        except _ENDED:
            return await self._once(statement, values)

    async def _once(self, statement: TextClause, values: Mapping[str, Any] | None) -> Result:
        async with self._database.connect() as conn:
            return await conn.execute(statement, values)


async def _begin(raw: Any) -> Any:
    try:
        await raw.execute("begin")
    except BaseException:
        raw.terminate()
        raise
    return raw


def _as_written(value: str) -> str:
    return value


@cache
def _by_place(written: str) -> tuple[str, list[str]]:
    """The statement with `$1`, `$2` for its named values, and their names in that order."""
    names = list(dict.fromkeys(_VALUE.findall(written)))
    return _VALUE.sub(lambda found: f"${names.index(found[1]) + 1}", written), names


async def ping(conn: Connection) -> None:
    """Raises where the database does not answer."""
    await conn.execute(text("select 1"))
