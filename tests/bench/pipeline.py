"""One hop of the pipeline beside bare loops: consume, handle and commit; and the relay.

Rates are read from the times the database gave the rows: the start of each batch's transaction. So neither
the start of a process nor the joining of a consumer group counts.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaProducer

from huying.local.cluster import LocalCluster
from huying.local.embedded import free_port
from shared import events
from shared.messaging import wire
from shared.messaging.broker import BrokerClient
from tests.bench.ground import APPEAL, bare_database, ground, run_bare
from tests.bench.measure import Figure, in_turns

PATIENCE_S = 60
_PUT = """
  insert into outbox (event_id, topic, key, type, occurred_at, body)
  select event, 'intake.events', key, 'appeal.received.v1', now(), body
  from unnest($1::uuid[], $2::text[], $3::text[]) as t (event, key, body)
"""


def received(count: int) -> list[events.AppealReceived]:
    """Invented registrations, as intake says them."""
    now = datetime.now(UTC)
    return [
        events.AppealReceived(
            occurred_at=now,
            appeal_id=uuid4(),
            registration_number=str(uuid4()),
            channel=events.Channel.HOTLINE,
            kind=events.Kind.HELP,
            title=str(APPEAL["title"]),
            enterprise="示例制造有限公司",
            locality="east",
            pack="bozhou-2024@1",
            receipt_hash="0" * 64,
        )
        for _ in range(count)
    ]


class _Rows:
    """The moments that a database gave the rows of a table, in batches.

    A moment is the start of a transaction: it stands before what the batch cost (`ahead`), or behind it.
    """

    def __init__(self, database: str, table: str, column: str, *, ahead: bool) -> None:
        self.database = database
        self._wanted = 0
        self._ahead = ahead
        self._count = f"select count(*) from {table} where {column} is not null"
        self._batches = f"""
          select {column} as at, count(*) as rows
          from (select {column} from {table} where {column} is not null order by 1 desc limit $1) as newest
          group by 1 order by 1
        """

    async def rate(self, count: int) -> float:
        """Rows a second of the next `count`, without the batch that no moment bounds."""
        self._wanted += count
        conn = await _connect(self.database)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await conn.fetchval(self._count) < self._wanted:
                    await asyncio.sleep(0.2)
            batches = await conn.fetch(self._batches, count)
        finally:
            await conn.close()
        unbounded = batches[-1 if self._ahead else 0]["rows"]
        return float((count - unbounded) / (batches[-1]["at"] - batches[0]["at"]).total_seconds())


async def pipeline(*, quick: bool) -> list[Figure]:
    """Registrations a second that dispatch takes in from Kafka."""
    rounds, count = (1, 5_000) if quick else (3, 20_000)
    async with ground() as fleet:
        await _topics(fleet, "intake.events")
        async with _service(fleet, "dispatch"):
            pass  # makes its tables
        ours = _Rows(fleet.settings("dispatch").database, "inbox", "received_at", ahead=True)
        theirs = _Rows(await bare_database(fleet, "dispatch"), "inbox", "received_at", ahead=True)
        rates = await in_turns(
            rounds,
            dispatch=partial(_dispatch, fleet, ours, count),
            bare=partial(_bare, "consume", fleet, theirs, count),
        )
    work, beside = "consume, handle, commit", "bare consume, insert, commit"
    return [Figure(work, "messages/s", rates["dispatch"], beside, rates["bare"])]


async def _topics(fleet: LocalCluster, *topics: str) -> None:
    async with BrokerClient(fleet.settings("intake")) as bus:
        await bus.ensure(topics)


async def _dispatch(fleet: LocalCluster, rows: _Rows, count: int) -> float:
    """Messages are put on the topic while nobody reads; the bare loop reads the same ones after."""
    await _say(fleet, received(count))
    async with _service(fleet, "dispatch"):
        return await rows.rate(count)


async def _bare(loop: str, fleet: LocalCluster, rows: _Rows, count: int) -> float:
    await run_bare(
        loop,
        {
            "HUYING_BENCH_DATABASE": rows.database,
            "HUYING_BENCH_BROKER": fleet.broker.bootstrap,
            "HUYING_BENCH_COUNT": str(count),
        },
    )
    return await rows.rate(count)


async def relay(*, quick: bool) -> list[Figure]:
    """Rows of intake's outbox sent a second."""
    rounds, count = (1, 6_000) if quick else (3, 20_000)
    async with ground() as fleet:
        await _topics(fleet, "bare.events")
        async with _service(fleet, "intake"):
            pass  # makes its tables
        ours = _Rows(fleet.settings("intake").database, "outbox", "sent_at", ahead=False)
        theirs = _Rows(await bare_database(fleet, "intake"), "outbox", "sent_at", ahead=False)
        rates = await in_turns(
            rounds,
            intake=partial(_relay, fleet, ours, count),
            bare=partial(_bare_relay, fleet, theirs, count),
        )
    return [Figure("relay", "rows/s", rates["intake"], "bare read, send, mark", rates["bare"])]


async def _relay(fleet: LocalCluster, rows: _Rows, count: int) -> float:
    await _fill(rows.database, count)
    async with _service(fleet, "intake"):
        return await rows.rate(count)


async def _bare_relay(fleet: LocalCluster, rows: _Rows, count: int) -> float:
    await _fill(rows.database, count)
    return await _bare("relay", fleet, rows, count)


@asynccontextmanager
async def _service(fleet: LocalCluster, name: str) -> AsyncIterator[None]:
    process = await fleet.add(name, name, free_port())
    await process.start()
    try:
        yield
    finally:
        await process.stop()


async def _say(fleet: LocalCluster, said: list[events.AppealReceived]) -> None:
    """Events on the topic of intake, and a watermark behind them: what intake's relay would have sent."""
    producer = AIOKafkaProducer(bootstrap_servers=fleet.broker.bootstrap, linger_ms=2)
    await producer.start()
    try:
        sent = [
            await producer.send(
                "intake.events",
                key=str(event.appeal_id).encode(),
                value=wire.body(event).encode(),
                headers=wire.headers("intake", event.type, event.id, event.occurred_at, None),
            )
            for event in said
        ]
        await asyncio.gather(*sent)
        mark = wire.Watermark(upto=said[0].occurred_at, after=0).model_dump_json().encode()
        headers = wire.headers("intake", wire.WATERMARK, UUID(int=0), said[0].occurred_at, None)
        for partition in range(fleet.settings("intake").partitions):
            await producer.send_and_wait("intake.events", partition=partition, value=mark, headers=headers)
    finally:
        await producer.stop()


async def _fill(database: str, count: int) -> None:
    said = received(count)
    rows = [event.id for event in said], [str(event.appeal_id) for event in said], [*map(wire.body, said)]
    conn = await _connect(database)
    try:
        await conn.execute(_PUT, *rows)
    finally:
        await conn.close()


async def _connect(database: str) -> asyncpg.Connection:
    return await asyncpg.connect(database.replace("+asyncpg", ""))
