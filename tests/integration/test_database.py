"""Connections: named values by place, transactions kept or undone, and a server that ends sessions."""

import asyncio
import threading
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedPostgres
from services import migrations
from shared.database.connection import Connection, Database
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.database.migrations import migrate, migration_engine
from shared.database.rows import ManyRows, Writes, excluded, insert

END_THE_OTHERS = text(
    """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
    """
)
KEEP = text("insert into inbox (event_id) values (gen_random_uuid())")
SLEEPING = text(
    "select count(*) from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'"
)
COUNT = text("select count(*) from inbox")
SESSION = text("select pg_backend_pid()")


@pytest.fixture(scope="module")
async def url(postgres: EmbeddedPostgres) -> str:
    """A database of the module's own, with the tables of a service."""
    await postgres.ensure(["connections"])
    url = postgres.dsn("connections", "connections")
    engine = migration_engine(url)
    await migrate(engine, migrations("financing"))
    await engine.dispose()
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, 2)
    yield database
    await database.dispose()


async def end_sessions(url: str) -> None:
    """What a restart of the server does to the connections of others."""
    other = Database(url)
    async with other.connect() as conn:
        await conn.execute(END_THE_OTHERS)
    await other.dispose()


def end_sessions_unseen(url: str) -> None:
    """The same while this loop stands still, so that no connection here has heard of its end."""
    thread = threading.Thread(target=lambda: asyncio.run(end_sessions(url)))
    thread.start()
    thread.join()


async def count(conn: Connection) -> int:
    return int((await conn.execute(COUNT)).scalar_one())


async def test_a_named_value_may_stand_twice_and_beside_casts(database: Database) -> None:
    statement = text(
        "select cast(:one as int) + cast(:two as int) * cast(:one as int) as sum, '1'::text as t"
    )
    row = (await database.reading().execute(statement, {"two": 5, "one": 3})).one()
    assert (row.sum, row["sum"], row[0], row.t) == (18, 18, 18, "1")
    assert dict(row) == {"sum": 18, "t": "1"}


async def test_json_comes_as_what_it_holds(database: Database) -> None:
    statement = text("select cast(:file as jsonb) as file")
    assert (await database.reading().execute(statement, {"file": '{"a": [1, "二"]}'})).scalar() == {
        "a": [1, "二"]
    }


async def test_one_row_is_one_row(database: Database) -> None:
    rows = await database.reading().execute(text("select 1 from generate_series(1, 2)"))
    with pytest.raises(LookupError):
        rows.one()


async def test_what_is_raised_in_a_transaction_undoes_it(database: Database) -> None:
    async with database.connect() as conn:
        before = await count(conn)

    async def fail() -> None:
        async with database.begin() as conn:
            await conn.execute(KEEP)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.begin() as conn:
        assert await count(conn) == before
        await conn.execute(KEEP)
    assert (await database.reading().execute(COUNT)).scalar() == before + 1


async def test_one_who_is_cancelled_in_a_transaction_leaves_nothing(database: Database) -> None:
    async with database.connect() as conn:
        before = await count(conn)

    async def wait_for_ever() -> None:
        async with database.begin() as conn:
            await conn.execute(KEEP)
            await conn.execute(text("select pg_sleep(60)"))

    for _ in range(3):
        task = asyncio.create_task(wait_for_ever())
        async with asyncio.timeout(30), database.connect() as conn:
            while not (await conn.execute(SLEEPING)).scalar():
                await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5), database.connect() as first, database.connect() as second:
        assert await count(first) == await count(second) == before


async def test_a_transaction_begins_on_a_new_connection_where_the_server_ended_the_old(
    url: str, database: Database
) -> None:
    async with database.connect() as conn:
        session = (await conn.execute(SESSION)).scalar()
    end_sessions_unseen(url)
    async with database.begin() as conn:
        assert (await conn.execute(SESSION)).scalar() != session
        await conn.execute(KEEP)


async def test_a_reading_goes_on_where_the_server_ended_the_connection(url: str, database: Database) -> None:
    for _ in range(3):
        before = await count(database.reading())
        end_sessions_unseen(url)
        assert await count(database.reading()) == before


