"""What the services hold when a fault run has ended: their databases, topics and answers."""

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
from tests.faults.environment import BANKS, Environment

JUDGED = "appeal.due_soon appeal.overdue appeal.supervised appeal.reminded card.issued card.cleared"
JUDGED += " appeal.redispatched appeal.lifted appeal.raised appeal.pause_ended publication.proposed"
JUDGED += " loan.due_soon loan.overdue"
JUDGED += " loan.supervised loan.reminded loan.raised loan.office_due_soon loan.office_overdue"
READ_S = 120


class OutboxRow(NamedTuple):
    """An event in an outbox. `body` is read of the events of judges alone."""

    id: str
    key: str
    type: str
    at: datetime
    body: dict[str, Any] | None


@dataclass
class Evidence:
    """The journal, and what each service holds."""

    journal: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """The entries of each case, by its id."""
    outbox: dict[str, list[OutboxRow]] = field(default_factory=dict)
    topic: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Key and id of the events on a service's topic, partition after partition."""
    durable: bool = True
    """Whether a killed broker comes back with its records; the embedded one comes back empty."""
    inbox: dict[str, list[str]] = field(default_factory=dict)
    hears: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    """The services whose topics it reads, and the event types it has a handler for."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    loans: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    """The state of each appeal at intake."""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Dispatch's documents, by case."""
    addressed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Notify's documents, by case."""
    records: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of each bank, how often it said that an enterprise withdrew, by what became of it."""
    messages: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    """Case, template, recipient, and when the event they tell of occurred."""


async def gather(environment: Environment, client: Client, journal: Path) -> Evidence:
    """Read the journal, all databases and all topics."""
    evidence = Evidence(durable=isinstance(environment.broker, Kafka))
    _read_journal(evidence, journal)
    for service in SERVICES:
        module = import_module(f"services.{service}.app").SERVICE
        evidence.hears[service] = set(module.hears), {cls.type for cls in module.handlers}
        conn = await asyncpg.connect(environment.postgres.dsn(service, service).replace("+asyncpg", ""))
        try:
            await _read_database(evidence, service, conn)
        finally:
            await conn.close()
    topics = await asyncio.gather(*(_records(environment, f"{service}.events") for service in SERVICES))
    evidence.topic = dict(zip(SERVICES, topics, strict=True))
    cases = await client.items("escalation", "/cases", "importer")
    evidence.cases = {case["appeal_id"]: case for case in cases}
    loans = await client.items("financing", "/requests", "office")
    evidence.loans = {loan["case_id"]: loan for loan in loans}
    for bank in BANKS:
        record = await client.ask("financing", "GET", f"/banks/{bank}/record", account="office")
        evidence.records[bank] = record.json()["withdrawals"]
    return evidence


def _read_journal(evidence: Evidence, journal: Path) -> None:
    ids: dict[str, str] = {}
    with journal.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    ids = {entry["number"]: entry["id"] for entry in entries if "id" in entry}
    for entry in entries:
        entry["at"] = datetime.fromisoformat(entry["at"])
        evidence.journal[ids[entry["number"]]].append(entry)
    for entries in evidence.journal.values():  # a bank may report before the request is answered
        entries.sort(key=lambda entry: "opens" not in entry)


async def _read_database(evidence: Evidence, service: str, conn: asyncpg.Connection) -> None:
    query = """
        select event_id, key, type, occurred_at, case when type = any($2::text[]) then body end as body
        from outbox where topic = $1 order by seq
    """
    types = [f"{type_}.v1" for type_ in JUDGED.split()]
    evidence.outbox[service] = [
        OutboxRow(
            str(row[0]), row[1], row[2].removesuffix(".v1"), row[3], json.loads(row[4]) if row[4] else None
        )
        for row in await conn.fetch(query, f"{service}.events", types)
    ]
    evidence.inbox[service] = [str(row[0]) for row in await conn.fetch("select event_id from inbox")]
    evidence.counts[service] = {
        "unsent": await conn.fetchval("select count(*) from outbox where sent_at is null"),
        "parked": await conn.fetchval("select count(*) from parked where redriven_at is null"),
        "links": await conn.fetchval("select count(*) from links"),
    }
    if service == "intake":
        rows = await conn.fetch("select appeal_id, state from appeals")
        evidence.states = {str(row[0]): row[1] for row in rows}
    if service in ("dispatch", "notify"):
        rows = await conn.fetch("select appeal_id, file from appeals")
        files = {str(row[0]): json.loads(row[1]) for row in rows}
        evidence.files, evidence.addressed = (
            (files, evidence.addressed) if service == "dispatch" else (evidence.files, files)
        )
    if service == "notify":
        rows = await conn.fetch("select appeal_id, template, recipient, occurred_at from messages")
        evidence.messages = [(str(row[0]), row[1], row[2], row[3]) for row in rows]


async def _records(environment: Environment, topic: str) -> list[tuple[str, str]]:
    """Key and id of the events on a topic. TimeoutError where its end is not reached within two minutes."""
    client = environment.broker.as_client().client()
    consumer = AIOKafkaConsumer(**client, auto_offset_reset="earliest", enable_auto_commit=False)
    partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.start()
    read: dict[int, list[tuple[str, str]]] = defaultdict(list)
    try:
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(READ_S):
            while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
                for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                    read[partition.partition] += filter(None, map(_key_and_id, records))
    finally:
        await consumer.stop()
    return [event for number in sorted(read) for event in read[number]]


def _key_and_id(record: Any) -> tuple[str, str] | None:
    """Key and id of an event; None for a watermark."""
    headers = dict(record.headers)
    if headers["ce_type"] == WATERMARK.encode():
        return None
    return record.key.decode(), headers["ce_id"].decode()
