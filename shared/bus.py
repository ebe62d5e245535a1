"""Topics on the broker: who says what where, and that they exist with the right partitions."""

from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from aiokafka.partitioner import murmur2

from shared.settings import Settings


def hash_of(key: str) -> int:
    """Kafka's own hash of a record's key; modulo the number of partitions it is the partition."""
    return int(murmur2(key.encode())) & 0x7FFF_FFFF


class WrongPartitions(RuntimeError):
    """A topic has another number of partitions than `HUYING_PARTITIONS`."""

    def __init__(self, topic: str, found: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {found} partitions but HUYING_PARTITIONS is {wanted}. With another number "
            f"cases would move between partitions and lose their order: set HUYING_PARTITIONS={found}."
        )


async def ensure_topics(settings: Settings, topics: Collection[str]) -> None:
    """Create what is missing; refuse a topic with another number of partitions (`WrongPartitions`)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [
            NewTopic(topic, settings.partitions, settings.replication)
            for topic in topics
            if topic not in there
        ]
        if missing:
            answer = await admin.create_topics(missing)
            for topic, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise RuntimeError(f"the broker does not create topic {topic}: Kafka error code {code}")
        for described in await admin.describe_topics(list(topics)):
            found = len(described["partitions"])
            if found not in (0, settings.partitions):
                raise WrongPartitions(described["topic"], found, settings.partitions)
    finally:
        await admin.close()
