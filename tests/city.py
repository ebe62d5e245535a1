"""A city for tests: the services in this process, on a driven clock, spoken to over HTTP."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from huying.kafka.broker import Kafka
from huying.local.accounts import accounts
from huying.local.cluster import PARTITIONS
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.services import load, settings_for
from services import migrations
from services.desks.app import SERVICE as DESKS
from services.dispatch.app import SERVICE as DISPATCH
from services.dispatch.leg import leg_id
from services.escalation.app import SERVICE as ESCALATION
from services.financing.app import SERVICE as FINANCING
from services.intake.app import SERVICE as INTAKE
from services.intake.domain.registration import imported_id
from services.notify.app import SERVICE as NOTIFY
from shared.database.migrations import migrate, migration_engine
from shared.messaging.broker import BrokerClient
from shared.roles import AccountRole
from shared.service.clock import TICK, DrivenClock
from shared.service.service import Service, ServiceContext
from shared.service.settings import Settings
from shared.service.start import running
from tests.described import DescribedTransport

ALL = (INTAKE, DISPATCH, ESCALATION, FINANCING, NOTIFY, DESKS)
APPEALS = (INTAKE, DISPATCH, ESCALATION)
"""What an appeal is registered, handled and judged by. Each service more costs a test city time."""
ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = [
    ("operator", AccountRole.OPERATOR, None),
    ("office", AccountRole.OFFICE, None),
    ("importer", AccountRole.IMPORTER, None),
    ("ops", AccountRole.OPS, None),
    ("leader", AccountRole.LEADER, "mayor"),
    ("vice", AccountRole.LEADER, "vice_mayor"),
    ("roads", AccountRole.UNIT, "roads"),
    ("east", AccountRole.UNIT, "east"),
    ("water", AccountRole.UNIT, "water"),
    ("regulator", AccountRole.REGULATOR, None),
    ("inspection", AccountRole.DISCIPLINE_INSPECTION, None),
    ("bank-a", AccountRole.BANK, "bank-a"),
    ("bank-b", AccountRole.BANK, "bank-b"),
    ("notify", AccountRole.SERVICE, None),
    ("desks", AccountRole.SERVICE, None),
    ("intake", AccountRole.SERVICE, None),
    ("admin", AccountRole.ADMINISTRATOR, None),
    ("auditor", AccountRole.AUDITOR, None),
    ("dispatcher", AccountRole.DISPATCHER, None),
    ("supervisor", AccountRole.SUPERVISOR, None),
    ("roads-handler", AccountRole.UNIT_HANDLER, "roads"),
    ("roads-head", AccountRole.UNIT_HEAD, "roads"),
    ("window", AccountRole.FINANCE_WINDOW, None),
    ("clerk-a", AccountRole.BANK_CLERK, "bank-a"),
    ("firm", AccountRole.ENTERPRISE, "91350100M000100Y43"),
]

TABLES = """
select tablename from pg_tables
where schemaname = 'public'
  and tablename not in ('heard', 'relay', 'alembic_version', 'unrecorded_reports', 'reads', 'allowances')
"""
DIGEST = "select '{0}', md5(string_agg(t::text, ' ' order by t::text)) from {0} t{1}"
OF_READS = "type like '%.reads\\_recorded.v1'"
WITHOUT_READS = {
    "outbox": f" where not {OF_READS}",
    "links": f" where event_id not in (select event_id from outbox where {OF_READS})",
}
"""A refusal is on record, and a try is counted: that is no change of what a city holds."""


def local(text: str) -> datetime:
    """`2026-02-13 10:00` in the city's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def services_of(request: pytest.FixtureRequest) -> Sequence[Service]:
    """The services that a test, or its module, marks by `pytest.mark.services(…)`; without it `APPEALS`."""
    mark = request.node.get_closest_marker("services")
    return mark.args if mark else APPEALS


