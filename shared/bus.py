"""Topics on the broker: who says what where, and that they exist with the right partitions."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from aiokafka.partitioner import murmur2

from shared.settings import Settings

CHECK_S = 1.0


def hash_of(key: str) -> int:
    """Kafka's own hash of a record's key; modulo the number of partitions it is the partition."""
    return int(murmur2(key.encode())) & 0x7FFF_FFFF


async def end(closing: Coroutine[Any, Any, None]) -> None:
    """Close a Kafka client, for five seconds at most: one whose broker is gone may never finish."""
    task = asyncio.ensure_future(closing)
    await asyncio.wait({task}, timeout=5)
    task.cancel()
    if task.done() and not task.cancelled():
        task.exception()


class WrongPartitions(ValueError):
    """A topic has another number of partitions than `HUYING_PARTITIONS`."""

    def __init__(self, topic: str, found: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {found} partitions but HUYING_PARTITIONS is {wanted}. With another number "
            f"cases would move between partitions and lose their order: set HUYING_PARTITIONS={found}."
        )


class BrokerReplaced(KafkaError):  # type: ignore[misc]
    """The broker is another one than before: what it had acknowledged is gone."""


class Bus:
    """The broker as seen by one client: its topics, and whether it is still the same one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=5_000)
        self._checked_at = float("-inf")
        self.cluster = ""
        """The id of the cluster whose logs are read and written."""

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
            self.cluster = await self._cluster()
        except BaseException:
            await end(self._admin.close())
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._admin.close())

    async def _cluster(self) -> str:
        async with asyncio.timeout(10):
            return str((await self._admin.describe_cluster())["cluster_id"])

    async def check(self) -> None:
        """Ask, at most once a second, whether this is still the same broker. Raises `BrokerReplaced`."""
        now = asyncio.get_running_loop().time()
        if now >= self._checked_at + CHECK_S:
            self._checked_at = now
            if await self._cluster() != self.cluster:
                raise BrokerReplaced(self._settings.bootstrap)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        (described,) = await self._admin.describe_topics([topic])
        return len(described["partitions"])

    async def ensure(self, topics: Collection[str], *, others: bool = False) -> None:
        """Create the topics that are missing; refuse one with another number of partitions.

        Topics that `others` share with us, a bank's, may have as many as they like.
        """
        wanted = self._settings.partitions
        keep = {"retention.ms": "-1"}  # what a service slept through must still be there
        new = [NewTopic(topic, wanted, self._settings.replication, topic_configs=keep) for topic in topics]
        answer = await self._admin.create_topics(new)
        for topic, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise RuntimeError(f"the broker does not create topic {topic}: Kafka error code {code}")
        for described in [] if others else await self._admin.describe_topics(list(topics)):
            found = len(described["partitions"])
            if found not in (0, wanted):
                raise WrongPartitions(described["topic"], found, wanted)
