"""Up to when a bank's replies are known is asked again where a reply came while it was asked."""

from collections.abc import Iterable
from datetime import datetime

import pytest
import sqlalchemy as sa
from aiokafka import TopicPartition

from services.financing.banks.kafka.queries import complete_upto
from services.financing.banks.kafka.reader import BankReader
from shared.service.clock import EPOCH
from tests.city import DISPATCH, FINANCING, City, local

pytestmark = pytest.mark.services(DISPATCH, FINANCING)


class Topic:
    """A topic of one partition whose end is `end`; what was read stands in the database."""

    def __init__(self, end: int) -> None:
        self.end = end

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    async def position(self, place: TopicPartition) -> int:
        return 0

    def seek(self, place: TopicPartition, offset: int) -> None: ...


async def known(city: City) -> datetime:
    async with city.services["financing"].engine.connect() as conn:
        return (await complete_upto(conn))["quiet"]


async def test_a_reply_that_comes_while_the_end_is_asked_for_does_not_stop_judgement(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    context, topic = city.services["financing"], Topic(end=1)
    reader = BankReader(context, "quiet", "cluster", 1)  # no bank of the directory: nobody else reads it
    await reader._seek(topic)  # type: ignore[arg-type]
    await reader._mark_complete(topic)  # type: ignore[arg-type]
    assert await known(city) == EPOCH
    async with context.engine.begin() as conn:  # the reply is read
        await conn.execute(sa.text("update bank_replies set next_offset = 1 where bank = 'quiet'"))
    await reader._mark_complete(topic)  # type: ignore[arg-type]
    assert await known(city) >= local("2026-11-09 08:59")
