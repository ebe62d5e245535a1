"""What judges and gauges ask of their databases reads an index, however old the city is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedPostgres
from services import migrations
from services.desks import gauges
from services.escalation import queries
from shared.database.connection import Database
from shared.database.migrations import migrate, migration_engine
from tests.integration.test_desks_plans import Explaining, whole_tables

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
CASES = """
    insert into cases (appeal_id, registration_number, hash, state, supervised, units, file, next_due_at)
    select gen_random_uuid(), 'BZ-' || n, n * 7919, 'dispatched', false, '{}', '{}',
      cast(:now as timestamptz) + (n - 6000) * interval '1 minute'
    from generate_series(1, 12000) n
"""
FILES = """
    insert into appeals (appeal_id, registration_number, file)
    select gen_random_uuid(), 'BZ-' || n, '{"pack": "bozhou-2024@3"}' from generate_series(1, 6000) n
"""


async def database_of(postgres: EmbeddedPostgres, service: str) -> Database:
    """A database with the tables of a service, and nothing in them."""
    name = f"{service}_plans"
    await postgres.ensure((name,))
    url = postgres.dsn(name, name)
    database = Database(url)
    async with database.connect() as conn:
        await conn.execute(text("drop schema public cascade"))
        await conn.execute(text("create schema public"))
    engine = migration_engine(url)
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()
    return database


@pytest.fixture(scope="module")
async def escalation(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """Twelve thousand cases, of which half are due."""
    database = await database_of(postgres, "escalation")
    async with database.connect() as conn:
        await conn.execute(text(CASES), {"now": NOW})
        await conn.execute(text("analyze"))
    yield database
    await database.dispose()


async def test_a_turn_of_the_judge_reads_the_index_in_order_and_no_further_than_it_judges(
    escalation: Database,
) -> None:
    uptos = dict.fromkeys(range(4), NOW)
    async with escalation.connect() as conn:
        explaining = Explaining(conn)
        await queries.lock_due(explaining, uptos, 4, 200)
    assert "Index Scan using cases_due" in explaining.plan, explaining.plan
    assert "Sort" not in explaining.plan, explaining.plan
    assert not whole_tables(explaining.plan) - {"calendars"}


async def test_each_case_is_due_by_the_moment_of_its_own_partition(escalation: Database) -> None:
    uptos = {0: NOW, 2: NOW - timedelta(minutes=3000)}
    async with escalation.connect() as conn:
        due = (await queries.lock_due(conn, uptos, 4, 12_000)).all()
        counts = (
            await conn.execute(
                text(
                    "select mod(hash, 4) as partition, count(*) as due from cases"
                    " where mod(hash, 4) = 0 and next_due_at <= :now"
                    " or mod(hash, 4) = 2 and next_due_at <= :before group by 1"
                ),
                {"now": uptos[0], "before": uptos[2]},
            )
        ).all()
    assert len(due) == sum(row.due for row in counts)
    assert {row.partition for row in counts} == {0, 2}


async def test_the_gauge_of_cases_without_registration_reads_its_index_alone(
    postgres: EmbeddedPostgres,
) -> None:
    database = await database_of(postgres, "desks")
    async with database.connect() as conn:
        await conn.execute(text(FILES))
        await conn.execute(text("analyze"))
        explaining = Explaining(conn)
        await explaining.execute(gauges.GAUGES[0].query, {"now": NOW})
    await database.dispose()
    assert "appeals_unregistered" in explaining.plan, explaining.plan
    assert not whole_tables(explaining.plan)
