"""An insider has the databases and not the key: what he changes behind the services is found in an export."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive.audit import verified
from huying.archive.export import export
from huying.archive.files import Broken
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from shared.audit import seals
from shared.audit.links import ChainWriter
from shared.database.connection import Database
from tests.city import ALL, City, local
from tests.exported import Urls, counted, execute, urls_of
from tests.scenarios.test_verify import story

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = seals.public_bytes(KEY)
TABLES = ("outbox", "links", "seals")


@pytest.fixture(scope="module")
async def sealed(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Urls:
    """A city with a story, at rest and sealed."""
    folder = tmp_path_factory.mktemp("broker")
    async with EmbeddedBroker(folder) as broker, City(postgres, broker, services=ALL) as city:
        await story(city)
        for context in city.services.values():
            midnight, at = local("2026-11-21 00:00"), local("2026-11-21 00:01")
            async with context.engine.begin() as conn:
                await seals.seal(conn, context.service.name, midnight, at, KEY)
    return urls_of(postgres)


@pytest.fixture
async def urls(sealed: Urls) -> AsyncIterator[Urls]:
    """The city; what a test changes at dispatch is put back."""
    await execute(sealed, "dispatch", *(f"create table kept_{name} as table {name}" for name in TABLES))
    yield sealed
    back = [f"insert into {name} overriding system value table kept_{name}" for name in TABLES]
    dropped = [f"drop table kept_{name}" for name in TABLES]
    await execute(sealed, "dispatch", f"truncate {', '.join(TABLES)}", *back, *dropped)


async def named(urls: Urls, tmp_path: Path) -> str:
    """What is found in an export."""
    file = tmp_path / "inside.ndjson"
    await export(urls, file, KEY, records=False)
    with pytest.raises(Broken) as broken:
        verified(file, [PUBLIC])
    return str(broken.value)


RESPONDED = "(select min(seq) from outbox where type = 'appeal.responded.v1')"


async def test_an_untouched_city_is_as_it_said(urls: Urls, tmp_path: Path) -> None:
    file = tmp_path / "city.ndjson"
    await export(urls, file, KEY, records=False)
    verdict = verified(file, [PUBLIC])
    assert verdict.seals == 4  # financing said nothing
    assert verdict.signed


async def test_a_reply_dated_back_in_the_database_is_named(urls: Urls, tmp_path: Path) -> None:
    query = f"update outbox set occurred_at = occurred_at - interval '1 day' where seq = {RESPONDED}"
    await execute(urls, "dispatch", query)
    words = await named(urls, tmp_path)
    assert "was altered" in words
    assert "dispatch number 8" in words
    assert "case BZ-20261109-00001, position 2" in words


async def test_an_event_deleted_in_the_database_is_named(urls: Urls, tmp_path: Path) -> None:
    await execute(urls, "dispatch", f"delete from outbox where seq = {RESPONDED}")
    assert "of dispatch was gone from the database" in await named(urls, tmp_path)


async def test_an_event_put_in_as_if_it_had_been_said_is_named(urls: Urls, tmp_path: Path) -> None:
    query = """
        insert into outbox (event_id, topic, key, type, occurred_at, body, sent_at)
        select gen_random_uuid(), topic, key, type, occurred_at, body, sent_at from outbox
        where type = 'appeal.responded.v1' limit 1
    """
    await execute(urls, "dispatch", query)
    assert "put into the outbox of dispatch and never said" in await named(urls, tmp_path)


async def test_who_makes_the_links_anew_is_caught_by_the_seal(urls: Urls, tmp_path: Path) -> None:
    dated_back = f"update outbox set occurred_at = occurred_at - interval '1 day' where seq = {RESPONDED}"
    await execute(urls, "dispatch", dated_back, "truncate links, seals")
    database = Database(urls["dispatch"])
    async with database.connect() as conn:
        await ChainWriter("dispatch").begin(conn, database, local("2026-11-10 00:00"))
    await database.dispose()
    await execute(urls, "dispatch", "insert into seals table kept_seals")
    assert await counted(urls, "dispatch", "select count(*) from links") == 11
    assert "the head of dispatch for day 2026-11-20 was" in await named(urls, tmp_path)
