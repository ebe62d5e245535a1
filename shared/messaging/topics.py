"""The names of topics, and which of them a relay can send to: its own, and others that may be refused."""

from collections.abc import Callable, Collection

import structlog

from shared.messaging.broker import BrokerClient, TopicRefused

ASK_AGAIN_S = 10.0


def events_topic(service: str) -> str:
    """The topic of a service's events, which that service alone writes."""
    return f"{service}.events"


def parked_topic(service: str) -> str:
    """The topic on which a service tells of what it parked."""
    return f"{service}.parked"


class Topics:
    """Knows which topics a relay can send to: waiting for a missing one would hold up all others."""

    def __init__(
        self,
        own: Collection[str],
        log: structlog.typing.FilteringBoundLogger,
        seconds: Callable[[], float],
    ) -> None:
        self.own = set(own)
        self.refused: list[str] = []
        """Topics of others that the broker refuses us: messages for them stay in the outbox."""
        self._log = log
        self._seconds = seconds
        self._existing: set[str] = set()
        self._asked_at = float("-inf")

    async def begin(self, broker: BrokerClient) -> None:
        """Create the own topics where they are missing; forget what was known of others."""
        await broker.ensure(self.own)
        self._existing = set(self.own)

    async def exists(self, broker: BrokerClient, topic: str) -> bool:
        """Whether a topic exists, or was created. Where the broker refuses it: False, and it is `refused`."""
        if topic not in self._existing:
            try:
                await broker.ensure([topic], others=True)
            except TopicRefused as error:
                self._log.error("a topic is refused", reason=str(error))
                self.refused.append(topic)
                return False
            self._existing.add(topic)
        return True

    def ask_again(self) -> None:
        """Forget, every ten seconds, which topics were refused."""
        if self._seconds() >= self._asked_at + ASK_AGAIN_S:
            self.refused, self._asked_at = [], self._seconds()
