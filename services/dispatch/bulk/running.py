"""Runs one act on many appeals: each for itself through the writer, or all on trial.

Done for good each appeal is a write of its own, as if it had come in a request of its own: a refusal costs
its own row, and the same Idempotency-Key does again only what was not done. On trial all run in one
transaction, each with a unit of work of its own, in the same order, and the transaction is rolled back.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.dispatch.work import Work
from shared.service.accounts import Caller
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
    context = request.context
    async with context.engine.begin(undone=True) as conn:
        at = await context.clock.stamp(conn)
        await Work(conn, at).load({row.key for row in rows})  # locks in the order of all writers
        return [await _tried(Work(conn, at), request.caller, row) for row in rows]


async def _tried(work: Work, caller: Caller, row: Row) -> Outcome:
    """What would come of one row. A refused one writes nothing, so that later rows see nothing of it."""
    work.by = caller
    await work.load([row.key])
    try:
        answer = row.do(work)
    except HuyingError as refusal:
        return refusal
    await work.flush()
    return answer
