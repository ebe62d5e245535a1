"""Makes the hashes of appeals that have none under the present key, such as those of an earlier version."""

import asyncio

from services.intake.document import AppealDocument
from services.intake.resources import hashes_of
from services.intake.search import queries
from services.intake.search.indexed import index_row
from shared.database.retry import keep_running
from shared.service.service import ServiceContext

BATCH = 200
REST_S = 0.05
"""Between two batches: it never competes with people."""


async def index_earlier(context: ServiceContext) -> None:
    """Make what is missing, a batch at a time, then wait until the service stops."""
    await keep_running(lambda: _index_batch(context), context.log, "hashes of earlier appeals")


async def _index_batch(context: ServiceContext) -> None:
    hashes = hashes_of(context)
    async with context.engine.begin() as conn:
        documents = await queries.not_indexed(conn, hashes.version, BATCH)
        appeals = [AppealDocument.model_validate_json(document) for document in documents]
        if appeals:
            await queries.save(conn, [index_row(appeal, hashes) for appeal in appeals])
    if len(appeals) < BATCH:
        await asyncio.Event().wait()
    await asyncio.sleep(REST_S)
