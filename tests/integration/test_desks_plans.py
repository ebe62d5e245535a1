"""Searches and lists use their indexes, on an invented past of some thousand cases."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import TextClause, text

from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedPostgres
from huying.local.grow.lists import write
from services.desks.finding import queries
from services.desks.finding.conditions import MatchesElsewhere, Scope
from services.desks.finding.parameters import wanted
from services.desks.legs import queries as leg_queries
from services.desks.legs.queries import WantedLegs
from services.desks.loans import queries as loan_queries
from services.desks.loans.queries import WantedLoans
from services.intake.search import queries as intake_queries
from shared.database.connection import Connection, Database, Result
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from shared.judging.sight import Sight

pytestmark = pytest.mark.slow
CASES = 6_000
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
HASHES = Hashes("a key for tests alone")
SCOPE = Scope(Sight(None, frozenset()), None, NOW, ZoneInfo("Asia/Shanghai"))


class Explaining(Connection):
    """A connection that explains statements and runs none."""

    __slots__ = ("_conn", "plan")

    def __init__(self, conn: Connection) -> None:
        super().__init__(None)
        self._conn = conn
        self.plan = ""

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Result:
        rows = await self._conn.execute(text(f"explain {statement.text}"), values)
        self.plan = "\n".join(rows.scalars())
        return Result([])


def rings_of(postgres: EmbeddedPostgres) -> dict[str, KeyRing]:
    """The key rings of intake and desks."""
    return {service: KeyRing(service, made_ring(postgres.state, service)) for service in ("intake", "desks")}


def whole_tables(plan: str) -> set[str]:
    """The tables that a plan reads from end to end, but for the small directory of units."""
    return set(re.findall(r"Seq Scan on (\w+)", plan)) - {"units"}


@pytest.fixture(scope="module")
async def grown(postgres: EmbeddedPostgres) -> AsyncIterator[dict[str, Database]]:
    """The databases of intake and desks with an invented past."""
    names = {"intake": "intake_grown", "desks": "desks_grown"}
    await postgres.ensure(tuple(names.values()))
    urls = {service: postgres.dsn(name, name) for service, name in names.items()}
    for url in urls.values():
        database = Database(url)
        async with database.connect() as conn:
            await conn.execute(text("drop schema public cascade"))
            await conn.execute(text("create schema public"))
        await database.dispose()
    rings = rings_of(postgres)
    await write(urls, CASES, NOW, HASHES, rings)
    databases = {service: Database(url, ring=rings[service]) for service, url in urls.items()}
    yield databases
    for database in databases.values():
        await database.dispose()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "cases_due"),
        ({"sort": "received"}, "cases_received"),
        ({"sort": "updated"}, "cases_updated"),
        ({"q": "BZ-20261001-00003"}, "cases_number"),
        ({"q": "谯城 红星 饮片"}, "cases_bigrams"),
        ({"enterprise": "谯城红星饮片"}, "cases_bigrams"),
        ({"rating": "not_satisfied", "mark": "inherited", "sort": "received"}, "cases_tags"),
        ({"unit": "unit25", "mark": "petition", "sort": "received"}, "cases_tags"),
    ],
)
async def test_a_search_uses_its_index(grown: dict[str, Database], query: dict[str, Any], index: str) -> None:
    units = [unit] if (unit := query.get("unit")) else None
    async with grown["desks"].connect() as conn:
        explaining = Explaining(conn)
        await queries.cases(explaining, await wanted(**query), SCOPE, MatchesElsewhere(), units, None, 51)
    assert index in explaining.plan, explaining.plan
    assert not whole_tables(explaining.plan)


async def test_a_list_of_a_unit_is_one_range_of_its_index(grown: dict[str, Database]) -> None:
    async with grown["desks"].connect() as conn:
        explaining = Explaining(conn)
        await leg_queries.legs(explaining, WantedLegs(["unit25"]), SCOPE, None, 51)
        assert "legs_unit" in explaining.plan, explaining.plan
        assert not whole_tables(explaining.plan)
        await leg_queries.legs(explaining, WantedLegs(), SCOPE, None, 51)
        assert "legs_due" in explaining.plan, explaining.plan


LOANS = """
    insert into loans (appeal_id, registration_number, pack, product, amount_band, first_loan, state, is_open,
      requested_at, updated_at, due_at)
    select gen_random_uuid(), 'RZ-' || n, 'bozhou-2024', 'working_capital', 'below_5m', false, 'pushed',
      n % 10 = 0, now(), now(), now() + n * interval '1 minute'
    from generate_series(1, 4000) n
