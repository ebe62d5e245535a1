"""The migrated databases are those that the services' tables describe."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
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
