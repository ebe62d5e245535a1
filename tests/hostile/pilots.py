"""Pilots: an honest appeal and an honest loan request that must be judged on time whatever else arrives."""

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from huying.local.cluster import PARTITIONS
from shared.service.clock import TICK, DrivenClock
from tests.banks import ask
from tests.city import City

WAIT_S = 240.0
PAST_DUE = timedelta(days=14)
"""Longer than any first limit of an appeal or of a bank, holidays included."""
BANK = "abc"
_SAID = sa.text("select exists (select from outbox where type = :type and body like :case)")
_UNSENT = sa.text("select count(*) from outbox where sent_at is null")
_READ = sa.text("select partition, next_offset from bank_replies where bank = :bank")


class Pilots:
    """One pilot appeal and one pilot loan after the other, and how late they are judged."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._waiting: list[tuple[str, str, str]] = []

    async def begin(self) -> None:
        """Register and dispatch an appeal, and send a loan request to a bank: both meet no deadline."""
        appeal = await self._city.register()
        await self._city.dispatch(appeal)
        loan = await ask(self._city, BANK)
        self._waiting = [
            ("escalation", "appeal.overdue.v1", appeal["registration_number"]),
            ("financing", "loan.overdue.v1", loan["registration_number"]),
        ]

    async def judge(self) -> float:
        """Let the deadlines pass; returns after how many seconds both are judged to be overdue."""
        began = _seconds()
        for context in self._city.services.values():
            assert isinstance(context.clock, DrivenClock)
            context.clock.advance(context.clock.now() + PAST_DUE)
            context.wake()
        async with asyncio.timeout(WAIT_S):
            for service, type_, number in self._waiting:
                while not await self._said(service, type_, number):
                    await self._tick()
        return _seconds() - began

    async def _said(self, service: str, type_: str, number: str) -> bool:
        async with self._city.services[service].engine.connect() as conn:
            values = {"type": type_, "case": f'%"{number}"%'}
            return bool((await conn.execute(_SAID, values)).scalar_one())

    async def _tick(self) -> None:
        """A watermark covers what occurred before it: time goes on a little."""
        for context in self._city.services.values():
            assert isinstance(context.clock, DrivenClock)
            context.clock.advance(context.clock.now() + TICK)
            context.wake()
        await asyncio.sleep(0.05)


async def settled(city: City) -> None:
    """Wait until every consumer has committed the end of each partition and every outbox was sent.

    Raises `TimeoutError` where one stands, naming it.
    """
    consumer = AIOKafkaConsumer(**city.broker.as_client().client())
    admin = AIOKafkaAdminClient(**city.broker.as_client().client())
    await consumer.start()
    await admin.start()
    until = _seconds() + WAIT_S
    try:
        while behind := [place async for place in _behind(city, consumer, admin)]:
            if _seconds() > until:
                raise TimeoutError(f"these stand still: {behind}")
            await asyncio.sleep(0.1)
    finally:
        await consumer.stop()
        await admin.close()


async def _behind(city: City, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> Any:
    """The consumers and relays that are not done."""
    for name, context in city.services.items():
        async with context.engine.connect() as conn:
            if unsent := (await conn.execute(_UNSENT)).scalar_one():
                yield f"relay of {name}: {unsent} rows"
            rows = (await conn.execute(_READ, {"bank": BANK})).all() if name == "financing" else []
        topics = [topic for topic in context.service.topics if topic.partition(".")[0] in city.services]
        wanted = [TopicPartition(topic, n) for topic in topics for n in range(PARTITIONS)]
        ends = await consumer.end_offsets(wanted)
        committed = await admin.list_consumer_group_offsets(name, partitions=wanted)
        for partition, end in ends.items():
            if (at := committed[partition].offset) < end:
                yield f"{name} at {partition.topic}/{partition.partition}: {at} of {end}"
        replies = {row.partition: row.next_offset for row in rows}
        ends = await consumer.end_offsets([TopicPartition(f"banks.{BANK}.replies", n) for n in replies])
        for partition, end in ends.items():
            if replies[partition.partition] < end:
                yield f"replies of {BANK}: {replies[partition.partition]} of {end}"


def _seconds() -> float:
    return asyncio.get_running_loop().time()
