"""Erases messages that notify keeps no longer, by a rule of the city."""

from datetime import datetime

from services.notify.erasing import work
from shared.service.retention import Retained, Then
from shared.service.service import ServiceContext


async def erase_due(context: ServiceContext, moment: datetime) -> int:
    """Erase some of what was written before this moment; returns how many messages."""
    async with context.engine.begin() as conn:
        return await work.erase_old(conn, moment)


MESSAGES = Retained("messages", Then.ERASE, "it was written", work.count_old, erase_due)
