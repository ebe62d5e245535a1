"""What the backbone promises while the broker, its consumers or its topics change."""

import asyncio
import copy
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from huying.kafka.broker import Kafka
from huying.local.cluster import PARTITIONS
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.domain.registration import imported_id
from shared.messaging.broker import NoIdempotence, WrongPartitions
from shared.service.clock import DrivenClock
from shared.service.service import ServiceContext
from shared.service.settings import Settings
from shared.service.start import running
from tests.city import ALL, DISPATCH, ESCALATION, INTAKE, City, PastCase, empty

MORE = PARTITIONS + 2
ALONE = dataclasses.replace(INTAKE, hears=())
KNOWN = "select count(*) from cases where file::text like '%roads%'"  # dispatched, as it has heard
CARDED = "select count(*) from outbox where type = 'card.issued.v1'"
Broker = EmbeddedBroker | Kafka


async def count(city: City, service: str, query: str) -> int:
    async with city.services[service].engine.connect() as conn:
        return int((await conn.execute(sa.text(query))).scalar_one())


@asynccontextmanager
async def consuming(context: ServiceContext) -> AsyncIterator[None]:
    """A consumer in the service's group, ended without ado."""
    task = asyncio.create_task(copy.copy(context.consumer).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def administered(broker: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**broker.as_client().client())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def add_partitions(broker: Broker, *topics: str) -> None:
    """As an administrator might who does not know what follows from it."""
    async with administered(broker) as admin:
        await admin.create_partitions({topic: NewPartitions(MORE) for topic in topics})


def with_more(city: City, service: str) -> Settings:
    return city.settings(service).model_copy(update={"partitions": MORE})


async def until_relayed(city: City) -> None:
    city.set_clocks("2026-11-09 09:00")
    async with asyncio.timeout(30):
        while not all(context.relay.upto for context in city.services.values()):
            await asyncio.sleep(0.05)


async def until(city: City, service: str, query: str, number: int) -> None:
    async with asyncio.timeout(90):
        while await count(city, service, query) < number:
            await asyncio.sleep(0.2)


async def test_rebalanced_without_loss(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    cases = [PastCase(f"{i}", "2026-11-09 10:00") for i in range(200)]
    async with consuming(city.services["escalation"]):
        await city.import_cases(cases[:100])
        async with consuming(city.services["escalation"]):
            await city.import_cases(cases[100:])
        city.set_clocks("2026-11-16 09:00")
    await city.move_to("2026-11-20 09:00")
    assert await count(city, "escalation", KNOWN) == 200
    assert len(await city.published("escalation", "card.issued.v1")) == 200


async def test_a_consumer_killed_in_its_transaction_loses_nothing(
    postgres: EmbeddedPostgres, broker: Broker
) -> None:
    async with City(postgres, broker, services=(INTAKE, DISPATCH)) as city:
        await empty(postgres, "escalation")
        await city.create_topics_heard()
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        context = ServiceContext(ESCALATION, city.settings("escalation"))
        city.services["escalation"] = context
        async with consuming(context):
            await city.import_cases([PastCase("first", "2026-11-09 10:00")])
            await until(city, "escalation", KNOWN, 1)
        async with context.engine.begin() as conn:
            await conn.execute(sa.text("lock table inbox in exclusive mode"))
            async with consuming(context):
                await city.import_cases([PastCase(f"{i}", "2026-11-09 10:00") for i in range(20)])
                await asyncio.sleep(6)
        async with consuming(context):
            await until(city, "escalation", KNOWN, 21)
        await context.engine.dispose()


async def test_a_slow_consumer_cards_nobody_wrongly(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    timely = [PastCase(f"t{i}", "2026-11-09 10:00", "2026-11-10 11:00") for i in range(50)]
    late = [PastCase(f"l{i}", "2026-11-09 10:00") for i in range(50)]
    async with city.services["escalation"].engine.begin() as conn:
        await conn.execute(sa.text("lock table inbox in exclusive mode"))
        await city.import_cases([*timely, *late])
        city.set_clocks("2026-11-20 09:00")
        await asyncio.sleep(4)  # longer than a session of the group
        assert await city.published("escalation", "appeal.overdue.v1") == []
    await city.drained(120)
    carded = {card["appeal_id"] for card in await city.published("escalation", "card.issued.v1")}
    assert carded == {str(imported_id("test", case.source_id)) for case in late}


async def test_broker_restarted(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    await city.import_cases([PastCase(f"a{i}", "2026-11-09 10:00") for i in range(100)])
    city.set_clocks("2026-11-20 09:00")
    await city.broker.kill()
    body = {"channel": "web", "kind": "help", "title": "道路破损", "text": "请修复。"}
    meanwhile = {**body, "enterprise": {"name": "示例制造有限公司"}}
    appeal = await city.ok("operator", "POST", "/intake/appeals", meanwhile)
    await city.broker.start()
    await city.drained(120)
    assert len(await city.published("escalation", "card.issued.v1")) == 100
    await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def test_partitions_added_are_refused_in_words(postgres: EmbeddedPostgres, broker: Broker) -> None:
    if isinstance(broker, EmbeddedBroker):
        pytest.skip("NOT RUN: the embedded broker cannot add partitions to a topic")
    with pytest.RaisesGroup(pytest.RaisesExc(WrongPartitions), flatten_subgroups=True) as raised:
        async with asyncio.timeout(60), City(postgres, broker) as city:
            await city.move_to("2026-11-09 09:00")
            await add_partitions(broker, "dispatch.events")
            await asyncio.Event().wait()
    (error,) = raised.value.exceptions
    for part in (f"dispatch.events has {MORE} partitions", "docs/kafka.md", "分区"):
        assert part in str(error)


async def test_added_partitions_with_a_setting_that_follows_are_refused_too(
    postgres: EmbeddedPostgres, broker: Broker
) -> None:
    async with City(postgres, broker, services=(ALONE,)) as city:
        await until_relayed(city)
    if isinstance(broker, Kafka):
        await add_partitions(broker, "intake.events", "intake.parked")
    with pytest.RaisesGroup(pytest.RaisesExc(WrongPartitions), flatten_subgroups=True) as raised:
        async with asyncio.timeout(30), running([ALONE], lambda name: with_more(city, name)):
            await asyncio.Event().wait()
    assert "as the database has it" in str(raised.value.exceptions[0])


async def test_another_number_of_partitions_on_an_empty_broker(
    postgres: EmbeddedPostgres, broker: Broker
) -> None:
    async with City(postgres, broker) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await city.import_cases([PastCase(f"a{i}", "2026-11-09 10:00") for i in range(50)])
        await city.drained()
    await broker.replace()
    async with running(ALL, lambda name: with_more(city, name)) as services:
        for context in services:
            assert isinstance(context.clock, DrivenClock)
            city.services[context.service.name] = context
        city.set_clocks("2026-11-20 09:00")
        await until(city, "escalation", CARDED, 50)
        assert await count(city, "escalation", "select count(distinct partition) from heard") == MORE
        assert len(await city.published("escalation", "card.issued.v1")) == 50


async def test_an_idempotent_producer_is_refused_in_words_where_the_broker_takes_none(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    refused = pytest.RaisesExc(NoIdempotence, match="HUYING_IDEMPOTENT_PRODUCER=false")
    async with EmbeddedBroker(tmp_path) as embedded:
        with pytest.RaisesGroup(refused, flatten_subgroups=True):
            async with (
                asyncio.timeout(30),
                City(postgres, embedded, services=(ALONE,), idempotent_producer=True),
            ):
                await asyncio.Event().wait()
