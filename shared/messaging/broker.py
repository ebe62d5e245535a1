"""The topics of the broker: that they exist, with the right number of partitions, and on the same broker."""

import asyncio
import contextlib
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code
from aiokafka.partitioner import murmur2

from shared.database.errors import is_transient
from shared.messaging.clients import connected
from shared.messaging.sizes import LARGEST_BATCH
from shared.service.settings import Settings

CHECK_EVERY_S = 1.0
DAY_MS = 86_400_000
_EXISTS = (0, TopicAlreadyExistsError.errno)


@lru_cache(maxsize=65_536)
def key_hash(key: str) -> int:
    """Kafka's own hash of a record's key; modulo the number of partitions it gives the partition."""
    return int(murmur2(key.encode())) & 0x7FFF_FFFF


def may_pass(error: BaseException) -> bool:
    """Whether trying again later may help: the broker or the database is away, or its state passes."""
    return isinstance(error, KafkaError) or is_transient(error)


async def track_topics(producer: AIOKafkaProducer, topics: Collection[str]) -> None:
    """Have the producer ask for the metadata of these topics before it is given messages.

    A producer begins with the metadata of all topics. When it asks for a new topic, it forgets those it never
    asked for; messages that it holds for a forgotten topic wait until the next message to that topic.
    """
    for topic in topics:
        await producer.partitions_for(topic)


class WrongPartitions(ValueError):
    """A topic has another number of partitions than HUYING_PARTITIONS."""

    def __init__(self, topic: str, actual: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {actual} partitions but HUYING_PARTITIONS is {wanted}. With another number"
            " cases would move between partitions and lose their order. Where the setting is mistaken set"
            f" HUYING_PARTITIONS={actual}; where partitions were added see docs/kafka.md"
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
    """The broker does not create a missing topic, or does not let us see it."""

    def __init__(self, topic: str, code: int) -> None:
        super().__init__(
            f"the broker refuses us topic {topic} ({for_code(code).__name__}): its owner has not made it"
            " yet, the access list lacks it, or fewer brokers are up than HUYING_REPLICATION says"
        )


class BrokerReplaced(KafkaError):  # type: ignore[misc]
    """The broker has another cluster id than before: what the old one had acknowledged is gone."""


class BrokerClient:
    """A client that creates and checks topics, and notices when the broker is replaced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(**settings.client(), request_timeout_ms=5_000)
        self._checked_at = float("-inf")
        self._own: set[str] = set()
        self.cluster = ""
        """The cluster id of the broker when this client connected."""

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(connected(self._admin))
            self.cluster = await self._cluster_id()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _cluster_id(self) -> str:
        async with asyncio.timeout(10):
            return str((await self._admin.describe_cluster())["cluster_id"])

    async def check(self) -> None:
        """Ask the broker, at most once a second, whether it is the same one with the same partitions.

        Raises `BrokerReplaced` or `WrongPartitions`.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._checked_at + CHECK_EVERY_S:
            self._checked_at = now
            if await self._cluster_id() != self.cluster:
                raise BrokerReplaced(self._settings.bootstrap)
            await self._compare(self._own)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return (await self._count_partitions([topic]))[topic]

    async def ensure(self, topics: Collection[str], *, others: bool = False) -> None:
        """Create the topics that are missing; refuse one with another number of partitions.

        Topics that `others` write, too, may have any number of partitions, and the broker sets the time of
        their records and keeps them as they were compressed. Raises `WrongPartitions` or `TopicRefused`.
        """
        partitions, replicas = self._settings.partitions, self._settings.replication
        new = [
            NewTopic(topic, partitions, replicas, topic_configs=self._config(topic, others=others))
            for topic in topics
        ]
        answer = await self._admin.create_topics(new)
        refused = {topic: code for topic, code, *_ in answer.topic_errors if code not in _EXISTS}
        counts = await (self._count_partitions(topics) if refused else self._count_when_visible(topics))
        for topic, code in refused.items():
            if code != TopicAuthorizationFailedError.errno or not counts[topic]:
                raise TopicRefused(topic, code)
        if not others:
            self._own |= set(topics)
            await self._compare(topics)

    def _config(self, topic: str, *, others: bool) -> dict[str, str]:
        config = {"retention.ms": self._kept_ms(topic), "max.message.bytes": str(LARGEST_BATCH)}
        if others:
            config["message.timestamp.type"] = "LogAppendTime"
            config["compression.type"] = "producer"  # else the broker unpacks all batches into its memory
        return config

    def _kept_ms(self, topic: str) -> str:
        """How long the broker keeps records: for ever, since a service that was down must still find them."""
        kept = (days for name, days in self._settings.topics_kept_days.items() if fnmatchcase(topic, name))
        return str(min((days * DAY_MS for days in kept), default=-1))

    async def _count_when_visible(self, topics: Collection[str]) -> dict[str, int]:
        """As `_count_partitions`, but waits up to five seconds until the cluster shows new topics."""
        for _ in range(100):
            counts = await self._count_partitions(topics)
            if all(counts.values()):
                break
            await asyncio.sleep(0.05)
        return counts

    async def _compare(self, topics: Collection[str]) -> None:
        wanted = self._settings.partitions
        for topic, actual in (await self._count_partitions(topics)).items():
            if actual not in (0, wanted):
                raise WrongPartitions(topic, actual, wanted)

    async def _count_partitions(self, topics: Collection[str]) -> dict[str, int]:
        """The number of partitions by topic; 0 where the broker does not show the topic."""
        described = await self._admin.describe_topics(list(topics)) if topics else []
        return {topic["topic"]: len(topic["partitions"]) for topic in described}
