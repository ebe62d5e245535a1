"""Runs one act on many appeals: each for itself through the writer, or all on trial.

Done for good each appeal is a write of its own, as if it had come in a request of its own: a refusal costs
its own row, and the same Idempotency-Key does again only what was not done. On trial all run in one
transaction, each in a savepoint, in the same order, and the transaction is rolled back.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.dispatch.work import Work
from shared.database.savepoints import savepoint
from shared.service.errors import HuyingError
from shared.web.request import WriteContext
from shared.web.writer import Answer, Once

Outcome = Answer | HuyingError


@dataclass(frozen=True, slots=True)
class Row:
    """One appeal: the keys that its act needs, and the act on a unit of work that has them loaded."""

    appeal_id: UUID
    key: Any
    do: Callable[[Work], Answer]


class TrialOver(Exception):
    """Raised to roll a trial back."""


async def done(request: WriteContext, rows: Sequence[Row]) -> list[Outcome]:
    """What came of each row, for good."""
    return list(await asyncio.gather(*(_written(request, row) for row in rows)))


async def _written(request: WriteContext, row: Row) -> Outcome:
    once = request.once and _once(request.once, row.appeal_id)
    try:
        return await request.context.writer.write([row.key], row.do, once, request.caller)
    except HuyingError as refusal:
        return refusal


def _once(once: Once, appeal_id: UUID) -> Once:
    """The key of one row: of the same request, sent again, each row has the same."""
    return replace(once, key=f"{once.key} {appeal_id}")


async def tried(request: WriteContext, rows: Sequence[Row]) -> list[Outcome]:
    """What would come of each row; nothing of it stays, and nothing is said."""
    outcomes: list[Outcome] = []
    context = request.context
    with contextlib.suppress(TrialOver):
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            await Work(conn, at).load({row.key for row in rows})  # locks in the order of all writers
            for row in rows:
                try:
                    async with savepoint(conn):
                        work = Work(conn, at)
                        work.by = request.caller
                        await work.load([row.key])
                        outcomes.append(row.do(work))
                        await work.flush()
                except HuyingError as refusal:
                    outcomes.append(refusal)
            raise TrialOver
    return outcomes