"""
BANK_LEGS = """
    insert into bank_legs (leg_id, appeal_id, leg, bank, bank_name, wave, state, pushed_at, due_at)
    select gen_random_uuid(), appeal_id, registration_number || '/' || n, 'bank-' || n, 'bank', 1, 'pushed',
      now(), due_at
    from loans cross join generate_series(1, 5) n
"""


async def test_lists_of_loans_and_of_banks_legs_are_ranges_of_their_indexes(
    grown: dict[str, Database],
) -> None:
    async with grown["desks"].begin() as conn:
        for statement in (LOANS, BANK_LEGS, "analyze loans, bank_legs"):
            await conn.execute(text(statement))
    async with grown["desks"].connect() as conn:
        explaining = Explaining(conn)
        await loan_queries.loans(explaining, WantedLoans(), NOW, None, 51)
        assert "loans_due" in explaining.plan, explaining.plan
        await loan_queries.bank_legs(explaining, WantedLoans(), NOW, None, 51)
        assert "bank_legs_due" in explaining.plan, explaining.plan
        assert not whole_tables(explaining.plan)
        await loan_queries.bank_legs(explaining, WantedLoans(bank="bank-3"), NOW, None, 51)
        assert "bank_legs_bank" in explaining.plan or "bank_legs_due" in explaining.plan, explaining.plan
        assert not whole_tables(explaining.plan)
        rows = await loan_queries.bank_legs(conn, WantedLoans(bank="bank-3"), NOW, None, 501)
    assert len(rows) == 400
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)


async def test_texts_and_phones_are_searched_by_their_hashes(grown: dict[str, Database]) -> None:
    async with grown["intake"].connect() as conn:
        explaining = Explaining(conn)
        await intake_queries.matching(explaining, HASHES.version, HASHES.words("谯城17号"), [])
        assert "search_keys_words" in explaining.plan, explaining.plan
        await intake_queries.matching(explaining, HASHES.version, [], [HASHES.tail("4711")])
        assert "search_keys_tails" in explaining.plan, explaining.plan


async def test_what_is_grown_is_the_same_for_one_seed_and_can_be_found(grown: dict[str, Database]) -> None:
    async with grown["desks"].connect() as conn:
        rows = await queries.cases(
            conn, await wanted(q="道路破损"), SCOPE, MatchesElsewhere(), None, None, 501
        )
        legs = await leg_queries.legs(conn, WantedLegs(["unit25"]), SCOPE, None, 501)
    assert CASES / 40 < len(rows) < CASES / 10
    assert all("道路破损" in row["title"] for row in rows)
    assert [leg["due_at"] for leg in legs] == sorted(leg["due_at"] for leg in legs)
    async with grown["intake"].connect() as conn:
        assert (await conn.execute(text("select count(*) from search_keys"))).scalar_one() == CASES


async def test_a_city_that_has_cases_is_not_grown_again(
    grown: dict[str, Database], postgres: EmbeddedPostgres
) -> None:
    urls = {name: postgres.dsn(f"{name}_grown", f"{name}_grown") for name in ("intake", "desks")}
    with pytest.raises(ValueError, match="has cases already"):
        await write(urls, 1, NOW, HASHES, rings_of(postgres))
