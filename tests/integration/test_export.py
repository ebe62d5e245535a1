"""What an export holds, which files are refused, and the chain and its seals at work."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive import files as archive
from huying.archive import tables
from huying.archive.audit import verified
from huying.archive.databases import connected
from huying.archive.export import consistent_cut, export, state
from huying.archive.files import Broken
from huying.archive.rebuild import differences, rebuild
from huying.archive.tables import Treatment
from huying.commands.archive import export_history, rebuild_city
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from shared.audit import seals
from shared.database.connection import Database
from shared.service.clock import WallClock
from tests.city import ALL, INTAKE, City, local
from tests.exported import Restarted, Urls, counted, execute, heard_by_desks, now, urls_of, wiped
from tests.forging import relinked, replaced
from tests.lending import banks
from tests.scenarios.test_verify import story

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = seals.public_bytes(KEY)
SAID = 11
"""What dispatch says in the story: three units, four assignments, four reports of units."""


@pytest.fixture
def urls(postgres: EmbeddedPostgres) -> Urls:
    return urls_of(postgres)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the test's own: on a module's, an emptied city would hear those of the tests before."""
    async with EmbeddedBroker(tmp_path / "broker") as started:
        yield started


@pytest.fixture(scope="module")
async def exported(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with a story, with a message that is parked and an act that came too late."""
    folder: Path = tmp_path_factory.mktemp("exported")
    async with EmbeddedBroker(folder) as broker, City(postgres, broker, services=ALL) as city:
        await story(city)
        urls = urls_of(postgres)
        await heard_by_desks(urls)
    late = "update history set late = true where type = 'appeal.responded.v1'"
    await execute(urls, "escalation", late, PARKED)
    await export(urls, folder / "city.ndjson", None, records=True)
    return folder / "city.ndjson"


PARKED = """
    insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
    values ('intake.events', 1, 2, 'c', 'k', '{"a": "b"}', '\\x00ff', 'unreadable')
"""


@pytest.fixture
async def filled(exported: Path, postgres: EmbeddedPostgres, urls: Urls) -> Path:
    """The same, rebuilt."""
    await wiped(postgres)
    await rebuild(exported, urls)
    return exported


async def test_late_acts_and_parked_messages_come_back_too(
    exported: Path, postgres: EmbeddedPostgres, urls: Urls
) -> None:
    await wiped(postgres)
    assert differences(*await rebuild(exported, urls)) == []
    assert await counted(urls, "escalation", "select count(*) from history where late") == 1
    assert await counted(urls, "escalation", "select count(*) from parked where body = '\\x00ff'") == 1


@pytest.mark.usefixtures("filled")
async def test_a_table_that_is_not_the_same_is_named(urls: Urls) -> None:
    """Whatever row is taken away, the comparison sees it."""
    before = await now(urls)
    compared = [
        placed
        for placed in tables.all_tables()
        if before.get(f"{placed.service}.{placed.name}", {}).get("rows")
    ]
    assert len(compared) > 15
    for placed in compared:
        async with consistent_cut(urls) as taken, connected(placed.service, urls[placed.service]) as conn:
            transaction = conn.transaction()
            await transaction.start()
            row = f'select ctid from "{placed.name}" where {{}} limit 1'
            gone = f'delete from "{placed.name}" where ctid in ({row})'
            await conn.execute(
                gone.format(placed.table.where if placed.table.treatment is Treatment.RECORD else "true")
            )
            changed = await state({**taken.connections, placed.service: conn})
            assert differences(before, changed) == [f"{placed.service}.{placed.name}"]
            await transaction.rollback()


@pytest.mark.usefixtures("filled")
async def test_moments_of_a_case_are_compared_whatever_zone_they_are_written_in(urls: Urls) -> None:
    before = await now(urls)
    issued = "update cases set file = jsonb_set(file, '{cards,0,issued_at}', to_jsonb(%s)) where %s"
    moment, carded = "(file#>>'{cards,0,issued_at}')::timestamptz", "jsonb_array_length(file->'cards') > 0"
    here = f"to_char({moment} + interval '8 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+08:00\"')"
    await execute(urls, "escalation", issued % (here, carded))
    rewritten = "select count(*) from cases where file#>>'{cards,0,issued_at}' like '%+08:00'"
    assert await counted(urls, "escalation", rewritten) > 0
    assert differences(before, await now(urls)) == []
    await execute(urls, "escalation", issued % (f"{moment} + interval '1 second'", carded))
    assert differences(before, await now(urls)) == ["escalation.cases"]


async def test_databases_that_hold_something_are_not_touched(filled: Path, urls: Urls) -> None:
    before = await now(urls)
    with pytest.raises(ValueError, match=r"the database of intake is not empty \(outbox, links, .*appeals"):
        await rebuild(filled, urls)
    assert await now(urls) == before


async def test_the_commands_take_databases_that_a_file_names(
    filled: Path, postgres: EmbeddedPostgres, urls: Urls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, file, nowhere = tmp_path / "databases.yaml", tmp_path / "again.ndjson.gz", tmp_path / "nowhere"
    before = await now(urls)
    named.write_text(yaml.safe_dump(urls), "utf-8")
    await export_history(file, nowhere, named, None, records=True)
    await wiped(postgres)
    await rebuild_city(file, nowhere, named, [])
    assert "intake: put its key ring with" in capsys.readouterr().out
    assert differences(before, await now(urls)) == []
    assert await counted(urls, "intake", "select count(*) from appeals") > 0
    named.write_text(yaml.safe_dump({"intake": urls["intake"]}), "utf-8")
    with pytest.raises(ValueError, match="for dispatch, escalation, financing, notify"):
        await export_history(file, nowhere, named, None, records=True)


async def test_a_file_that_was_altered_is_not_put_back(
    exported: Path, postgres: EmbeddedPostgres, urls: Urls, tmp_path: Path
) -> None:
    await wiped(postgres)
    file = tmp_path / "altered.ndjson"
    altered = await asyncio.to_thread(exported.read_bytes)
    await asyncio.to_thread(file.write_bytes, altered.replace(b"timely", b"Timely", 1))
    with pytest.raises(Broken, match="was altered"):
        await rebuild(file, urls)
    assert await counted(urls, "intake", "select count(*) from outbox") == 0


async def test_a_public_file_has_events_alone(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, urls: Urls, tmp_path: Path
) -> None:
    file = tmp_path / "city.ndjson"
    async with City(postgres, broker, services=ALL) as city:
        appeal = await city.register(text="货车无法进出。")
    await export(urls, file, KEY, records=False)
    content = file.read_text("utf-8")
    assert appeal["registration_number"] in content
    for private in ("货车无法进出", "13800000000", "王工", archive.RECORD):
        assert private not in content
    assert verified(file, [PUBLIC]).records == 0
    await wiped(postgres)
    with pytest.raises(ValueError, match="without records"):
        await rebuild(file, urls)


async def test_a_backup_has_no_secret_of_a_bank(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, urls: Urls, tmp_path: Path
) -> None:
    file, path = tmp_path / "city.ndjson", "/financing/banks/bank-a"
    async with City(postgres, broker, services=ALL) as city:
        await banks(city, "bank-a", ways=("webhook",))
        await city.ok("office", "PUT", f"{path}/endpoint", {"url": "https://bank.example/hook"})
        for _ in range(2):
            assert "whsec_" in str(await city.ok("office", "POST", f"{path}/report-secrets"))
    await export(urls, file, KEY, records=True)
    content = file.read_text("utf-8")
    assert "bank-a" in content
    assert "whsec_" not in content


@pytest.mark.usefixtures("filled")
async def test_each_event_is_linked_once_however_often_it_is_said(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, urls: Urls
) -> None:
    """After a rebuild all is said to a new broker, and all is linked already."""
    async with Restarted(postgres, broker, services=ALL) as city:
        await city.move_to("2026-11-20 09:00")
    assert await counted(urls, "dispatch", "select count(*) from outbox where sent_at is null") == 0
    assert await counted(urls, "dispatch", "select count(*) from links") == SAID


@pytest.mark.usefixtures("filled")
async def test_what_was_said_before_there_was_a_chain_is_linked_at_the_next_start(
    broker: EmbeddedBroker, postgres: EmbeddedPostgres, urls: Urls, tmp_path: Path
) -> None:
    await execute(urls, "dispatch", "truncate links", "update outbox set sent_at = now()")
    file = tmp_path / "old.ndjson"
    await export(urls, file, KEY, records=False)
    assert verified(file).signed
    async with Restarted(postgres, broker, services=ALL) as city:
        await city.move_to("2026-11-20 10:00")
    assert await counted(urls, "dispatch", "select count(*) from links") == SAID
    await export(urls, file, KEY, records=False)
    assert verified(file).signed


@pytest.mark.usefixtures("filled")
async def test_a_day_is_sealed_once_and_goes_on_from_the_last(urls: Urls) -> None:
    days = "update links set linked_at = timestamptz '2026-11-10 12:00+8' + (number / 5) * interval '1 day'"
    await execute(urls, "dispatch", days)
    engine, heads = Database(urls["dispatch"]), []
    for day in (11, 11, 12, 13):
        midnight = local(f"2026-11-{day} 00:00")
        async with engine.begin() as conn:
            heads.append(await seals.seal(conn, "dispatch", midnight, midnight, KEY))
    await engine.dispose()
    sealed = [head and (str(head.day), head.upto) for head in heads]
    assert sealed == [("2026-11-10", 4), None, ("2026-11-11", 9), ("2026-11-12", SAID)]


@pytest.mark.usefixtures("filled")
async def test_a_service_with_a_key_seals_by_itself(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, urls: Urls, tmp_path: Path
) -> None:
    await execute(urls, "intake", "update links set linked_at = now() - interval '2 days'")
    seals.make_key(tmp_path / "seal.key")
    settings: dict[str, Any] = {"seal_key": tmp_path / "seal.key", "clock": "wall"}
    async with Restarted(postgres, broker, services=(INTAKE,), **settings), asyncio.timeout(20):
        while not await counted(urls, "intake", "select count(*) from seals"):
            await asyncio.sleep(0.05)
    assert await counted(urls, "intake", "select max(upto) from seals") == 5


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "seal.key"
    seals.make_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    seals.read_key(file)
    file.chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        seals.read_key(file)


async def test_an_export_holds_up_no_judgement(postgres: EmbeddedPostgres, urls: Urls) -> None:
    """A long transaction holds the horizon, unless it is a reader's."""
    await wiped(postgres)
    database = Database(urls["intake"])
    async with consistent_cut(urls), database.connect() as conn:
        await asyncio.sleep(0.3)
        first = await WallClock().horizon(conn)
        await asyncio.sleep(0.3)
        assert await WallClock().horizon(conn) > first
        async with database.begin() as writing:
            await writing.execute(sa.text("select 1"))
            await asyncio.sleep(0.2)  # the horizon is 50 ms behind
            held = await WallClock().horizon(conn)
            await asyncio.sleep(0.2)
            assert await WallClock().horizon(conn) == held
    await database.dispose()


def test_every_table_of_every_service_has_its_place() -> None:
    for service in SERVICES:
        declared = set(tables.metadata(service).tables)
        placed = {table.name for table in tables.tables(service)}
        assert declared == placed, (
            f"huying/archive/tables.py says nothing of {sorted(declared ^ placed)} of {service}"
        )


def test_services_are_all_there() -> None:
    assert {service.name for service in ALL} == set(SERVICES) == set(tables.OWN)


FORGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an event whose id is none": (replaced(rb'"id":"[0-9a-f-]{36}"', b'"id":"x"'), "does not fit the tables"),
    "an event nested 100,000 deep": (
        replaced(rb'"data":\{.*\}\}$', b'"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "cannot be handled again",
    ),
    "a row of a table of PostgreSQL": (
        replaced(rb'"subject":"numbers"', b'"subject":"pg_class"'),
        "does not fit the tables",
    ),
    "a row with a column that is SQL": (
        replaced(rb'"data":\{"', b'"data":{"\\") select pg_sleep(60) --":1,"'),
        "has no column",
    ),
    "a row with a number of a million digits": (
        replaced(rb'": ?[0-9]+', b'":' + b"9" * 1_000_000),
        "does not fit the tables",
    ),
}


async def test_a_forged_file_leaves_the_databases_as_they_were(
    exported: Path, postgres: EmbeddedPostgres, urls: Urls, tmp_path: Path
) -> None:
    """All links, heads and sums fit, and it is not signed: `audit verify` without a key has no objection."""
    await wiped(postgres)
    before = await now(urls)
    lines = (await asyncio.to_thread(exported.read_bytes)).splitlines()
    file = tmp_path / "forged.ndjson"
    for kind, (change, reason) in FORGED.items():
        start = b'{"sequence"' if "event" in kind else b'{"recordlink"'
        place = next(
            index for index, line in enumerate(lines) if line.startswith(start) and change(line) != line
        )
        forged = relinked([*lines[:place], change(lines[place]), *lines[place + 1 :]])
        await asyncio.to_thread(file.write_bytes, b"".join(line + b"\n" for line in forged))
        verified(file)
        with pytest.raises(ValueError, match=reason):
            await rebuild(file, urls)
        assert await now(urls) == before, kind
    await rebuild(exported, urls)
