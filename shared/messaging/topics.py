"""The topics that a relay sends to: its own, and others that may be missing or refused."""

from collections.abc import Callable, Collection

import structlog

from shared.messaging.broker import Bus, TopicRefused

ASK_AGAIN_S = 10.0


def events_topic(service: str) -> str:
    """The topic of a service's events, which that service alone writes."""
    return f"{service}.events"


def parked_topic(service: str) -> str:
    """The topic on which a service tells of what it parked."""
    return f"{service}.parked"


class Topics:
    """Which topics are there: to wait for one that is not would hold up all others."""

    def __init__(
        self,
        own: Collection[str],
        log: structlog.typing.FilteringBoundLogger,
        seconds: Callable[[], float],
    ) -> None:
        self.own = set(own)
        self.refused: list[str] = []
        """Topics of others that the broker refuses us: what is for them waits."""
        self._log = log
        self._seconds = seconds
        self._known: set[str] = set()
        self._asked_at = float("-inf")

    async def begin(self, bus: Bus) -> None:
        """Make its own where need be; of others nothing is known on this broker."""
        await bus.ensure(self.own)
        self._known = set(self.own)

    async def finds(self, bus: Bus, topic: str) -> bool:
        """Whether a topic is there; one of others that is refused does not hold up the rest."""
        if topic not in self._known:
            try:
                await bus.ensure([topic], others=True)
            except TopicRefused as error:
                self._log.error("a topic is refused", reason=str(error))
                self.refused.append(topic)
                return False
            self._known.add(topic)
        return True

    def ask_again(self) -> None:
        """Forget now and then what was refused."""
        if self._seconds() >= self._asked_at + ASK_AGAIN_S:
            self.refused, self._asked_at = [], self._seconds()
