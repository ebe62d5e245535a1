"""Parked records handled again: by hand, one by one, and at start those whose type is known by now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase

import structlog

from shared.database.connection import Connection, Database
from shared.events import CATALOGUE
from shared.messaging.parked import (
    OUTBOX,
    ParkedRecord,
    find_parked,
    mark_redriven,
    parked_for,
    send_again,
)
from shared.messaging.records import ReceivedRecord, decode
from shared.messaging.settling import settle
from shared.messaging.wire import unknown_type
from shared.service.clock import Clock
from shared.service.errors import Conflict, NotFound
from shared.service.standing import Place, Stand, Standing

Redrive = Callable[[Connection, ParkedRecord, datetime], Awaitable[None]]
Redrives = Mapping[str, Redrive]
"""How parked records that are no events of other services are handled again, by pattern of the topic."""


class Redriver:
    """Handles parked records again. `transact` is how the consumer handles records, in one transaction."""

    def __init__(
        self,
        engine: Database,
        clock: Clock,
        transact: Callable[[Sequence[ReceivedRecord]], Awaitable[int]],
        redrives: Redrives,
        log: structlog.typing.FilteringBoundLogger,
        standing: Standing,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._transact = transact
        self._redrives = redrives
        self._log = log
        self._stand: Stand[int] = standing.stand(
            "redrive", lambda parked_id: Place("parked", None, parked_id)
        )

    async def redrive(self, parked_id: int) -> None:
        """Handle a parked record again. Raises `NotFound`, or `Conflict` where it still cannot be read."""
        async with self._engine.connect() as conn:
            parked = await find_parked(conn, parked_id)
        if parked is None:
            raise NotFound(
                f"没有编号 {parked_id} 的待重放消息", f"no parked message {parked_id} waits to be redriven"
            )
        if parked.cluster == OUTBOX:
            async with self._engine.begin() as conn:
                await send_again(conn, parked)
                await mark_redriven(conn, parked_id)
            return
        if (redrive := self._redrive_of(parked.topic)) is not None:
            async with self._engine.begin() as conn:
                await redrive(conn, parked, await self._clock.stamp(conn))
                await mark_redriven(conn, parked_id)
            return
        await self._handle(parked)
        async with self._engine.begin() as conn:
            await mark_redriven(conn, parked_id)

    async def redrive_known_types(self) -> None:
        """Handle the records that an older version parked because it did not know the type of their event."""
        async with self._engine.connect() as conn:
            waiting = await parked_for(conn, [unknown_type(type_) for type_ in CATALOGUE])
        await settle(waiting, self._redrive_waiting, lambda parked_id: parked_id, self._log, self._stand)

    async def _redrive_waiting(self, waiting: Sequence[int], reason: str | None) -> None:
        """Redrive parked records; with a `reason` they have failed, and stay parked."""
        for parked_id in waiting if reason is None else ():
            with suppress(NotFound):  # another replica was first
                await self.redrive(parked_id)

    def _redrive_of(self, topic: str) -> Redrive | None:
        return next(
            (redrive for pattern, redrive in self._redrives.items() if fnmatchcase(topic, pattern)), None
        )

    async def _handle(self, parked: ParkedRecord) -> None:
        record = decode(parked, self._clock.latest_claim())
        if record.reason is not None:
            raise Conflict(
                f"消息仍无法读取：{record.reason}", f"the message still cannot be read: {record.reason}"
            )
        await self._transact([record])