@dataclass(frozen=True)
class PastCase:
    """A past case: dispatched to the roads unit when received, and replied to, or not."""

    source_id: str
    received: str
    replied: str | None = None

    def acts(self) -> list[dict[str, Any]]:
        appeal_id = imported_id("test", self.source_id)
        leg = str(leg_id(appeal_id, 0))
        past_acts = [(self.received, {"act": "assign", "legs": [{"unit": "roads"}]})]
        if self.replied:
            past_acts.append((self.replied, {"act": "reply", "leg_id": leg, "text": "已回复"}))
            past_acts.append(
                (self.replied, {"act": "complete", "leg_id": leg, "outcome": "solved", "text": "已办结"})
            )
        return [
            {"appeal_id": str(appeal_id), "occurred_at": local(at).isoformat(), "act": act}
            for at, act in past_acts
        ]


class City:
    """The services, their clients by account, and the clock."""

    def __init__(
        self,
        postgres: EmbeddedPostgres,
        broker: EmbeddedBroker | Kafka,
        *,
        services: Sequence[Service] = APPEALS,
        clock: str = "driven",
        pack: str = "bozhou-2024",
        **settings: Any,
    ) -> None:
        self.postgres = postgres
        self.broker = broker
        self.services: dict[str, ServiceContext] = {}
        self._wanted = services
        self._settings: dict[str, Any] = {
            "clock": clock,
            "pack": pack,
            "session_timeout_ms": 3000,
            "search_key": "a key for tests alone, of some length",
            "registrations_of_address": 1_000_000,  # one address has all of them
            **settings,
        }
        self._stack = contextlib.AsyncExitStack()

    def settings(self, service: str) -> Settings:
        values = {
            "database": self.postgres.dsn(service, service),
            **self.broker.login(service),
            "partitions": PARTITIONS,
            "busy_watermark_s": 0.1,
            "attachments": Path(self.broker.state) / "attachments",
            "data_keys": made_ring(self.postgres.state, service),
            **self._settings,
        }
        return settings_for(load(service), values)

    async def __aenter__(self) -> Self:
        file, self.keys = accounts(Path(self.broker.state), PEOPLE)
        self._settings["accounts"] = file
        if "intake_url" in self._settings:
            self._settings["intake_key"] = self.keys["notify"]
        if "dispatch_url" in self._settings or "notify_url" in self._settings:
            self._settings["service_key"] = self.keys["intake"]
        for service in self._wanted:  # each migrates its own database when it starts
            await take_out_rows(self.postgres, service.name)
        if isinstance(self.broker, Kafka):
            await self.create_topics_heard()
        for context in await self._stack.enter_async_context(running(self._wanted, self.settings)):
            self.services[context.service.name] = context
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def create_topics_heard(self) -> None:
        """Create the topics of services that do not run, as their relays would: Kafka lets nobody else."""
        running_here = {service.name for service in self._wanted}
        heard = {name for service in self._wanted for name in service.hears}
        for name in heard - running_here:
            async with BrokerClient(self.settings(name)) as client:
                await client.ensure([f"{name}.events", f"{name}.parked"])

    def client(self, service: str, account: str | None = None) -> httpx.AsyncClient:
        """Speaks to a service as an account, or as anyone."""
        headers = {"authorization": f"Bearer {self.keys[account]}"} if account else {}
        transport = DescribedTransport(self.services[service])
        return httpx.AsyncClient(transport=transport, base_url=f"http://{service}", headers=headers)

    async def call(
        self, account: str | None, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request, e.g. `call("office", "POST", "/dispatch/appeals/…/closures", {})`."""
        _, service, rest = path.split("/", 2)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client(service, account) as client:
            return await client.request(method, f"/{rest}", json=body, headers=named)

    async def send(
        self, account: str | None, method: str, path: str, content: bytes, **headers: str
    ) -> httpx.Response:
        """One request with these very bytes, said to be JSON unless `headers` say otherwise."""
        _, service, rest = path.split("/", 2)
        named = {"content-type": "application/json"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client(service, account) as client:
            return await client.request(method, f"/{rest}", content=content, headers=named)

    async def ok(self, account: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request that must succeed; its JSON."""
        answer = await self.call(account, method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def set_clocks(self, moment: str) -> None:
        """Move every clock."""
        for context in self.services.values():
            assert isinstance(context.clock, DrivenClock)
            context.clock.advance(local(moment))
            context.wake()

    async def move_to(self, moment: str) -> None:
        """Move every clock, and wait until all that follows from it has been said and heard."""
        self.set_clocks(moment)
        await self.drained()

    async def drained(self, seconds: float = 60) -> None:
        """Wait until every service has heard all that the others had to say up to now, a tick later."""
        for context in self.services.values():
            assert isinstance(context.clock, DrivenClock)
            context.clock.advance(context.clock.now() + TICK)
            context.wake()
        async with asyncio.timeout(seconds):
            for context in self.services.values():  # what a service has heard it has heard for good
                while not await self._has_heard(context):
                    await asyncio.sleep(0.02)

    async def _has_heard(self, context: ServiceContext) -> bool:
        now = context.clock.now() - TICK
        topics = [f"{name}.events" for name in context.service.hears if name in self.services]
        query = "select count(*) from heard where topic = any(:topics) and watermark >= :now"
        async with context.engine.connect() as conn:
            heard_partitions = (
                await conn.execute(sa.text(query), {"topics": topics, "now": now})
            ).scalar_one()
        return bool(heard_partitions == len(topics) * PARTITIONS)

    async def stored(self) -> dict[str, str]:
        """A digest of every table of every service, but for how far each has heard and told, the list of
        reports that changed nothing, who read personal data, and who tried how often.
        """
        digests = {}
        for name, context in self.services.items():
            async with context.engine.connect() as conn:
                tables = (await conn.execute(sa.text(TABLES))).scalars().all()
                digests_of = [DIGEST.format(table, WITHOUT_READS.get(table, "")) for table in tables]
                rows = await conn.execute(sa.text(" union all ".join(digests_of)))
                digests |= {f"{name}.{table}": digest or "empty" for table, digest in rows}
        return digests

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """Everything a topic holds, in the order of its partitions; an empty one is waited for a while."""
        consumer = AIOKafkaConsumer(**self.broker.as_client().client(), auto_offset_reset="earliest")
        consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        await consumer.start()
        try:
            topic_records: list[ConsumerRecord] = []
            while batch := await consumer.getmany(timeout_ms=700 if topic_records else 5000):
                topic_records += [record for part in batch.values() for record in part]
            return topic_records
        finally:
            await consumer.stop()

    # what people do, in the fewest words

    async def directory(self) -> None:
        """Three units: a locality and two departments, all in the mayor's charge."""
        for code, name, kind in (("roads", "市交通局", "department"), ("water", "市水务局", "department")):
            await self.ok(
                "office", "PUT", f"/dispatch/units/{code}", {"name": name, "kind": kind, "leader": "mayor"}
            )
        body = {"name": "东城区", "kind": "locality", "leader": "mayor"}
        await self.ok("office", "PUT", "/dispatch/units/east", body)

    async def register(self, **more: Any) -> dict[str, Any]:
        """An appeal over the hotline; the answer with number and receipt code."""
        body = {
            "channel": "hotline",
            "kind": "help",
            "title": "厂区门口道路破损",
            "text": "货车无法进出，请尽快修复。",
            "enterprise": {"name": "示例制造有限公司", "contact_name": "王工", "phone": "13800000000"},
            "again": True,
            **more,
        }
        appeal: dict[str, Any] = await self.ok("operator", "POST", "/intake/appeals", body)
        await self.drained()
        return appeal

    async def dispatch(self, appeal: dict[str, Any], *legs: dict[str, Any], **more: Any) -> list[str]:
        """The office dispatches; the ids of the legs."""
        appeal_id = appeal["appeal_id"]
        path = f"/dispatch/appeals/{appeal_id}"
        version = (await self.ok("office", "GET", path))["version"]
        wanted = list(legs) or [{"unit": "roads"}]
        file = await self.ok(
            "office", "POST", f"{path}/assignments", {"legs": wanted, **more}, if_match=f'"{version}"'
        )
        return [leg["leg_id"] for leg in file["legs"]]

    async def act(self, account: str, appeal: dict[str, Any], path: str, **body: Any) -> Any:
        """A unit's report, or a decision of the office on the newest version."""
        path = f"/dispatch/appeals/{appeal['appeal_id']}/{path}"
        if account == "office":
            return await self.ok_on_newest(account, path, body)
        return await self.ok(account, "POST", path, body)

    async def ok_on_newest(self, account: str, path: str, body: Any) -> Any:
        """A decision on the newest version of an appeal: once more where an event came in between."""
        base = path.rpartition("/")[0]
        while True:
            version = (await self.ok(account, "GET", base))["version"]
            answer = await self.call(account, "POST", path, body, if_match=f'"{version}"')
            if answer.status_code != 412:
                assert answer.is_success, f"POST {path}: {answer.status_code} {answer.text}"
                return answer.json()

    async def case(self, appeal: dict[str, Any]) -> Any:
        """The case as judged."""
        return await self.ok("office", "GET", f"/escalation/appeals/{appeal['appeal_id']}")

    async def status(self, appeal: dict[str, Any]) -> Any:
        """What the enterprise sees."""
        path = f"/intake/status/{appeal['registration_number']}"
        return await self.ok(None, "GET", path, receipt_code=appeal["receipt_code"])

    async def import_cases(self, cases: list[PastCase]) -> None:
        """Past cases with one leg each, over the bulk import of both services; the clock stands before."""
        items = [
            {
                "act": "register",
                "source_id": case.source_id,
                "occurred_at": local(case.received).isoformat(),
                "channel": "hotline",
                "kind": "help",
                "title": f"诉求 {case.source_id}",
                "text": "请协调解决。",
                "enterprise": {"name": "示例制造有限公司"},
            }
            for case in cases
        ]
        await self.ok("importer", "POST", "/intake/import", {"source": "test", "items": items})
        for case in cases:
            await self._until_dispatch_knows(imported_id("test", case.source_id))
        acts = [act for case in cases for act in case.acts()]
        await self.ok("importer", "POST", "/dispatch/import", {"acts": acts})

    async def _until_dispatch_knows(self, appeal_id: UUID) -> None:
        async with asyncio.timeout(60):
            while (await self.call("office", "GET", f"/dispatch/appeals/{appeal_id}")).status_code != 200:
                await asyncio.sleep(0.05)

    async def published(self, service: str, type_: str) -> list[Any]:
        """The events of a type that a service published, in order: registration number and body."""
        query = "select body::jsonb from outbox where type = :type order by seq"
        async with self.services[service].engine.connect() as conn:
            return list((await conn.execute(sa.text(query), {"type": type_})).scalars())


def refused(answer: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """A refusal as problem details (RFC 9457), in both languages; `field` is one of those it names."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:huying:problem:")
    zh, en = problem["detail"].split(" / ", 1)
    for chinese, english in [(zh, en), *((item["zh"], item["en"]) for item in problem["errors"])]:
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert re.search("[a-z]", english)
    if field is not None:
        assert field in [item["field"] for item in problem["errors"]], answer.text
    return problem


async def empty(postgres: EmbeddedPostgres, service: str) -> None:
    """Take all rows out of a service's database, made if need be."""
    engine = migration_engine(postgres.dsn(service, service))
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()
    await take_out_rows(postgres, service)


async def take_out_rows(postgres: EmbeddedPostgres, service: str) -> None:
    """Take all rows out of the tables that a service's database has."""
    conn = await asyncpg.connect(postgres.dsn(service, service).replace("+asyncpg", ""))
    try:
        rows = await conn.fetch("select tablename from pg_tables where schemaname = 'public'")
        if tables := [row["tablename"] for row in rows if row["tablename"] != "alembic_version"]:
            await conn.execute(f"truncate {', '.join(tables)} restart identity cascade")
    finally:
        await conn.close()
