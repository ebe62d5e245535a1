"""Gets a batch of records done: all in one transaction, or in parts where a record cannot be handled."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Generic, TypeVar

import structlog

from shared.database.errors import is_of_content, is_transient
from shared.service.errors import redacted
from shared.service.standing import Stand

ATTEMPTS = 3
TOGETHER = 1
"""How many failures among others count against a record: so it still has two tries alone."""
PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
ALONE = 9
"""A batch of up to so many records is broken up into single ones; a larger one into parts first."""

Record = TypeVar("Record")
Result = TypeVar("Result")


async def settle(
    records: Sequence[Record],
    transact: Callable[[Sequence[Record], str | None], Awaitable[Result]],
    without_content: Callable[[Record], Record],
    log: structlog.typing.FilteringBoundLogger,
    stand: Stand[Record],
    *,
    passed_on: tuple[type[Exception], ...] = (),
    pause_s: float = PAUSE_S,
) -> list[Result]:
    """Call `transact` with all records; returns its results, one for each transaction that committed.

    A transient error (`is_transient`) holds the batch: it is tried again until the error passes, first after
    `pause_s`, then after twice as long, up to 10 s. Any other error breaks the batch up, into parts and then
    into single records, in their order. A record that fails for the third time, or once alone for what it
    contains (`is_of_content`), is handed to `transact` with the reason, to be parked. Of its failures those
    among others count as one, as the defect may have been another's: it has two tries alone. Where even
    parking fails, it is parked `without_content`. Nothing but a transient error passes by waiting, so no
    other is waited for: a thousand such records would hold the others up for minutes. Errors of the classes
    in `passed_on` are raised. Until one of these ends it, `stand` is at the first record.
    """
    return await _Settling(transact, without_content, log, stand, passed_on, pause_s).settle(records, 0)


@dataclass(frozen=True)
class _Settling(Generic[Record, Result]):
    """The arguments of `settle`, which are the same for a batch and its parts."""

    transact: Callable[[Sequence[Record], str | None], Awaitable[Result]]
    without_content: Callable[[Record], Record]
    log: structlog.typing.FilteringBoundLogger
    stand: Stand[Record]
    passed_on: tuple[type[Exception], ...]
    pause_s: float

    async def settle(self, records: Sequence[Record], failures: int) -> list[Result]:
        """Settle records that have failed `failures` times: as a whole, or in parts after a defect."""
        rest_s = self.pause_s
        reason: str | None = None
        is_bare = False
        while True:
            self.stand.at(records)
            try:
                result = await self.transact(records, reason)
                self.stand.passed()
                return [result]
            except self.passed_on:
                self.stand.passed()
                raise
            except Exception as error:  # a record's defect must stop neither its partition nor the process
                self.log.warning("batch failed", reason=redacted(error), records=len(records))
                await self.stand.failed(error)
                if not is_transient(error):
                    failures += 1
                    if len(records) > 1:
                        break
                    if reason is None:
                        reason = _reason_to_park(error, failures)
                        continue
                    if not is_bare:
                        records, is_bare = [self.without_content(records[0])], True
                        continue
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, LONGEST_PAUSE_S)
        return await self._settle_parts(records)

    async def _settle_parts(self, records: Sequence[Record]) -> list[Result]:
        size = isqrt(len(records)) if len(records) > ALONE else 1
        parts = [
            await self.settle(records[start : start + size], TOGETHER)
            for start in range(0, len(records), size)
        ]
        return [result for results in parts for result in results]


def _reason_to_park(error: Exception, failures: int) -> str | None:
    """Why a record is given up that failed alone with this error; None where it is tried again."""
    if is_of_content(error):
        return f"the content cannot be stored: {redacted(error)}"
    return f"failed {ATTEMPTS} times: {redacted(error)}" if failures == ATTEMPTS else None
