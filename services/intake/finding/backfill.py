"""Indexes the appeals that were registered before there was an index, or under another key."""

import functools

from services.intake.finding import queries
from services.intake.finding.words import indexed, texts_and_phones
from services.intake.settings import hashes_of
from shared.database.retry import keep_running
from shared.finding.hashes import Hashes
from shared.service.service import ServiceContext

BATCH = 200
LOOK_EVERY_S = 3_600.0


async def backfill(context: ServiceContext) -> None:
    """The task that indexes; without a key there is nothing to do."""
    if (hashes := hashes_of(context)) is not None:
        turn = functools.partial(_index_some, context, hashes)
        await keep_running(turn, context.log, "index of texts and phones", rest_s=LOOK_EVERY_S)


async def _index_some(context: ServiceContext, hashes: Hashes) -> int:
    """Index appeals that have no hashes yet; returns how many."""
    async with context.engine.begin() as conn:
        rows = await queries.unindexed(conn, hashes.key_id, BATCH)
        appeals = [
            indexed(hashes, row.appeal_id, row.received_at, *texts_and_phones(row.file)) for row in rows
        ]
        await queries.index(conn, appeals)
    return len(rows)
