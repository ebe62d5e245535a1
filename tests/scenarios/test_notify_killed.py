"""A real notify process, killed again and again over two days without a gateway: all arrives once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from huying.local.accounts import accounts
from huying.local.cluster import PARTITIONS, ServiceProcess, process_environment
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.notify.deliveries.domain import LEASE
from services.notify.settings import NotifySettings
from shared.database.migrations import migration_engine
from shared.events import Event
from shared.messaging import wire
from shared.roles import AccountRole
from shared.service.settings import Settings
from tests.city import APPEALS, NOTIFY, empty, local
from tests.gateway import SECRET, Gateway
from tests.office import card, overdue

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

UNITS = 12
CHANNELS = """
sms: {{url: '{url}', key_id: huying, secret: '{secret}', sign: 呼应}}
cap: {{together: 1000, per_hour: 1000}}
"""
KILLED_AT = (18, 72)
"""In the outage, when so many messages were written before."""


class Notify:
    """A notify process on a driven clock, its broker and its gateway."""

    def __init__(self, settings: Settings, broker: EmbeddedBroker, key: str, state: Path) -> None:
        self.process = ServiceProcess(state, "notify", process_environment(settings), free_port())
        self.engine = migration_engine(settings.database)
        self._broker = broker
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.process.port}/notify",
            headers={"authorization": f"Bearer {key}"},
        )
        self.now = local("2026-11-10 10:00")  # a Tuesday

    async def start(self) -> None:
        await self.process.start()
        await self.move(timedelta())

    async def die(self) -> None:
        """SIGKILL, and another process."""
        await self.process.kill()
        await self.start()

    async def move(self, by: timedelta) -> None:
        self.now += by
        (await self._client.put("/clock", json={"now": self.now.isoformat()})).raise_for_status()

    async def move_to(self, moment: str) -> None:
        await self.move(local(moment) - self.now)

    async def publish(self, *published: Event) -> None:
        """Escalation says these events."""
        producer = AIOKafkaProducer(**self._broker.as_client().client())
        await producer.start()
        try:
            for event in published:
                headers = wire.headers(event.source, event.type, event.id, event.occurred_at, None)
                key = str(event.appeal_id).encode()
                await producer.send("escalation.events", wire.body(event).encode(), key=key, headers=headers)
            await producer.flush()
        finally:
            await producer.stop()

    async def rows(self, query: str) -> list[Any]:
        async with self.engine.connect() as conn:
            return list((await conn.execute(sa.text(query))).scalars())

    async def until(self, holds: Callable[[], Any], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not (await answer if asyncio.iscoroutine(answer := holds()) else answer):
                await asyncio.sleep(0.01)

    async def until_written(self, number: int) -> None:
        """So many deliveries are written down."""

        async def written() -> bool:
            return await self.rows("select count(*) from deliveries") == [number]

        await self.until(written)

    async def until_idle(self) -> None:
        """No call is under way that was decided on before; a lease that ended may lie until the next try."""
        leased = f"select count(*) from deliveries where state = 'sending' and next_at > '{self.now}'"

        async def idle() -> bool:
            return await self.rows(leased) == [0]

        await self.until(idle)

    async def close(self) -> None:
        await self.process.stop()
        await self._client.aclose()
        await self.engine.dispose()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as gateway:
        yield gateway


@pytest.fixture
async def notify(postgres: EmbeddedPostgres, gateway: Gateway, tmp_path: Path) -> AsyncIterator[Notify]:
    """Notify with a phone for each unit's handlers."""
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    file = tmp_path / "channels.yaml"
    file.write_text(CHANNELS.format(url=gateway.url, secret=SECRET), "utf-8")
    people, keys = accounts(tmp_path, [("importer", AccountRole.IMPORTER, None)])
    settings = NotifySettings(
        database=postgres.dsn("notify", "notify"),
        partitions=PARTITIONS,
        clock="driven",
        accounts=people,
        channels=file,
        data_keys=made_ring(tmp_path, "notify"),
        session_timeout_ms=3_000,
        **broker.login("notify"),
    )
    await empty(postgres, "notify")
    notify = Notify(settings, broker, keys["importer"], tmp_path)
    async with notify.engine.begin() as conn:
        for unit in range(UNITS):
            values = {"recipient": f"unit:u{unit}", "address": f"1390000{unit:04}"}
            await conn.execute(
                sa.text(
                    "insert into contacts values (:recipient, 'sms', :address, null, false, 'test', now())"
                ),
                values,
            )
    try:
        await notify.start()
        yield notify
    finally:
        await notify.close()
        await broker.stop()


def due_now(at: datetime, first: int) -> list[Event]:
    """What occurs at `at` for every unit: a completion passes, and every second one gets a card."""
    numbers = range(first, first + UNITS)
    passed = [overdue(number, f"u{number % UNITS}", occurred_at=at) for number in numbers]
    cards = [card(number, f"u{number % UNITS}") for number in numbers if number % 2]
    return [*passed, *(card.model_copy(update={"occurred_at": at}) for card in cards)]


def kinds(gateway: Gateway, since: int = 0) -> list[bool]:
    """Of what the gateway took, in order: whether it was a card."""
    return ["黄牌提醒" in text for _, text in list(gateway.taken.values())[since:]]


async def die_amid_sending(notify: Notify, gateway: Gateway, more: int) -> None:
    """Killed once the gateway has taken `more`, with calls under way; what was leased is due again."""
    before = len(gateway.taken)
    gateway.delay_s = 0.05
    await notify.until(lambda: len(gateway.taken) >= before + more)
    await notify.process.kill()
    gateway.delay_s = 0
    notify.now += LEASE
    await notify.start()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_message_arrives_once_the_urgent_first_and_none_that_may_wait_at_night(
    notify: Notify, gateway: Gateway
) -> None:
    gateway.is_down = True
    written = 0
    for day in range(2):
        for _ in range(3):
            events = due_now(notify.now, written)
            await notify.publish(*events)
            if written in KILLED_AT:
                await notify.die()  # amid reading, or a moment before or after
            written += len(events)
            await notify.until_written(written)
            await notify.move(timedelta(hours=1))
        await notify.move_to(f"2026-11-{11 + day} 10:00")
    await notify.move_to("2026-11-12 21:00")
    await notify.until_idle()
    assert gateway.taken == {}
    cards = written // 3
    gateway.is_down = False
    await notify.move(timedelta(minutes=30))
    await die_amid_sending(notify, gateway, cards // 3)
    await notify.until(lambda: len(gateway.taken) >= cards)
    await asyncio.sleep(1.5)  # three looks at what is due
    assert kinds(gateway) == [True] * cards
    await notify.move_to("2026-11-13 09:00")
    night = len(gateway.taken)
    events = due_now(notify.now, written)
    await notify.publish(*events)
    await die_amid_sending(notify, gateway, written // 2)
    written += len(events)
    await notify.until(lambda: len(gateway.taken) >= written)
    await asyncio.sleep(1.5)
    morning = kinds(gateway, night)
    assert Counter(morning) == {False: written - written // 3, True: written // 3 - cards}
    await notify.until_written(written)
    assert Counter(await notify.rows("select state from deliveries")) == {"sent": written}
    assert len(gateway.taken) == written
    assert len(set(gateway.taken.values())) == written
    assert max(gateway.asked.values()) > 1  # a call was cut off and made again under its own reference
