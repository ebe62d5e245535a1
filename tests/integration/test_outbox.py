"""The outbox and the parked records, as rows of a service's database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedPostgres
from services import migrations
from shared.database.connection import Connection, Database
from shared.database.migrations import migrate, migration_engine
from shared.encryption.keyring import KeyRing
from shared.messaging.outbox import OutboxRow, UnsentRow, forget, publish
from shared.messaging.parked import ParkedRecord, find_parked, mark_redriven, park
from shared.messaging.records import ReceivedRecord

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = text("select seq, event_id, topic, key, type, occurred_at, traceparent, body from outbox order by seq")
BODY = bytes(range(100))


@pytest.fixture
async def conn(postgres: EmbeddedPostgres) -> AsyncIterator[Connection]:
    """A transaction on a service's database that is rolled back."""
    await postgres.ensure(["outbox"])
    url = postgres.dsn("outbox", "outbox")
    engine = migration_engine(url)
    await migrate(engine, migrations("intake"))
    await engine.dispose()
    database = Database(url, 1, KeyRing("intake", made_ring(postgres.state, "intake")))
    async with database.connect() as conn:
        await conn.execute(text("begin"))
        yield conn
        await conn.execute(text("rollback"))
    await database.dispose()


async def stored(conn: Connection) -> list[OutboxRow]:
    """The rows of the outbox, as they were published."""
    return [OutboxRow(*row[1:]) for row in await conn.execute(ROWS)]


async def announcements(conn: Connection) -> list[UnsentRow]:
    """The rows of the outbox as the relay sends them."""
    return [UnsentRow.of(conn, row) for row in await conn.execute(ROWS)]


def message(key: str, body: str = "{}") -> OutboxRow:
    return OutboxRow(uuid4(), "intake.events", key, "appeal.received.v1", AT, None, body)


async def test_messages_stand_in_the_order_in_which_they_were_published(conn: Connection) -> None:
    messages = [message(f"case-{n % 3}", f'{{"n":{n}}}') for n in range(50)]
    await publish(conn, messages)
    assert await stored(conn) == messages


async def test_a_message_is_published_once_and_the_first_stays(conn: Connection) -> None:
    first = message("case", '{"n":1}')
    await publish(conn, [first])
    await publish(conn, [first._replace(body='{"n":2}'), other := message("case")])
    assert await stored(conn) == [first, other]


async def test_a_forgotten_message_is_gone(conn: Connection) -> None:
    await publish(conn, messages := [message("case"), message("case")])
    await forget(conn, [messages[0].event_id])
    assert await stored(conn) == messages[1:]


async def test_what_is_no_event_is_encrypted_until_it_leaves(conn: Connection) -> None:
    body = '{"phone":"13977771234"}'
    await publish(conn, [message("case")._replace(topic="banks.abc.requests", body=body)])
    (row,) = (await conn.execute(ROWS)).all()
    assert "13977771234" not in row.body
    assert UnsentRow.of(conn, row).body == body


async def test_a_parked_record_is_announced_once_with_its_reason(conn: Connection) -> None:
    headers = [("ce_id", b"\xff\x00"), ("trace", b"1")]
    raw = ParkedRecord("", AT, "dispatch.events", 3, 42, b"case", BODY, headers)
    record = ReceivedRecord(raw, None, "cannot be read")
    await park(conn, "intake", "cluster", record)
    await park(conn, "intake", "cluster", record)
    (row,) = await announcements(conn)
    assert (row.topic, row.key, row.type) == ("intake.parked", "case", "huying.parked.v1")
    assert orjson.loads(row.body) == {
        "topic": "dispatch.events",
        "partition": 3,
        "offset": 42,
        "reason": "cannot be read",
        "headers": {},
        "left_out": len(BODY),
    }


async def test_a_parked_record_waits_until_it_is_redriven(conn: Connection) -> None:
    raw = ParkedRecord("", AT, "dispatch.events", 3, 43, None, None, [("trace", b"1")])
    await park(conn, "intake", "cluster", ReceivedRecord(raw, None, "cannot be read"))
    (parked_id,) = (await conn.execute(text('select id from parked where "offset" = 43'))).scalars()
    parked = await find_parked(conn, parked_id)
    assert parked is not None
    assert (parked.topic, parked.offset, parked.key, parked.headers) == (
        "dispatch.events",
        43,
        None,
        [("trace", b"1")],
    )
    await mark_redriven(conn, parked_id)
    assert await find_parked(conn, parked_id) is None


@pytest.mark.parametrize(
    ("key", "headers", "body"),
    [
        (b"case", [("trace", b"1")], b"\xff" * 900_000),
        (b"case", [("trace", b"\x01" * 200_000)], b"{}"),
        (b"k" * 100_000, [("trace", b"1")], b"{}"),
    ],
)
async def test_what_was_parked_is_left_out_of_the_topic_and_encrypted_in_the_table(
    conn: Connection, key: bytes, headers: list[tuple[str, bytes]], body: bytes
) -> None:
    raw = ParkedRecord("", AT, "banks.abc.replies", 3, 44, key, body, headers)
    await park(conn, "financing", "cluster", ReceivedRecord(raw, None, "malformed"))
    (row,) = await announcements(conn)
    assert row.key == key.decode()[:200]
    assert orjson.loads(row.body) == {
        "topic": "banks.abc.replies",
        "partition": 3,
        "offset": 44,
        "reason": "malformed",
        "headers": {},
        "left_out": len(body),
    }
    ((kept_id, kept_body, kept_headers),) = await conn.execute(
        text('select id, body, headers from parked where "offset" = 44')
    )
    assert body[:100] not in kept_body
    assert isinstance(kept_headers, str)
    kept = await find_parked(conn, kept_id)
    assert kept is not None
    assert (kept.key, kept.value, kept.headers) == (key, body, headers)
