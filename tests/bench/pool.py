"""Connections: our own pool, beside the same interface on `asyncpg.create_pool`, on one PostgreSQL, in turns.

`create_pool` is taken at its best: connections are made when needed, kept for ever, and not reset on return
(one statement more for each loan). It also begins anew where the server closed the connection.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
import orjson
from sqlalchemy import text

from shared.database.connection import ENDED, Connection, Database
from shared.database.errors import DATABASE_ERRORS
from shared.service.clock import epoch_ns
from shared.telemetry import spans
from tests.bench.ground import bare_database, ground
from tests.bench.measure import Figure, in_turns

SIZE = 10
TARGET = "≥ 110 %"
SESSION = text("select pg_backend_pid() as session where cast(:number as int) >= 0")
WRITE = text("insert into inbox (event_id) values (gen_random_uuid())")
SLEEP = text("select pg_sleep(60)")
END_OTHERS = """
    select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""


class CreatePool(Database):
    """The interface of `Database` on asyncpg's own pool."""

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=SIZE,
            max_queries=1 << 40,
            max_inactive_connection_lifetime=0,
            max_cached_statement_lifetime=0,
            init=_set_codecs,
            reset=_keep_as_it_is,
            server_settings={"timezone": "UTC", "jit": "off"},
        )

    @contextlib.asynccontextmanager
    async def connect(self, *, new: bool = False) -> AsyncIterator[Connection]:
        if new:
            await self._pool.expire_connections()
        async with self._pool.acquire(timeout=10) as raw:
            try:
                yield Connection(raw)
            except ENDED:
                raw.terminate()  # asyncpg's pool would lend it again
                raise

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        began_ns, failure = epoch_ns(), "ended"
        raw = await self._begun()
        try:
            yield Connection(raw)
            await raw.execute("commit")
            failure = ""
        except BaseException as error:
            failure = type(error).__name__
            with contextlib.suppress(*DATABASE_ERRORS, asyncpg.InterfaceError):
                await raw.execute("rollback")
            raise
        finally:
            await self._pool.release(raw)
            spans.record_transaction("bench", began_ns, failure or None)

    async def _begun(self) -> Any:
        for last in (False, True):
            raw = await self._pool.acquire(timeout=10)
            try:
                await raw.execute("begin")
                return raw
            except DATABASE_ERRORS:
                with contextlib.suppress(asyncpg.InterfaceError):  # the pool may have taken it back
                    raw.terminate()
                    await self._pool.release(raw)
                if last:
                    raise
                await self._pool.expire_connections()
        return None

    async def dispose(self) -> None:
        await self._pool.close()


async def _set_codecs(raw: Any) -> None:
    for kind in ("json", "jsonb"):
        await raw.set_type_codec(kind, schema="pg_catalog", encoder=str, decoder=orjson.loads, format="text")


async def _keep_as_it_is(_raw: Any) -> None: ...


async def pool(*, quick: bool) -> list[Figure]:
    """Statements and transactions a second on each pool, also after killed sessions and cancellations."""
    rounds, seconds, times = (1, 0.5, 5) if quick else (7, 2.0, 20)
    async with ground() as fleet:
        url = await bare_database(fleet, "intake")
        ours, theirs = Database(url, SIZE), CreatePool(url, SIZE)
        await theirs.open()
        try:
            return [
                await _figure(work, turn, rounds, ours, theirs)
                for work, turn in (
                    ("a statement, one at a time", partial(_rate, _read, 1, seconds)),
                    ("a statement, twenty at a time", partial(_rate, _read, 20, seconds)),
                    ("a transaction of three, one at a time", partial(_rate, _write, 1, seconds)),
                    ("a transaction of three, twenty at a time", partial(_rate, _write, 20, seconds)),
                    (
                        "a statement after its session was killed",
                        partial(_after_killed, url, times),
                    ),
                    ("a statement that is cancelled", partial(_cancelled, times)),
                )
            ]
        finally:
            await ours.dispose()
            await theirs.dispose()


async def _figure(
    work: str, turn: Callable[[Database], Awaitable[float]], rounds: int, ours: Database, theirs: Database
) -> Figure:
    rates = await in_turns(rounds, ours=partial(turn, ours), theirs=partial(turn, theirs))
    return Figure(work, "a second", rates["ours"], "asyncpg.create_pool", rates["theirs"], TARGET)


async def _rate(
    turn: Callable[[Database], Awaitable[None]], tasks: int, seconds: float, database: Database
) -> float:
    turns, ends_at = 0, time.monotonic() + seconds

    async def work() -> None:
        nonlocal turns
        while time.monotonic() < ends_at:
            await turn(database)
            turns += 1

    await asyncio.gather(*(work() for _ in range(tasks)))
    return turns / seconds


async def _read(database: Database) -> None:
    await database.reading().execute(SESSION, {"number": 1})


async def _write(database: Database) -> None:
    async with database.begin() as conn:
        await conn.execute(SESSION, {"number": 1})
        await conn.execute(WRITE)
        await conn.execute(SESSION, {"number": 2})


async def _after_killed(url: str, times: int, database: Database) -> float:
    """Statements a second of which each finds its connection closed by the server; none may fail."""
    spent_s = 0.0
    for _ in range(times):
        await _read(database)
        _kill_sessions(url)
        began = time.monotonic()
        await _read(database)
        spent_s += time.monotonic() - began
    return times / spent_s


def _kill_sessions(url: str) -> None:
    """While this loop stands still, so that no connection hears of it."""

    async def kill() -> None:
        conn = await asyncpg.connect(url.replace("+asyncpg", ""))
        await conn.execute(END_OTHERS)
        await conn.close()

    thread = threading.Thread(target=lambda: asyncio.run(kill()))
    thread.start()
    thread.join()


async def _cancelled(times: int, database: Database) -> float:
    """Cancelled transactions a second, until the next statement runs again."""
    spent_s = 0.0
    for _ in range(times):
        task = asyncio.create_task(_sleep(database))
        await asyncio.sleep(0.02)
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _read(database)
        spent_s += time.monotonic() - began
    return times / spent_s


async def _sleep(database: Database) -> None:
    async with database.begin() as conn:
        await conn.execute(SLEEP)
