"""How long work may gather: a round costs about as much for one item as for fifty."""

import asyncio

BUSY_RATE = 20.0
"""Items a second from which on they are worth waiting for."""


class Pace:
    """The gap between the beginnings of two rounds: short while little comes, longer under load."""

    def __init__(self, quiet_s: float, busy_s: float) -> None:
        self._quiet_s = quiet_s
        self._busy_s = busy_s
        self._began_at = self._before = float("-inf")

    def begin(self) -> None:
        """A round begins."""
        self._before, self._began_at = self._began_at, _seconds()

    async def rest(self, items: int) -> None:
        """Let the next round wait, after one that did so many items."""
        busy = items > BUSY_RATE * (self._began_at - self._before)
        until = self._began_at + (self._busy_s if busy else self._quiet_s)
        await asyncio.sleep(max(0.0, until - _seconds()))


def _seconds() -> float:
    return asyncio.get_running_loop().time()
