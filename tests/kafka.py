"""Apache Kafka for tests: emptied between them, which is quicker than another one; and spoken to bare."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.api import Request
from aiokafka.protocol.types import Array, Schema

from huying.kafka.broker import Kafka

BROKER = os.environ.get("HUYING_TEST_BROKER", "embedded")
knows_principals = pytest.mark.skipif(
    BROKER != "apache", reason="NOT RUN: the embedded broker knows no principals (make test-kafka)"
)


async def emptied(cluster: Kafka) -> Kafka:
    """Take all topics away, with the offsets that groups had in them."""
    admin = AIOKafkaAdminClient(**cluster.as_client().client())
    await admin.start()
    try:
        if topics := await _topics(admin):
            await admin.delete_topics(topics)
        async with asyncio.timeout(30):
            while await _topics(admin):
                await asyncio.sleep(0.05)
    finally:
        await admin.close()
    return cluster


async def _topics(admin: AIOKafkaAdminClient) -> list[str]:
    return [topic for topic in await admin.list_topics() if not topic.startswith("__")]


class Bare:
    """Sends a principal's requests as they are: no library stands between it and the broker's refusal."""

    def __init__(self, cluster: Kafka, principal: str) -> None:
        self._client = AIOKafkaClient(**cluster.as_client(principal).client())

    async def __aenter__(self) -> Self:
        await self._client.bootstrap()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def codes(self, request: Request[Any]) -> set[int]:
        """Every error code in the broker's answer."""
        node = self._client.get_random_node()
        answer = await self._client.send(node, request)
        return set(_codes(answer.SCHEMA, [answer.get_item(name) for name in answer.SCHEMA.names]))


def _codes(schema: Schema, values: Sequence[Any]) -> Iterator[int]:
    for name, kind, value in zip(schema.names, schema.fields, values, strict=True):
        if name == "error_code":
            yield value
        elif isinstance(kind, Array) and isinstance(kind.array_of, Schema):
            for element in value or ():
                yield from _codes(kind.array_of, element)
