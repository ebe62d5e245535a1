"""Work that is done in rounds until the service ends: when a round found nothing, the next one waits."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.service import ServiceContext

PATIENCE_S = 1.0


async def run_polling_loop(
    context: ServiceContext, turn: Callable[[], Awaitable[int]], rest_s: float, what: str
) -> None:
    """Do `turn`, which says how much it did, until cancelled; `what` names the work in the log.

    Errors of the database that pass by themselves are waited for; others end the process.
    """
    while True:
        try:
            if not await turn():
                await asyncio.sleep(rest_s)
        except DATABASE_ERRORS as error:
            if not is_transient(error):
                raise
            context.log.warning("waits for the database", work=what, reason=repr(error))
            await asyncio.sleep(PATIENCE_S)
