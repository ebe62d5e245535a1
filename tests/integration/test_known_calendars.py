"""Calendars on record: what a release brings, what people loaded, and when each was known."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedPostgres
from services.escalation.tables import CASES
from shared.database.connection import Connection, Database
from shared.judging import calendars
from shared.judging.calendars import known, record_loaded, record_published
from shared.rules.time.notices import Notice, Published, checked, published
from shared.service.clock import EPOCH
from tests.city import ZONE, empty
from tests.notices import NOTICE_2027

AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
NOTICE = checked(NOTICE_2027)
THIS_RELEASE = published()


@pytest.fixture
async def conn(postgres: EmbeddedPostgres) -> AsyncIterator[Connection]:
    """In a transaction on an empty database of escalation."""
    await empty(postgres, "escalation")
    database = Database(postgres.dsn("escalation", "escalation"))
    async with database.begin() as conn:
        yield conn
    await database.dispose()


def next_release(*notices: Notice) -> Published:
    return Published("next", (*THIS_RELEASE.notices, *notices))


async def open_case(conn: Connection, number: str, *, provisional: bool) -> None:
    query = """
        insert into cases (appeal_id, registration_number, hash, state, supervised, units, file)
        values (gen_random_uuid(), :number, 1, 'dispatched', false, '{}', cast(:file as jsonb))
    """
    deadline = {"verdict": "open", "provisional": provisional}
    file = orjson.dumps({"judged_upto": "2026-11-10T00:00:00Z", "deadlines": [deadline]}).decode()
    await conn.execute(sa.text(query), {"number": number, "file": file})


async def looked_at_again(conn: Connection) -> set[str]:
    query = "select registration_number from cases where next_due_at is not null"
    return set((await conn.execute(sa.text(query))).scalars())


async def test_the_first_calendar_was_known_all_along_and_is_recorded_once(conn: Connection) -> None:
    assert await record_published(conn, CASES, THIS_RELEASE, AT) == THIS_RELEASE.version
    assert await record_published(conn, CASES, THIS_RELEASE, AT) is None
    (only,) = await known(conn)
    assert (only.known_from, only.notices) == (EPOCH, THIS_RELEASE.notices)


async def test_a_new_release_never_moves_what_was_judged(
    conn: Connection,
) -> None:
    await record_published(conn, CASES, THIS_RELEASE, AT)
    await open_case(conn, "judged further", provisional=True)
    version = await record_published(conn, CASES, next_release(NOTICE), AT)
    _, added = await known(conn)
    assert added.version == version == f"{THIS_RELEASE.version}+next"
    assert added.notices == (NOTICE,)
    assert added.known_from == datetime(2026, 11, 10, tzinfo=UTC) + timedelta(microseconds=1)
    assert await looked_at_again(conn) == {"judged further"}


async def test_a_year_that_people_loaded_stays_whatever_a_release_says(conn: Connection) -> None:
    await record_published(conn, CASES, THIS_RELEASE, AT)
    await record_loaded(conn, CASES, NOTICE, AT)
    other = replace(NOTICE, notice="other", work=frozenset())
    assert await record_published(conn, CASES, next_release(other), AT) is None
    assert len(await known(conn)) == 2


async def test_only_cases_that_a_notice_may_move_are_looked_at_again(conn: Connection) -> None:
    await record_published(conn, CASES, THIS_RELEASE, AT)
    await open_case(conn, "provisional", provisional=True)
    await open_case(conn, "settled", provisional=False)
    in_its_year = {day: why for day, why in NOTICE.off.items() if day.year == 2027}
    plain = Notice(2027, "一号", in_its_year, frozenset())
    assert await record_loaded(conn, CASES, plain, AT) == ((await known(conn))[1], 1)
    assert await looked_at_again(conn) == {"provisional"}
    _, again = await record_loaded(conn, CASES, NOTICE, AT)  # moves days of December 2026 too
    assert again == 2


async def test_calendars_are_read_again_only_when_one_was_added(conn: Connection) -> None:
    await record_published(conn, CASES, THIS_RELEASE, AT)
    cache = calendars.KnownCalendars(ZONE)
    first = await cache.upto(conn, 1)
    assert await cache.upto(conn, 1) is first
    await record_loaded(conn, CASES, NOTICE, AT)
    assert [at for at, _ in (await cache.upto(conn, 2)).later] == [AT]
