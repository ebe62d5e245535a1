"""The one loop for work that a service does until it ends, and that waits where the database is away."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.database.errors import is_transient

PAUSE_S = 1.0
LONGEST_PAUSE_S = 5.0
LONGER = 1.5
"""Each pause of one outage is so many times as long as the one before."""
OVER_S = 30.0
"""A turn that worked for so long before it failed had found everything back."""


async def keep_running(
    turn: Callable[[], Awaitable[object]],
    log: structlog.typing.FilteringBoundLogger,
    work: str,
    *,
    rest_s: float = 0.0,
    pause_s: float = PAUSE_S,
    may_pass: Callable[[Exception], bool] = is_transient,
) -> None:
    """Run `turn` again and again until cancelled; `work` names it in the log.

    After a turn whose result is false or None the loop rests for `rest_s`. So a turn that returns how much it
    did goes on at once until there is nothing left, and a session that lasts until it fails needs no rest:

        await keep_running(self._session, context.log, "bank readers", may_pass=broker.may_pass)
        await keep_running(self._send_due, context.log, "webhooks", rest_s=0.2)

    After an error that `may_pass` accepts the turn is run again after `pause_s`, then after longer pauses.
    Any other error is raised: it ends the process, and its supervisor starts a new one. Work that also uses
    the broker passes `shared.messaging.broker.may_pass`.
    """
    outage = Outage(log, work, pause_s)
    while True:
        began_at = _seconds()
        try:
            did = await turn()
        except Exception as error:
            if not may_pass(error):
                raise
            if _seconds() - began_at >= OVER_S:
                outage.end()
            await asyncio.sleep(outage.pause_after(error))
        else:
            outage.end()
            if not did:
                await asyncio.sleep(rest_s)


class Outage:
    """Failures one after the other: how long to pause, and which are worth a line of the log.

    The first of each kind of error is, and one more whenever the outage has become twice as long: an hour has
    some ten lines of a kind.
    """

    def __init__(self, log: structlog.typing.FilteringBoundLogger, work: str, pause_s: float) -> None:
        self._log = log
        self._work = work
        self._first_pause_s = pause_s
        self._forget()

    def _forget(self) -> None:
        self._failures = 0
        self._began_at = 0.0
        self._next_line_at: dict[type[Exception], float] = {}
        self._pause_s = self._first_pause_s

    def pause_after(self, error: Exception) -> float:
        """Seconds until the next try. Logs the failure where it is worth a line."""
        now = _seconds()
        if not self._failures:
            self._began_at = now
        self._failures += 1
        if now >= self._next_line_at.get(type(error), now):
            self._next_line_at[type(error)] = now + max(now - self._began_at, 1.0)
            self._log.warning(
                "waits and tries again", work=self._work, reason=repr(error), failures=self._failures
            )
        pause_s = self._pause_s
        self._pause_s = max(pause_s, min(pause_s * LONGER, LONGEST_PAUSE_S))
        return pause_s

    def end(self) -> None:
        """The work goes on: say so once where it had failed."""
        if self._failures:
            away_s = round(_seconds() - self._began_at, 1)
            self._log.info("goes on", work=self._work, after_s=away_s, failures=self._failures)
            self._forget()


def _seconds() -> float:
    return asyncio.get_running_loop().time()
