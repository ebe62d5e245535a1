"""The ceilings of pipeline and relay: the necessary work and nothing else. `python -m tests.bench.loops`.

Environment variables name the database, the broker and the number of messages: HUYING_BENCH_DATABASE,
HUYING_BENCH_BROKER, HUYING_BENCH_COUNT.
"""

import asyncio
import os
import sys
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

CONSUMED = 1_000
SENT = 2_000
_KEEP = """
  with new as (
    insert into inbox (event_id) select unnest($1::uuid[]) on conflict do nothing returning event_id
  )
  insert into appeals (appeal_id, registration_number, state, units, file)
  select key, key::text, 'received', '{}', body::jsonb
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as t (event_id, key, body) join new using (event_id)
"""
_UNSENT = """
  select seq, event_id, key, type, occurred_at, body from outbox where sent_at is null order by seq limit $1
"""


async def consume(database: asyncpg.Connection, broker: str, count: int) -> None:
    """Read batches, insert each with one statement, commit the offsets."""
    consumer = AIOKafkaConsumer(
        "intake.events",
        bootstrap_servers=broker,
        group_id="bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        while count > 0:
            batches = await consumer.getmany(timeout_ms=500, max_records=CONSUMED)
            records = [record for batch in batches.values() for record in batch if record.key]
            await database.execute(_KEEP, *_columns(records))
            await consumer.commit()
            count -= len(records)
    finally:
        await consumer.stop()


def _columns(records: list[Any]) -> tuple[list[str], list[str], list[str]]:
    return (
        [dict(record.headers)["ce_id"].decode() for record in records],
        [record.key.decode() for record in records],
        [record.value.decode() for record in records],
    )


async def relay(database: asyncpg.Connection, broker: str, count: int) -> None:
    """Read unsent rows in batches, send each batch together, mark it with one statement."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=2, max_batch_size=262_144)
    await producer.start()
    try:
        while count > 0:
            rows = await database.fetch(_UNSENT, SENT)
            sent = [
                await producer.send(
                    "bare.events",
                    key=row["key"].encode(),
                    value=row["body"].encode(),
                    headers=[
                        ("ce_id", str(row["event_id"]).encode()),
                        ("ce_type", row["type"].encode()),
                        ("ce_time", row["occurred_at"].isoformat().encode()),
                    ],
                )
                for row in rows
            ]
            await asyncio.gather(*sent)
            seqs = [row["seq"] for row in rows]
            await database.execute("update outbox set sent_at = now() where seq = any($1::bigint[])", seqs)
            count -= len(rows)
    finally:
        await producer.stop()


async def main(loop: str) -> None:
    database = await asyncpg.connect(os.environ["HUYING_BENCH_DATABASE"].replace("+asyncpg", ""))
    broker, count = os.environ["HUYING_BENCH_BROKER"], int(os.environ["HUYING_BENCH_COUNT"])
    try:
        await {"consume": consume, "relay": relay}[loop](database, broker, count)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
