"""Topics on the broker: who says what where, and that they exist with the right partitions."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code
from aiokafka.partitioner import murmur2

from shared.database.errors import is_transient
from shared.service.settings import Settings

CHECK_S = 1.0
_THERE = (0, TopicAlreadyExistsError.errno)


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


def may_pass(error: BaseException) -> bool:
    """Whether trying again later may help: the broker or the database is away, or its state passes."""
    return isinstance(error, KafkaError) or is_transient(error)


class WrongPartitions(ValueError):
    """A topic has another number of partitions than this service reckons with."""

    def __init__(self, topic: str, found: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {found} partitions but HUYING_PARTITIONS is {wanted}. With another number"
            " cases would move between partitions and lose their order. Where the setting is mistaken set"
            f" HUYING_PARTITIONS={found}; where partitions were added see docs/kafka.md"
            " / 分区数与设置不符，会打乱同一诉求的先后顺序：设置有误请改设置，增加过分区请看 docs/kafka.md"
        )


class NoIdempotence(ValueError):
    """The broker takes no idempotent producer."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(
            f"the broker at {bootstrap} takes no idempotent producer, as Apache Kafka does: set"
            " HUYING_IDEMPOTENT_PRODUCER=false for this one / 该消息服务器不支持幂等发送，请关闭该设置"
        )


class TopicRefused(KafkaError):  # type: ignore[misc]
    """The broker does not make a topic that is missing, or does not let us see it."""

    def __init__(self, topic: str, code: int) -> None:
        super().__init__(
            f"the broker refuses us topic {topic} ({for_code(code).__name__}): its owner has not made it"
            " yet, the access list lacks it, or fewer brokers are up than HUYING_REPLICATION says"
        )


class BrokerReplaced(KafkaError):  # type: ignore[misc]
    """The broker is another one than before: what it had acknowledged is gone."""


class Bus:
    """The broker as seen by one client: its topics, and whether it is still the same one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(**settings.client(), request_timeout_ms=5_000)
        self._checked_at = float("-inf")
        self._ours: set[str] = set()
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
        """Ask, at most once a second, whether this is the same broker with the same partitions.

        Raises `BrokerReplaced` or `WrongPartitions`.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._checked_at + CHECK_S:
            self._checked_at = now
            if await self._cluster() != self.cluster:
                raise BrokerReplaced(self._settings.bootstrap)
            await self._compare(self._ours)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return (await self._partitions([topic]))[topic]

    async def ensure(self, topics: Collection[str], *, others: bool = False) -> None:
        """Create the topics that are missing; refuse one with another number of partitions.

        Topics that `others` share with us, a bank's, may have as many as they like, and their records have
        the time the broker gives. Raises `WrongPartitions`, or `TopicRefused`.
        """
        config = {"retention.ms": "-1"}  # what a service slept through must still be there
        if others:
            config["message.timestamp.type"] = "LogAppendTime"
        partitions, replicas = self._settings.partitions, self._settings.replication
        new = [NewTopic(topic, partitions, replicas, topic_configs=config) for topic in topics]
        answer = await self._admin.create_topics(new)
        refused = {topic: code for topic, code, *_ in answer.topic_errors if code not in _THERE}
        found = await self._visible(topics) if not refused else await self._partitions(topics)
        for topic, code in refused.items():
            if code != TopicAuthorizationFailedError.errno or not found[topic]:
                raise TopicRefused(topic, code)
        if not others:
            self._ours |= set(topics)
            await self._compare(topics)

    async def _visible(self, topics: Collection[str]) -> dict[str, int]:
        """As `_partitions`, once a cluster shows what it just made; after a while as it stands."""
        for _ in range(100):
            found = await self._partitions(topics)
            if all(found.values()):
                break
            await asyncio.sleep(0.05)
        return found

    async def _compare(self, topics: Collection[str]) -> None:
        wanted = self._settings.partitions
        for topic, found in (await self._partitions(topics)).items():
            if found not in (0, wanted):
                raise WrongPartitions(topic, found, wanted)

    async def _partitions(self, topics: Collection[str]) -> dict[str, int]:
        """By topic; 0 where the broker shows none."""
        described = await self._admin.describe_topics(list(topics)) if topics else []
        return {one["topic"]: len(one["partitions"]) for one in described}
