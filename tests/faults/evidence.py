"""What the services are found to hold when a fault run has ended: their databases, topics and answers."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from huying.kafka.broker import Kafka
from huying.local.cluster import PARTITIONS
from services import SERVICES
from shared.messaging.wire import WATERMARK
from tests.faults.client import Client
from tests.faults.ground import Ground

JUDGED = "appeal.due_soon appeal.overdue appeal.supervised appeal.reminded card.issued card.cleared"
JUDGED += " appeal.redispatched appeal.lifted loan.due_soon loan.overdue loan.supervised loan.reminded"
READ_S = 120


class Row(NamedTuple):
    """An event in an outbox. `body` only of what a judge says."""

    id: str
    key: str
    type: str
    at: datetime
    body: dict[str, Any] | None


@dataclass
class Evidence:
    """All of it, by service."""

    journal: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """The entries of each case, by its id."""
    outbox: dict[str, list[Row]] = field(default_factory=dict)
    topic: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Key and id of the events on a service's topic, in the order of its partitions."""
    durable: bool = True
    """Whether a broker that was killed comes back with what it had."""
    inbox: dict[str, list[str]] = field(default_factory=dict)
    hears: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    """The services it hears, and the types it does something about."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    loans: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    """How intake says that an appeal stands."""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Dispatch's."""
    addressed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Notify's, by case."""
    messages: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    """Case, template, recipient and when what they are about occurred."""


async def gathered(ground: Ground, client: Client, journal: Path) -> Evidence:
    """Read all of it."""
    found = Evidence(durable=isinstance(ground.broker, Kafka))
    _read_journal(found, journal)
    for service in SERVICES:
        module = import_module(f"services.{service}.app").SERVICE
        found.hears[service] = set(module.hears), {cls.type for cls in module.handlers}
        conn = await asyncpg.connect(ground.postgres.dsn(service, service).replace("+asyncpg", ""))
        try:
            await _read_database(found, service, conn)
        finally:
            await conn.close()
    topics = await asyncio.gather(*(_records(ground, f"{service}.events") for service in SERVICES))
    found.topic = dict(zip(SERVICES, topics, strict=True))
    cases = await client.items("escalation", "/cases", "importer")
    found.cases = {case["appeal_id"]: case for case in cases}
    loans = await client.items("financing", "/requests", "office")
    found.loans = {loan["case_id"]: loan for loan in loans}
    return found


def _read_journal(found: Evidence, journal: Path) -> None:
    ids: dict[str, str] = {}
    with journal.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    ids = {entry["number"]: entry["id"] for entry in entries if "id" in entry}
    for entry in entries:
        entry["at"] = datetime.fromisoformat(entry["at"])
        found.journal[ids[entry["number"]]].append(entry)
    for its in found.journal.values():  # a bank may be heard before the answer to the request
        its.sort(key=lambda entry: "opens" not in entry)


async def _read_database(found: Evidence, service: str, conn: asyncpg.Connection) -> None:
    query = """
        select event_id, key, type, occurred_at, case when type = any($2::text[]) then body end as body
        from outbox where topic = $1 order by seq
    """
    types = [f"{type_}.v1" for type_ in JUDGED.split()]
    found.outbox[service] = [
        Row(str(row[0]), row[1], row[2].removesuffix(".v1"), row[3], json.loads(row[4]) if row[4] else None)
        for row in await conn.fetch(query, f"{service}.events", types)
    ]
    found.inbox[service] = [str(row[0]) for row in await conn.fetch("select event_id from inbox")]
    found.counts[service] = {
        "unsent": await conn.fetchval("select count(*) from outbox where sent_at is null"),
        "parked": await conn.fetchval("select count(*) from parked where redriven_at is null"),
        "links": await conn.fetchval("select count(*) from links"),
    }
    if service == "intake":
        rows = await conn.fetch("select appeal_id, state from appeals")
        found.states = {str(row[0]): row[1] for row in rows}
    if service in ("dispatch", "notify"):
        rows = await conn.fetch("select appeal_id, file from appeals")
        files = {str(row[0]): json.loads(row[1]) for row in rows}
        found.files, found.addressed = (
            (files, found.addressed) if service == "dispatch" else (found.files, files)
        )
    if service == "notify":
        rows = await conn.fetch("select appeal_id, template, recipient, occurred_at from messages")
        found.messages = [(str(row[0]), row[1], row[2], row[3]) for row in rows]


async def _records(ground: Ground, topic: str) -> list[tuple[str, str]]:
    """What is on a topic up to its end. TimeoutError where that does not come within two minutes."""
    client = ground.broker.as_client().client()
    consumer = AIOKafkaConsumer(**client, auto_offset_reset="earliest", enable_auto_commit=False)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.start()
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    try:
        ends = await consumer.end_offsets(places)
        async with asyncio.timeout(READ_S):
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    found[place.partition] += [one for one in map(_named, records) if one is not None]
    finally:
        await consumer.stop()
    return [one for partition in sorted(found) for one in found[partition]]


def _named(record: Any) -> tuple[str, str] | None:
    """Key and id of an event; None for a watermark."""
    headers = dict(record.headers)
    if headers["ce_type"] == WATERMARK.encode():
        return None
    return record.key.decode(), headers["ce_id"].decode()
