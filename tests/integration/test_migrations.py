"""The migrated databases are those that the services' tables describe."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from huying.local.embedded import EmbeddedPostgres
from services import SERVICES, migrations
from shared.database.migrations import migrate, migration_engine


@pytest.fixture(params=SERVICES)
async def fresh(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres
) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """A service, and an empty database for it."""
    name = f"fresh_{request.param}"
    await postgres.ensure([name])
    engine = migration_engine(postgres.dsn(name, name))
    async with engine.begin() as conn:
        await conn.execute(sa.text("drop schema public cascade"))
        await conn.execute(sa.text("create schema public"))
    yield request.param, engine
    await engine.dispose()


async def differences(service: str, engine: AsyncEngine) -> list[Any]:
    metadata = importlib.import_module(f"services.{service}.tables").metadata
    options = {"compare_type": True, "compare_server_default": True}

    def compare(connection: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with engine.connect() as conn:
        return await conn.run_sync(compare)


async def test_a_migrated_database_is_what_the_tables_say(fresh: tuple[str, AsyncEngine]) -> None:
    service, engine = fresh
    assert await differences(service, engine) != []
    await migrate(engine, migrations(service))
    assert await differences(service, engine) == []


async def test_migrating_again_changes_nothing(fresh: tuple[str, AsyncEngine]) -> None:
    service, engine = fresh
    await migrate(engine, migrations(service))
    async with engine.begin() as conn:
        await conn.execute(sa.text("insert into heard values ('intake.events', 0, 'c', now())"))
    await migrate(engine, migrations(service))
    async with engine.connect() as conn:
        assert (await conn.execute(sa.text("select count(*) from heard"))).scalar_one() == 1
    assert await differences(service, engine) == []


async def test_replicas_that_start_together_take_turns(fresh: tuple[str, AsyncEngine]) -> None:
    service, engine = fresh
    await asyncio.gather(*(migrate(engine, migrations(service)) for _ in range(4)))
    assert await differences(service, engine) == []


async def test_an_older_version_starts_on_what_a_newer_one_migrated(fresh: tuple[str, AsyncEngine]) -> None:
    service, engine = fresh
    await migrate(engine, migrations(service))
    async with engine.begin() as conn:
        await conn.execute(sa.text("update alembic_version set version_num = '9999'"))
    await migrate(engine, migrations(service))
    async with engine.connect() as conn:
        assert (await conn.execute(sa.text("select version_num from alembic_version"))).scalar_one() == "9999"


FIRST = "create table one (id integer); create table two (id integer)"
TWO_LOCKS = "alter table two add column more integer; alter table one add column more integer"


def release(folder: Path, *migrations: str) -> None:
    """Write the migrations of an invented service, each as statements of SQL."""
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "env.py").write_text(
        "import sqlalchemy\nfrom shared.database.migrations import run\nrun(sqlalchemy.MetaData())\n"
    )
    for number, statements in enumerate(migrations, 1):
        (folder / "versions" / f"{number:04}.py").write_text(
            f"from alembic import op\nrevision = '{number:04}'\n"
            f"down_revision = {f'{number - 1:04}' if number > 1 else None!r}\n"
            f"def upgrade():\n    for statement in {statements.split('; ')}:\n        op.execute(statement)\n"
        )


async def revision_and_columns(engine: AsyncEngine) -> tuple[str, list[str]]:
    columns = "select column_name from information_schema.columns where table_name = 'one' order by 1"
    async with engine.connect() as conn:
        revision = (await conn.execute(sa.text("select version_num from alembic_version"))).scalar_one()
        return revision, list((await conn.execute(sa.text(columns))).scalars())


@pytest.mark.parametrize("fresh", ["intake"], indirect=True)
async def test_a_migration_gives_way_to_who_is_at_work(
    fresh: tuple[str, AsyncEngine], tmp_path: Path
) -> None:
    _, engine = fresh
    release(tmp_path, FIRST)
    await migrate(engine, tmp_path)
    release(tmp_path, FIRST, TWO_LOCKS, "alter table one add column most integer")
    waiting = "select count(*) from pg_locks where not granted and relation = 'one'::regclass"
    async with engine.connect() as at_work, engine.connect() as watching:
        await at_work.execute(sa.text("insert into one values (1)"))
        migrating = asyncio.create_task(migrate(engine, tmp_path))
        while not (await watching.execute(sa.text(waiting))).scalar_one():
            assert not migrating.done()
        await at_work.execute(sa.text("insert into two values (1)"))
        await at_work.commit()
        await migrating
    assert await revision_and_columns(engine) == ("0003", ["id", "more", "most"])


@pytest.mark.parametrize("fresh", ["intake"], indirect=True)
async def test_what_was_migrated_before_a_failure_stays(
    fresh: tuple[str, AsyncEngine], tmp_path: Path
) -> None:
    _, engine = fresh
    release(tmp_path, FIRST)
    await migrate(engine, tmp_path)
    release(tmp_path, FIRST, TWO_LOCKS, "alter table one add column most integer; select wrong")
    with pytest.raises(DBAPIError, match="wrong"):
        await migrate(engine, tmp_path)
    assert await revision_and_columns(engine) == ("0002", ["id", "more"])
