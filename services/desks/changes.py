"""What changed in the read model, as the database tells every replica: PostgreSQL's LISTEN and NOTIFY."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

import orjson

from shared.database.retry import keep_running
from shared.service.service import ServiceContext

CHANNEL = "desks_changes"
LONGEST = 7_900
"""PostgreSQL carries 8,000 bytes in a notification."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """The cases that one transaction changed, and the units that have legs of them.

    `is_whole`: they fitted into the notification; of one that is not, anything may have changed.
    """

    ids: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    is_whole: bool = True

    @classmethod
    def of(cls, ids: Iterable[UUID], units: Iterable[str]) -> Self:
        return cls(frozenset(map(str, ids)), frozenset(units))

    def payload(self) -> str:
        written = orjson.dumps({"ids": sorted(self.ids), "units": sorted(self.units)}).decode()
        return written if len(written.encode()) < LONGEST else ""

    @classmethod
    def read(cls, payload: str) -> Self:
        if not payload:
            return cls(is_whole=False)
        parts = orjson.loads(payload)
        return cls(frozenset(parts["ids"]), frozenset(parts["units"]))

    def concerns(self, ids: Collection[str], units: Collection[str] | None) -> bool:
        """Whether it may change a list of these cases, for who sees these units; None: all of them."""
        return not self.is_whole or units is None or bool(self.ids & set(ids) or self.units & set(units))


@dataclass(slots=True)
class Changes:
    """The changes that this replica has heard, for those who wait for one."""

    _number: int = 0
    _heard: dict[str, int] = field(default_factory=dict)
    _whole: int = 0
    _waiting: set["asyncio.Queue[Change]"] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def number(self) -> int:
        """How many changes were heard, to be named when one waits for a later one."""
        return self._number

    def hear(self, payload: str) -> None:
        """A notification came."""
        change = Change.read(payload)
        self._number += 1
        if not change.is_whole:
            self._whole = self._number
        for id_ in change.ids:
            self._heard.pop(id_, None)
            self._heard[id_] = self._number
        while len(self._heard) > REMEMBERED:
            del self._heard[next(iter(self._heard))]
        for queue in self._waiting:
            queue.put_nowait(change)
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, ids: Collection[str], after: int, within_s: float) -> bool:
        """Wait until a change of each of these cases was heard later than `after`; False where none came."""
        try:
            async with asyncio.timeout(within_s):
                while not all(max(self._heard.get(id_, 0), self._whole) > after for id_ in ids):
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def subscribe(self) -> "asyncio.Queue[Change]":
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._waiting.add(queue)
        return queue

    def unsubscribe(self, queue: "asyncio.Queue[Change]") -> None:
        self._waiting.discard(queue)

    @property
    def subscribers(self) -> int:
        return len(self._waiting)


async def listen(context: ServiceContext, changes: Changes) -> None:
    """Hear changes until cancelled. After the database was away anything may have changed."""

    async def session() -> None:
        async with context.reader.connect(new=True) as conn:
            await conn.listen(CHANNEL, changes.hear, lambda: changes.hear(""))

    await keep_running(session, context.log, "changes of the read model")
