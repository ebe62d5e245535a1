"""Known bugs that a fault run must notice, put into a service's process when it starts and nowhere else.

Each takes the place of one function of the product in that process alone.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition
from sqlalchemy import text

from services.escalation.judge import Judge
from shared.database.connection import Connection
from shared.messaging import consumer, relay
from shared.messaging.broker import hash_of

GAP_S = 1.0
SKIPPED_OF = 40


def commit_before_transaction() -> None:
    """The broker is told that records are done before they are: who dies between the two has lost them."""
    settle = consumer.Consumer._settle

    async def told_first(self: Any, records: list[Any]) -> int:
        done = {TopicPartition(one.raw.topic, one.raw.partition): one.raw.offset + 1 for one in records}
        if done:
            await self._consumer.commit(done)
            await asyncio.sleep(GAP_S)
        return await settle(self, records)

    consumer.Consumer._settle = told_first  # type: ignore[method-assign]


def inbox_skipped() -> None:
    """What was handled before is handled again."""
    consumer._INBOX = text(
        """
        with row as (
          insert into inbox (event_id) select unnest(cast(:ids as uuid[])) on conflict do nothing
        )
        select now() as at, cast(:ids as uuid[]) as ids
        """
    )


def past_watermark() -> None:
    """Escalation judges up to its own present, whatever is still on its way."""

    async def own_horizon(self: Any, conn: Connection) -> dict[int, datetime]:
        upto = await self.running.clock.horizon(conn)
        return dict.fromkeys(range(self.running.settings.partitions), upto)

    Judge.known = own_horizon  # type: ignore[method-assign]


def relay_skips() -> None:
    """The relay marks one row in forty as sent that it did not send."""
    send = relay.Relay._send

    async def most(self: Any, producer: Any, rows: Any) -> None:
        await send(self, producer, [row for row in rows if hash_of(str(row.event_id)) % SKIPPED_OF])

    relay.Relay._send = most  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    "commit-before-transaction": commit_before_transaction,
    "inbox-skipped": inbox_skipped,
    "past-watermark": past_watermark,
    "relay-skips": relay_skips,
}
