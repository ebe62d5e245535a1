"""What is counted of each unit: cards that stand, and promises made, kept and broken (说到做到)."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedPostgres
from services.escalation.queries import unit_records
from shared.database.connection import Connection, Database
from shared.judging.sight import Sight
from shared.web.paging import Page
from tests.city import APPEALS, NOTIFY

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

ALL = Sight(None, frozenset())


@pytest.fixture
async def conn(postgres: EmbeddedPostgres) -> AsyncIterator[Connection]:
    """A transaction with three cases, rolled back."""
    await postgres.ensure(["unit_records"])
    database = Database(postgres.dsn("unit_records", "unit_records"), 1)
    async with database.connect() as conn:
        await conn.execute(text("begin"))
        await conn.execute(text("create table cases (file jsonb)"))
        yield conn
        await conn.execute(text("rollback"))
    await database.dispose()


def promise(unit: str, verdict: str, deadline: str = "promise") -> dict[str, Any]:
    return {"unit": unit, "deadline": deadline, "verdict": verdict}


def card(unit: str, status: str) -> dict[str, Any]:
    return {"unit": unit, "status": status}


async def keep(conn: Connection, pack: str, cards: list[Any], deadlines: list[Any]) -> None:
    file = orjson.dumps({"pack": pack, "cards": cards, "deadlines": deadlines}).decode()
    await conn.execute(text("insert into cases values (cast(:file as jsonb))"), {"file": file})


async def counted(
    conn: Connection, sight: Sight = ALL, unit: str | None = None, **page: Any
) -> list[tuple[Any, ...]]:
    rows = await unit_records(conn, Page(**{"after": None, "limit": 10, **page}), sight, unit)
    return [tuple(row.values()) for row in rows]


async def test_cards_and_promises_of_each_unit_are_counted_over_all_cases(conn: Connection) -> None:
    """Of the roads: one kept, one broken, one that runs; one that an earlier day replaced does not count."""
    roads = [promise("roads", verdict) for verdict in ("met", "overdue", "open", "void")]
    await keep(conn, "bozhou-2024@3", [card("roads", "issued"), card("roads", "withdrawn")], roads)
    await keep(conn, "bozhou-2024@3", [card("east", "upheld")], [promise("roads", "overdue", "reply")])
    await keep(conn, "bozhou-2024@3", [], [promise("water", "met"), promise("water", "met")])
    # unit, cards, promised, kept, broken
    roads_, east, water = ("roads", 1, 3, 1, 1), ("east", 1, 0, 0, 0), ("water", 0, 2, 2, 0)
    assert await counted(conn) == [east, roads_, water]
    assert await counted(conn, unit="roads") == [roads_]
    assert await counted(conn, limit=1) == [east, roads_]  # and one more, for the cursor
    assert await counted(conn, after=["roads"]) == [water]


async def test_what_a_pack_keeps_confidential_is_counted_for_its_readers_alone(conn: Connection) -> None:
    await keep(conn, "xx-city-2022-clues@3.1", [card("roads", "issued")], [])
    hidden = Sight(None, frozenset({"xx-city-2022-clues@3"}))
    assert await counted(conn, hidden) == []
    assert await counted(conn) == [("roads", 1, 0, 0, 0)]
