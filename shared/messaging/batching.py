"""How long items may gather before a batch: a batch costs about as much for one item as for fifty."""

import asyncio

BUSY_RATE = 20.0
"""Items a second above which a longer gap is worth while."""


class Pace:
    """The gap between the beginnings of two batches, in seconds: `quiet_s`, or `busy_s` under load."""

    def __init__(self, quiet_s: float, busy_s: float) -> None:
        self._quiet_s = quiet_s
        self._busy_s = busy_s
        self._began_at = self._previous_began_at = float("-inf")

    def begin(self) -> None:
        """A batch begins."""
        self._previous_began_at, self._began_at = self._began_at, _seconds()

    async def rest(self, items: int) -> None:
        """Wait until the next batch may begin; the last one had so many items."""
        busy = items > BUSY_RATE * (self._began_at - self._previous_began_at)
        next_at = self._began_at + (self._busy_s if busy else self._quiet_s)
        await asyncio.sleep(max(0.0, next_at - _seconds()))


def _seconds() -> float:
    return asyncio.get_running_loop().time()
