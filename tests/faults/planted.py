"""Bugs that a fault run must find. `launch` plants one in a service's process; nothing else does.

Each replaces one function of the product in that process.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition
from sqlalchemy import text

from services.escalation.judge import EscalationJudge
from shared.database.connection import Connection
from shared.messaging import consumer, sending
from shared.messaging.broker import key_hash
from shared.rules.judging import starting
from shared.rules.pack.triggers import Start
from shared.rules.time import day_limits, ends, pauses

GAP_S = 1.0
SKIPPED_OF = 40


def commit_before_transaction() -> None:
    """Offsets are committed before the transaction: a kill between the two loses the records."""
    settle = consumer.Consumer._settle

    async def commit_first(self: Any, records: Any) -> int:
        offsets = {
            TopicPartition(record.raw.topic, record.raw.partition): record.raw.offset + 1
            for record in records
        }
        if offsets:
            await self._consumer.commit(offsets)
            await asyncio.sleep(GAP_S)
        return await settle(self, records)

    consumer.Consumer._settle = commit_first  # type: ignore[method-assign]


def inbox_skipped() -> None:
    """Events that were handled before are handled again."""
    consumer._INBOX = text(
        """
        with row as (
          insert into inbox (event_id) select unnest(cast(:ids as uuid[])) on conflict do nothing
        )
        select now() as at, cast(:ids as uuid[]) as ids
        """
    )


def past_watermark() -> None:
    """Escalation judges up to its own clock, though events before that may still be on their way."""

    async def own_horizon(self: Any, conn: Connection) -> dict[int, datetime]:
        upto = await self.context.clock.horizon(conn)
        return dict.fromkeys(range(self.context.settings.partitions), upto)

    EscalationJudge.known = own_horizon  # type: ignore[method-assign]


def relay_skips() -> None:
    """The relay marks one row in forty as sent without sending it."""
    send = sending.Sender.send

    async def send_most(self: Any, producer: Any, rows: Any) -> bool:
        return await send(self, producer, [row for row in rows if key_hash(str(row.event_id)) % SKIPPED_OF])

    sending.Sender.send = send_most  # type: ignore[method-assign]


def pause_counted_twice() -> None:
    """A pause lasts twice as long for the judge as it did."""
    merged_spans = pauses.merged_spans

    def twice(pauses: Any) -> list[Any]:
        return [(start, end and end + (end - start)) for start, end in merged_spans(pauses)]

    for module in (pauses, day_limits, ends):
        module.merged_spans = twice  # type: ignore[attr-defined]


def promise_forgotten() -> None:
    """A promise meets what it meets, but its day is no deadline."""
    begin = starting.begin

    def begin_most(case: Any, start: str, *rest: Any) -> None:
        if start != Start.PLANNED:
            begin(case, start, *rest)

    starting.begin = begin_most  # type: ignore[assignment]


PLANTS: dict[str, Callable[[], None]] = {
    "commit-before-transaction": commit_before_transaction,
    "inbox-skipped": inbox_skipped,
    "past-watermark": past_watermark,
    "relay-skips": relay_skips,
    "pause-counted-twice": pause_counted_twice,
    "promise-forgotten": promise_forgotten,
}
