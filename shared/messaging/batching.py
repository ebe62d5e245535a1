"""How long items may gather before a batch: a batch costs about as much for one item as for fifty."""

import asyncio

BUSY_RATE = 20.0
"""Items a second above which a longer gap is worth while."""


class Pace:
    """The gap between the beginnings of two batches, in seconds: `quiet_s`, or `busy_s` under load.

    Under load a batch is also followed by a rest as long as it took, `busy_s` at most. Where the processors
    are the bottleneck, batches take longer: then more items share the work of one, and all cost less.
    """

    def __init__(self, quiet_s: float, busy_s: float) -> None:
        self._quiet_s = quiet_s
        self._busy_s = busy_s
        self._began_at = self._previous_began_at = float("-inf")

    def begin(self) -> None:
        """A batch begins."""
        self._previous_began_at, self._began_at = self._began_at, _seconds()

    async def rest(self, items: int) -> None:
        """Wait until the next batch may begin; the last one had so many items."""
        took_s = _seconds() - self._began_at
        if items > BUSY_RATE * (self._began_at - self._previous_began_at):
            rest_s = min(max(self._busy_s - took_s, took_s), self._busy_s)
        else:
            rest_s = max(self._quiet_s - took_s, 0.0)
        await asyncio.sleep(rest_s)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
