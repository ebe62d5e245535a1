"""A service's connections to its database. Statements go straight to the driver, asyncpg.

They are written with SQLAlchemy's `text()` and named values; run by SQLAlchemy they took two to three times
as long (decision 0016). Why the pool is our own: decision 0024.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
from sqlalchemy import TextClause, text

from shared.database.errors import DRIVER_ERRORS
from shared.encryption.cells import Cell
from shared.encryption.keyring import KeyRing
from shared.service.clock import epoch_ns
from shared.telemetry import spans

ACQUIRE_S = CONNECT_S = 10.0
VALUE = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""A named value within a statement; no cast (`::text`)."""
_DEAD = (*DRIVER_ERRORS, OSError, TimeoutError)
ENDED = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_SERVER_SETTINGS = {"idle_in_transaction_session_timeout": "30000", "timezone": "UTC", "jit": "off"}


class Row(asyncpg.Record):  # type: ignore[misc]
    """One row: values by name, by position or as attributes."""

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
        return self  # a row is a mapping


class Connection:
    """A connection while it is borrowed. Outside `Database.begin` each statement is its own transaction.

    `ring` encrypts and decrypts what columns hold; None where nothing encrypted is read or written.
    """

    __slots__ = ("_raw", "_ring")

    def __init__(self, raw: Any, ring: KeyRing | None = None) -> None:
        self._raw = raw
        self._ring = ring

    @property
    def ring(self) -> KeyRing:
        """The key ring. ValueError where there is none: nothing is written in plain instead."""
        if self._ring is None:
            raise ValueError(
                "personal data are encrypted: give the service's key ring by HUYING_DATA_KEYS"
                " / 个人信息已加密，请以 HUYING_DATA_KEYS 指明密钥环"
            )
        return self._ring

    def cell(self, column: str, row: object) -> Cell:
        """The encrypted values of a column (`appeals.file`) in the row of this id."""
        return Cell(self.ring, column, str(row))

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Result:
        """Run `statement` with its named `values`."""
        query, names = _numbered(statement.text)
        arguments = () if values is None else [values[name] for name in names]
        return Result(await self._raw.fetch(query, *arguments, record_class=Row))

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write rows into `table` by COPY, the fastest way for many. Identity columns take what is given."""
        await self._raw.copy_records_to_table(table, records=rows, columns=columns)

    async def listen(self, channel: str, heard: Callable[[str], None], began: Callable[[], None]) -> None:
        """Call `heard` with the payload of each notification, until the connection ends; that is raised.

        `began` is called once notifications come.
        """
        ended = asyncio.Event()
        self._raw.add_termination_listener(lambda _raw: ended.set())
        await self._raw.add_listener(channel, lambda _raw, _pid, _channel, payload: heard(payload))
        began()
        await ended.wait()
        raise asyncpg.ConnectionDoesNotExistError(f"the connection that listened to {channel} has ended")

    async def invalidate(self) -> None:
        """End the session at once, with its locks."""
        self._raw.terminate()


class Database:
    """The pool of connections of one service: up to `size`, the one used last first.

    A connection that the server closed while it was idle is replaced unseen. It is not asked before use: that
    would be a statement more each time.
    """

    def __init__(self, url: str, size: int = 10, ring: KeyRing | None = None) -> None:
        self._dsn = url.replace("+asyncpg", "")
        self._name = urlsplit(url).path.lstrip("/")
        self.ring = ring
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Any] = []

    def reading(self) -> Connection:
        """A connection that is borrowed for each statement, no longer than it runs."""
        return _Borrowing(self)

    @contextlib.asynccontextmanager
    async def connect(self, *, new: bool = False) -> AsyncIterator[Connection]:
        """A connection on which each statement is a transaction of its own; a `new` one where wanted."""
        await self._acquire_slot()
        raw = None
        try:
            raw = await (self._open() if new else self._idle_or_open())
            yield Connection(raw, self.ring)
        except (asyncio.CancelledError, *ENDED):
            if raw is not None:
                raw.terminate()  # a statement may still be running, or the server has closed it
            raise
        finally:
            self._release(raw)

    @contextlib.asynccontextmanager
    async def begin(self, *, undone: bool = False) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back where something is raised.

        One that is `undone` is rolled back in any case.
        """
        began_ns = epoch_ns()
        await self._acquire_slot()
        raw, failure = None, "ended"
        try:
            raw = await self._begin_on_live()
            yield Connection(raw, self.ring)
            await raw.execute("rollback" if undone else "commit")
            failure = ""
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            if failure and not (raw is None or raw.is_closed()):
                with contextlib.suppress(*_DEAD):
                    await raw.execute("rollback")
            self._release(raw)
            spans.record_transaction(self._name, began_ns, failure or None)

    async def _acquire_slot(self) -> None:
        """TimeoutError where all connections stay in use for ten seconds."""
        if self._slots.locked():
            async with asyncio.timeout(ACQUIRE_S):
                await self._slots.acquire()
        else:
            await self._slots.acquire()

    async def _idle_or_open(self) -> Any:
        while self._idle:
            raw = self._idle.pop()
            if not raw.is_closed():
                return raw
        return await self._open()

    async def _begin_on_live(self) -> Any:
        """Begin a transaction; on a new connection where the server has closed the idle one."""
        try:
            return await _begin(await self._idle_or_open())
        except _DEAD:
            return await _begin(await self._open())

    def _release(self, raw: Any) -> None:
        self._slots.release()
        if raw is not None and not raw.is_closed():
            if raw.is_in_transaction():
                raw.terminate()
            else:
                self._idle.append(raw)

    async def _open(self) -> Any:
        raw = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_S,
            max_cached_statement_lifetime=0,
            server_settings=_SERVER_SETTINGS,
        )
        for kind in ("json", "jsonb"):
            await raw.set_type_codec(
                kind, schema="pg_catalog", encoder=_as_written, decoder=orjson.loads, format="text"
            )
        return raw

    async def dispose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            with contextlib.suppress(*_DEAD):
                await self._idle.pop().close(timeout=5)


class _Borrowing(Connection):
    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        super().__init__(None, database.ring)
        self._database = database

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Result:
        """Run `statement`; once more, on a new connection, where the server has closed the idle one.

        Another idle one would not do: after a restart of the server all of them are closed.
        """
        try:
            async with self._database.connect() as conn:
                return await conn.execute(statement, values)
        except ENDED:
            async with self._database.connect(new=True) as conn:
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


@lru_cache(maxsize=4096)
def _numbered(statement: str) -> tuple[str, list[str]]:
    """The statement with `$1`, `$2` for its named values, and their names in that order."""
    names = list(dict.fromkeys(VALUE.findall(statement)))
    return VALUE.sub(lambda match: f"${names.index(match[1]) + 1}", statement), names


async def ping(conn: Connection) -> None:
    """Raise an error of `DATABASE_ERRORS` where the database does not answer."""
    await conn.execute(text("select 1"))
