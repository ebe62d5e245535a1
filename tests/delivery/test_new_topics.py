"""The first message on a new topic holds up no other."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.city import City

SAY = """
    insert into outbox (event_id, topic, key, type, occurred_at, body)
    select gen_random_uuid(), topic, 'k', 'test.v1', now(), '{}'
    from unnest(cast(:topics as text[])) with ordinality as t (topic, n) order by n
"""


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """Financing alone, on a broker that knows the banks."""
    if isinstance(broker, Kafka):
        await broker.admit(f"new-{n}" for n in range(10))
    async with City(postgres, broker, services=(SERVICE,)) as city:
        await city.move_to("2026-11-09 09:00")
        yield city


async def test_what_is_sent_together_with_the_first_message_of_a_topic_leaves_at_once(city: City) -> None:
    financing = city.services["financing"]
    took_s = []
    for n in range(10):
        began = time.monotonic()
        async with financing.engine.begin() as conn:
            await conn.execute(sa.text(SAY), {"topics": ["financing.events", f"banks.new-{n}.requests"]})
        financing.relay.poke()
        async with asyncio.timeout(60), financing.engine.connect() as conn:
            while (await conn.execute(sa.text("select count(*) from outbox where sent_at is null"))).scalar():
                await asyncio.sleep(0.02)
        took_s.append(time.monotonic() - began)
    assert min(took_s) < 0.8  # a busy machine delays some, a topic that is waited for delays all
