"""One hop of the pipeline (consume, handle, commit) and the relay, each beside a bare loop.

Rates are computed from the times of the rows, which the database sets to the start of the transaction of each
batch. So neither the start of a process nor the joining of a consumer group counts.
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
    """Invented registrations, as intake publishes them."""
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
    """The times that a database gave the rows of a table, by batch.

    A time is the start of a transaction: before the work of the batch (`ahead`), or after it.
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
        """Rows a second of the next `count` rows, without the batch that has a time on one side only."""
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
    """Registrations a second that dispatch consumes."""
    rounds, count = (1, 5_000) if quick else (3, 20_000)
    async with ground() as cluster:
        await _topics(cluster, "intake.events")
        async with _service(cluster, "dispatch"):
            pass  # the start creates its tables
        ours = _Rows(cluster.settings("dispatch").database, "inbox", "received_at", ahead=True)
        theirs = _Rows(await bare_database(cluster, "dispatch"), "inbox", "received_at", ahead=True)
        rates = await in_turns(
            rounds,
            dispatch=partial(_dispatch, cluster, ours, count),
            bare=partial(_bare, "consume", cluster, theirs, count),
        )
    work, beside = "consume, handle, commit", "bare consume, insert, commit"
    return [Figure(work, "messages/s", rates["dispatch"], beside, rates["bare"])]


async def _topics(cluster: LocalCluster, *topics: str) -> None:
    async with BrokerClient(cluster.settings("intake")) as client:
        await client.ensure(topics)


async def _dispatch(cluster: LocalCluster, rows: _Rows, count: int) -> float:
    """Put messages on the topic while nobody consumes. The bare loop consumes the same messages later."""
    await _say(cluster, received(count))
    async with _service(cluster, "dispatch"):
        return await rows.rate(count)


async def _bare(loop: str, cluster: LocalCluster, rows: _Rows, count: int) -> float:
    await run_bare(
        loop,
        {
            "HUYING_BENCH_DATABASE": rows.database,
            "HUYING_BENCH_BROKER": cluster.broker.bootstrap,
            "HUYING_BENCH_COUNT": str(count),
        },
    )
    return await rows.rate(count)


async def relay(*, quick: bool) -> list[Figure]:
    """Rows of intake's outbox sent a second."""
    rounds, count = (1, 6_000) if quick else (3, 20_000)
    async with ground() as cluster:
        await _topics(cluster, "bare.events")
        async with _service(cluster, "intake"):
            pass  # the start creates its tables
        ours = _Rows(cluster.settings("intake").database, "outbox", "sent_at", ahead=False)
        theirs = _Rows(await bare_database(cluster, "intake"), "outbox", "sent_at", ahead=False)
        rates = await in_turns(
            rounds,
            intake=partial(_relay, cluster, ours, count),
            bare=partial(_bare_relay, cluster, theirs, count),
        )
    return [Figure("relay", "rows/s", rates["intake"], "bare read, send, mark", rates["bare"])]


async def _relay(cluster: LocalCluster, rows: _Rows, count: int) -> float:
    await _fill(rows.database, count)
    async with _service(cluster, "intake"):
        return await rows.rate(count)


async def _bare_relay(cluster: LocalCluster, rows: _Rows, count: int) -> float:
    await _fill(rows.database, count)
    return await _bare("relay", cluster, rows, count)


@asynccontextmanager
async def _service(cluster: LocalCluster, name: str) -> AsyncIterator[None]:
    process = await cluster.add(name, name, free_port())
    await process.start()
    try:
        yield
    finally:
        await process.stop()


async def _say(cluster: LocalCluster, received_events: list[events.AppealReceived]) -> None:
    """Send events and a watermark behind them to intake's topic, as intake's relay would."""
    producer = AIOKafkaProducer(bootstrap_servers=cluster.broker.bootstrap, linger_ms=2)
    await producer.start()
    try:
        sent = [
            await producer.send(
                "intake.events",
                key=str(event.appeal_id).encode(),
                value=wire.body(event).encode(),
                headers=wire.headers("intake", event.type, event.id, event.occurred_at, None),
            )
            for event in received_events
        ]
        await asyncio.gather(*sent)
        mark = wire.Watermark(upto=received_events[0].occurred_at, after=0).model_dump_json().encode()
        headers = wire.headers("intake", wire.WATERMARK, UUID(int=0), received_events[0].occurred_at, None)
        for partition in range(cluster.settings("intake").partitions):
            await producer.send_and_wait("intake.events", partition=partition, value=mark, headers=headers)
    finally:
        await producer.stop()


async def _fill(database: str, count: int) -> None:
    received_events = received(count)
    rows = (
        [event.id for event in received_events],
        [str(event.appeal_id) for event in received_events],
        [*map(wire.body, received_events)],
    )
    conn = await _connect(database)
    try:
        await conn.execute(_PUT, *rows)
    finally:
        await conn.close()


async def _connect(database: str) -> asyncpg.Connection:
    return await asyncpg.connect(database.replace("+asyncpg", ""))