async def test_a_reading_goes_on_where_the_server_ended_all_idle_connections(url: str) -> None:
    """A closed socket is noticed by the first write to it, one by one."""
    database = Database(url, 5)
    for _ in range(3):
        await asyncio.gather(*(database.reading().execute(SESSION) for _ in range(5)))
        end_sessions_unseen(url)
        assert await count(database.reading()) >= 0
    await database.dispose()


async def test_a_connection_lost_within_a_transaction_is_an_error_that_passes(
    url: str, database: Database
) -> None:
    async def lose_it() -> None:
        async with database.begin() as conn:
            await conn.execute(KEEP)
            await end_sessions(url)
            await conn.execute(KEEP)

    with pytest.raises(DATABASE_ERRORS) as raised:
        await lose_it()
    assert is_transient(raised.value)
    async with database.begin() as conn:
        await conn.execute(KEEP)


async def test_a_mistake_in_a_statement_does_not_pass(database: Database) -> None:
    with pytest.raises(asyncpg.PostgresError) as raised:
        await database.reading().execute(text("select cast('x' as int)"))
    assert not is_transient(raised.value)


WRITE_ROWS = insert(
    "many",
    {"id": "int", "file": "jsonb", "units": "text[]", "offset": "bigint"},
    also={"at": ":at"},
    ordered=True,
    then=f"on conflict (id) do update set {excluded('file', 'offset')} returning position",
)
MOVE_ROWS = ManyRows(
    'update many m set "offset" = t."offset" from {rows} where m.id = t.id', {"id": "int", "offset": "bigint"}
)


async def test_many_rows_are_written_by_one_statement(database: Database) -> None:
    async with database.begin() as conn:
        await conn.execute(
            text(
                """
                create temporary table many (
                  position int generated always as identity, id int primary key, file jsonb, units text[],
                  "offset" bigint, at text
                ) on commit drop
                """
            )
        )
        rows = [(2, '{"a": 1}', ["x", "y z"], 7), (1, "null", [], 8), (3, None, None, None)]
        assert list((await WRITE_ROWS.execute(conn, rows, at="now")).scalars()) == [1, 2, 3]
        await WRITE_ROWS.execute(conn, [{"id": 1, "file": "[]", "units": ["kept"], "offset": 9}], at="later")
        await MOVE_ROWS.execute(conn, [(3, 10)])
        written = await conn.execute(text("select * from many order by position"))
    assert [tuple(row) for row in written] == [
        (1, 2, {"a": 1}, ["x", "y z"], 7, "now"),
        (2, 1, [], [], 9, "now"),
        (3, 3, None, None, 10, "now"),
    ]


ADD_LETTERS = insert("letters", {"letter": "text"}, also={"at": ":at"}, ordered=True)
ADD_NUMERALS = insert("numerals", {"n": "int"}, then="on conflict (n) do nothing")
MOVE = ManyRows("update moved set n = t.n from {rows} where moved.id = t.id", {"id": "int", "n": "int"})


async def test_writes_to_several_tables_are_one_statement_with_rows_in_order(database: Database) -> None:
    tables = (
        "letters (place int generated always as identity, letter text, at text)",
        "numerals (n int primary key)",
        "moved (id int, n int)",
    )
    async with database.begin() as conn:
        for table in tables:
            await conn.execute(text(f"create temporary table {table} on commit drop"))
        await conn.execute(text("insert into moved values (1, 0), (2, 0)"))
        writes = Writes()
        writes.add(ADD_LETTERS, [("b",), ("a",)], at="now")
        writes.add(ADD_NUMERALS, [(7,), (7,), (8,)])
        writes.add(MOVE, [(2, 5)])
        await writes.execute(conn)
        letters = await conn.execute(text("select place, letter, at from letters order by place"))
        numerals = await conn.execute(text("select n from numerals order by n"))
        moved = await conn.execute(text("select id, n from moved order by id"))
    assert [tuple(row) for row in letters] == [(1, "b", "now"), (2, "a", "now")]
    assert list(numerals.scalars()) == [7, 8]
    assert [tuple(row) for row in moved] == [(1, 0), (2, 5)]
