"""A circuit breaker: it pauses a delivery channel that fails again and again."""

from datetime import datetime, timedelta

FAILURES_TO_OPEN = 3
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)


class Breaker:
    """Pauses a channel after three failures of the channel itself: 30 seconds, doubling up to 10 minutes."""

    def __init__(self) -> None:
        self._failures = 0
        self.until: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether the channel is paused."""
        return self.until is not None and at < self.until

    def succeeded(self) -> None:
        """The channel worked, whatever became of the message."""
        self._failures, self.until = 0, None

    def failed(self, at: datetime, wait: timedelta | None = None) -> None:
        """The channel failed. `wait` is how long its provider asked to send nothing."""
        self._failures += 1
        excess = self._failures - FAILURES_TO_OPEN
        self.until = at + min(FIRST_PAUSE * 2 ** min(excess, 10), LONGEST_PAUSE) if excess >= 0 else None
        if wait is not None:
            self.until = max(self.until or at, at + wait)
