"""The one loop for work that a service does until it ends, and that waits where the database is away."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.database.errors import is_transient

PAUSE_S = 1.0


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

    An error that `may_pass` accepts is logged, and the turn is run again after `pause_s`. Any other error is
    raised: it ends the process, and its supervisor starts a new one. Work that also uses the broker passes
    `shared.messaging.broker.may_pass`.
    """
    while True:
        try:
            if not await turn():
                await asyncio.sleep(rest_s)
        except Exception as error:
            if not may_pass(error):
                raise
            log.warning("waits and tries again", work=work, reason=repr(error))
            await asyncio.sleep(pause_s)
